"""The client-credentials grant of OAuth 2 (RFC 6749, section 4.4), and what it shares with the grants of people."""

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import unquote_plus

from signpost.edge.limits import RateLimiter
from signpost.edge.tokens import Tokens
from signpost.model.clients import GrantType
from signpost.model.tenants import Client, Tenant
from signpost.usecases.catalog import TenantState
from signpost.usecases.clients import is_secret_of

WRONG_SECRETS_MAX = 20
"""Wrong secrets per client, address and minute; above, even the right one has to wait for the next minute."""

CLIENT_ID_LENGTH_MAX = 64


class GrantError(Exception):
    """A grant that is refused, in the words of RFC 6749, section 5.2."""

    def __init__(self, status: int, error: str, description: str) -> None:
        super().__init__(f"{error}: {description}")
        self.status = status
        self.error = error
        self.description = description


@dataclass(frozen=True, slots=True)
class Grant:
    """An access token and what it is good for."""

    access_token: str
    expires_in: int
    scope: str


@dataclass(frozen=True, slots=True)
class GrantRequest:
    """What a caller of the token endpoint says, and where it says it.

    `host` is the Host header, an alias of the tenant's domain in the audience; `peer` is the caller's address; `basic` is the
    Authorization header; `fields` is the body: `grant_type`, `client_id`, `client_secret`, `audience` and, to have less than
    all, `scope`.
    """

    host: str | None
    peer: str
    basic: str | None
    fields: Mapping[str, object]


class PeoplesGrants(Protocol):
    """Grants that need somebody to sign in: the codes and refresh tokens of an OpenID provider."""

    def grant(self, state: TenantState, request: GrantRequest) -> dict[str, object]:
        """Return the body of the token endpoint's reply.

        Raises:
            GrantError: something is missing or wrong.
        """
        ...

    def describe(self, tenant: Tenant, base: str) -> dict[str, object]:
        """Return the entries that the provider has in the discovery document. `base` is the address that was asked, with a slash."""
        ...


def grant_token(tokens: Tokens, guesses: RateLimiter, state: TenantState, request: GrantRequest) -> Grant:
    """Return a token for the client that the request names.

    Args:
        tokens: Makes the token.
        guesses: Counts wrong secrets.
        state: The tenant that was asked.
        request: What was asked.

    Raises:
        GrantError: something is missing or wrong.
    """
    fields = request.fields
    for name in ("grant_type", "client_id", "client_secret", "audience", "scope"):
        if not isinstance(fields.get(name, ""), str):
            raise GrantError(400, "invalid_request", f"{name} must be a string.")
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if not texts.get("grant_type"):
        raise GrantError(400, "invalid_request", "grant_type is missing.")
    if texts["grant_type"] != "client_credentials":
        raise GrantError(400, "unsupported_grant_type", "There is no such grant_type here.")
    client = authenticate_client(guesses, state, texts, request)
    if GrantType.CLIENT_CREDENTIALS not in client.grant_types:
        raise GrantError(403, "unauthorized_client", "The client may not use client_credentials.")
    _check_audience(state.tenant, request.host, texts.get("audience"))
    scopes = _choose_scopes(client, texts.get("scope"))
    return Grant(
        access_token=tokens.issue(state.tenant, client, scopes),
        expires_in=tokens.lifetime_seconds,
        scope=" ".join(scopes),
    )


def authenticate_client(
    guesses: RateLimiter, state: TenantState, texts: Mapping[str, str], request: GrantRequest
) -> Client:
    """Return the client whose secret the request holds, in the body or in HTTP Basic.

    Raises:
        GrantError: there is no such client, the secret is wrong, or too many wrong ones came before it.
    """
    client_id, secret = texts.get("client_id"), texts.get("client_secret")
    if request.basic is not None:
        if secret:
            raise GrantError(400, "invalid_request", "Send the secret in the body or in HTTP Basic, not in both.")
        named = client_id
        client_id, secret = _read_basic(request.basic)
        if named and named != client_id:
            raise GrantError(400, "invalid_request", "The body and HTTP Basic name different clients.")
    if not client_id or not secret:
        raise GrantError(401, "invalid_client", "client_id and client_secret are needed.")
    caller = f"{state.tenant.id} {client_id[:CLIENT_ID_LENGTH_MAX]} {request.peer}"
    if guesses.is_spent(caller):
        raise GrantError(429, "temporarily_unavailable", "Too many wrong secrets. Try again in a minute.")
    client = state.clients.get(client_id)
    if client is None or not is_secret_of(client, secret):
        guesses.spend(caller)
        raise GrantError(401, "invalid_client", "There is no such client, or the secret is wrong.")
    return client


def _read_basic(header: str) -> tuple[str, str]:
    scheme, _, encoded = header.partition(" ")
    try:
        client_id, colon, secret = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, ValueError) as error:
        raise GrantError(401, "invalid_client", "The Authorization header can't be read.") from error
    if scheme.lower() != "basic" or not colon:
        raise GrantError(401, "invalid_client", "The Authorization header must be HTTP Basic.")
    return unquote_plus(client_id), unquote_plus(secret)


def _check_audience(tenant: Tenant, host: str | None, audience: str | None) -> None:
    if not audience:
        raise GrantError(400, "invalid_request", f"audience is missing; it is {tenant.audience}")
    if audience not in {tenant.audience, f"https://{(host or tenant.domain).lower()}/api/v2/"}:
        raise GrantError(403, "access_denied", f"There is no such audience here; it is {tenant.audience}")


def _choose_scopes(client: Client, requested: str | None) -> tuple[str, ...]:
    wanted = (requested or "").split()
    if not wanted:
        return client.scopes
    chosen = tuple(scope for scope in client.scopes if scope in wanted)
    if not chosen:
        raise GrantError(400, "invalid_scope", "The client holds none of the requested scopes.")
    return chosen
