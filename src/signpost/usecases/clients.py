"""What operators can do with machine-to-machine clients."""

import hashlib
import hmac
from dataclasses import dataclass, replace

from signpost.model.errors import Kind, NotFoundError
from signpost.model.ids import IdKind
from signpost.model.tenants import SCOPES, Client
from signpost.ports.store import Workspace
from signpost.usecases.call import Call


@dataclass(frozen=True, slots=True)
class Credentials:
    """A client with its secret, which is shown this once and kept only as a hash."""

    client: Client
    secret: str


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


def rotate_client(call: Call, client_id: str) -> Credentials:
    """Give a client a new secret; the old one is good no more, tokens that it got are until they expire.

    Raises:
        NotFoundError: the tenant has no such client, or it is revoked.
    """
    secret = call.ids.make_secret()
    with call.writing() as tenant:
        client = _find_client(tenant, client_id)
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


def _find_client(tenant: Workspace, client_id: str) -> Client:
    client = tenant.clients.get(client_id)
    if client is None or client.revoked_at is not None:
        raise NotFoundError(Kind.CLIENT)
    return client


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
