"""What operators and callers can do with clients."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from signpost.model import limits
from signpost.model.clients import (
    PEOPLES,
    USUAL_AUTH_METHODS,
    USUAL_GRANT_TYPES,
    AppType,
    GrantType,
    TokenAuthMethod,
    is_callback,
    is_origin,
)
from signpost.model.errors import ClientLimitError, FieldRefusedError, Kind, NotFoundError
from signpost.model.ids import IdKind
from signpost.model.tenants import SCOPES, Client
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.hosted_pages import ensure_hosted_pages


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client with its secret, which is shown this once and kept only as a hash."""

    client: Client
    secret: str


@dataclass(frozen=True, slots=True)
class ClientDraft:
    """A client to be made; what is None is as is usual for its type."""

    name: str
    app_type: AppType = AppType.NON_INTERACTIVE
    description: str | None = None
    callbacks: tuple[str, ...] = ()
    allowed_logout_urls: tuple[str, ...] = ()
    web_origins: tuple[str, ...] = ()
    grant_types: tuple[GrantType, ...] | None = None
    token_endpoint_auth_method: TokenAuthMethod | None = None
    scopes: tuple[str, ...] = field(default=())


def hash_secret(secret: str) -> str:
    """Return what is kept of a secret.

    A plain SHA-256: secrets are made by the server of 384 random bits, so there is nothing to guess that a slow hash would
    protect, and a slow hash would let anybody keep the server busy.
    """
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def is_secret_of(client: Client, secret: str) -> bool:
    """Return whether the secret is the client's, in a time that does not tell how much of it is right."""
    return client.revoked_at is None and hmac.compare_digest(client.secret_hash, hash_secret(secret))


def list_clients(call: Call) -> tuple[Client, ...]:
    """Return all clients in the order in which they were made, revoked ones too."""
    with call.reading() as tenant:
        return tenant.clients.all()


def create_first_client(call: Call, name: str) -> Credentials | None:
    """Create a client with all scopes, unless the tenant has or had one; None then."""
    credentials = _make_client(call, name, SCOPES)
    with call.writing() as tenant:
        if tenant.clients.all():
            return None
        tenant.clients.add(credentials.client)
    return credentials


def create_client(call: Call, name: str, scopes: tuple[str, ...]) -> Credentials:
    """Create a client with these scopes."""
    credentials = _make_client(call, name, scopes)
    with call.writing() as tenant:
        tenant.clients.add(credentials.client)
    return credentials


def get_client(call: Call, client_id: str) -> Client:
    """Return a client.

    Raises:
        NotFoundError: the tenant has no such client, or it is revoked.
    """
    with call.reading() as tenant:
        return _find_client(tenant, client_id)


def add_client(call: Call, draft: ClientDraft) -> Credentials:
    """Create a client of any type. One that can't keep a secret gets none: it is empty then.

    The first one that people sign in to brings the flag of the hosted pages with it.

    Raises:
        FieldRefusedError: an address can't be one, or what is wanted does not go together.
        ClientLimitError: the tenant has as many as it may have.
    """
    usual = USUAL_GRANT_TYPES[draft.app_type]
    credentials = _make_client(call, draft.name, draft.scopes)
    client = replace(
        credentials.client,
        app_type=draft.app_type,
        description=draft.description,
        callbacks=draft.callbacks,
        allowed_logout_urls=draft.allowed_logout_urls,
        web_origins=draft.web_origins,
        grant_types=usual if draft.grant_types is None else draft.grant_types,
        token_endpoint_auth_method=draft.token_endpoint_auth_method or USUAL_AUTH_METHODS[draft.app_type],
    )
    _check_client(client)
    if client.is_public:
        credentials = Credentials(replace(client, secret_hash=""), "")
    else:
        credentials = Credentials(client, credentials.secret)
    with call.writing() as tenant:
        if sum(known.revoked_at is None for known in tenant.clients.all()) >= limits.CLIENTS_MAX:
            raise ClientLimitError(limits.CLIENTS_MAX)
        tenant.clients.add(credentials.client)
        if client.app_type is not AppType.NON_INTERACTIVE:
            ensure_hosted_pages(call, tenant)
    return credentials


def change_client(call: Call, client_id: str, change: Callable[[Client], Client]) -> Credentials:
    """Change a client into what `change` makes of it. One that is to keep a secret from now on gets one, here and only here.

    Raises:
        NotFoundError: the tenant has no such client, or it is revoked.
        FieldRefusedError: an address can't be one, or what is wanted does not go together.
    """
    secret = ""
    with call.writing() as tenant:
        client = _find_client(tenant, client_id)
        changed = change(client)
        _check_client(changed)
        if changed.is_public:  # without its scopes: who makes it keep a secret again is shown that secret
            changed = replace(changed, secret_hash="", scopes=())
        elif not changed.secret_hash:
            secret = call.ids.make_secret()
            changed = replace(changed, secret_hash=hash_secret(secret))
        if changed != client:
            changed = replace(changed, updated_at=call.clock.now())
            tenant.clients.replace(changed)
        return Credentials(changed, secret)


def rotate_client(call: Call, client_id: str) -> Credentials:
    """Give a client a new secret; the old one is good no more, tokens that it got are until they expire.

    Raises:
        NotFoundError: the tenant has no such client, or it is revoked.
        FieldRefusedError: it has none.
    """
    secret = call.ids.make_secret()
    with call.writing() as tenant:
        client = _find_client(tenant, client_id)
        if client.is_public:
            raise FieldRefusedError("token_endpoint_auth_method", "is none: the client has no secret")
        rotated = replace(client, secret_hash=hash_secret(secret), updated_at=call.clock.now())
        tenant.clients.replace(rotated)
        return Credentials(rotated, secret)


def revoke_client(call: Call, client_id: str) -> Client:
    """Shut a client out, with all tokens that it has.

    Raises:
        NotFoundError: the tenant has no such client, or it is revoked already.
    """
    with call.writing() as tenant:
        client = _find_client(tenant, client_id)
        now = call.clock.now()
        revoked = replace(client, revoked_at=now, updated_at=now)
        tenant.clients.replace(revoked)
        return revoked


def remove_client(call: Call, client_id: str) -> None:
    """Shut a client out as `revoke_client` does; one that is not there or revoked is shut out already."""
    try:
        revoke_client(call, client_id)
    except NotFoundError:
        return


def _find_client(tenant: Workspace, client_id: str) -> Client:
    client = tenant.clients.get(client_id)
    if client is None or client.revoked_at is not None:
        raise NotFoundError(Kind.CLIENT)
    return client


def _check_client(client: Client) -> None:
    if client.app_type is AppType.NON_INTERACTIVE and (client.is_public or set(PEOPLES) & set(client.grant_types)):
        raise FieldRefusedError("app_type", "is non_interactive: a machine has a secret, and nobody signs in to it")
    for uri in client.callbacks:
        if not is_callback(uri, client.app_type):
            reason = "holds what a browser can't be sent back to; write http(s)://host/path, the host in lower case"
            raise FieldRefusedError("callbacks", reason)
    for uri in client.allowed_logout_urls:
        if not is_callback(uri, client.app_type):
            reason = "holds what a browser can't be sent to; write http(s)://host/path, the host in lower case"
            raise FieldRefusedError("allowed_logout_urls", reason)
    if not all(map(is_origin, client.web_origins)):
        raise FieldRefusedError("web_origins", "holds what is no origin; write http(s)://host, without a path")
    if client.is_public and GrantType.CLIENT_CREDENTIALS in client.grant_types:
        raise FieldRefusedError("grant_types", "holds client_credentials, which needs a secret")


def _make_client(call: Call, name: str, scopes: tuple[str, ...]) -> Credentials:
    secret = call.ids.make_secret()
    now = call.clock.now()
    client = Client(
        id=call.ids.make_id(IdKind.CLIENT),
        name=name,
        secret_hash=hash_secret(secret),
        scopes=scopes,
        created_at=now,
        updated_at=now,
    )
    return Credentials(client, secret)
