"""Access tokens: RS256 JWTs of the tenant's own, those of an issuer that the tenant trusts, and keys of log streams."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import jwt

from signpost.edge.foreign import ForeignKeys
from signpost.edge.keys import LOG_STREAM_PREFIX, KeyRing
from signpost.model.tenants import Client, ForeignIssuer, Tenant
from signpost.ports.clock import Clock

OWN_ALGORITHM = "RS256"
LEEWAY_SECONDS = 5
"""How far the clocks of those who make and those who check tokens may be apart."""
TOKEN_LENGTH_MAX = 8_192
LOG_STREAM_SCOPES = frozenset({"create:events"})
LOG_STREAM_SECONDS = 60
"""How long a key of a log stream is good without being looked at again."""


class TokenInvalidError(Exception):
    """The token proves nothing; why is for the log, not for the caller."""


@dataclass(frozen=True, slots=True)
class Principal:
    """Who a token speaks for. `client_id` is None for a caller of a foreign issuer."""

    subject: str
    client_id: str | None
    scopes: frozenset[str]
    expires_at: int
    """Unix seconds."""


class Tokens:
    """Makes and checks tokens."""

    def __init__(self, keys: KeyRing, foreign_keys: ForeignKeys, clock: Clock, lifetime_seconds: int) -> None:
        self._keys = keys
        self._foreign_keys = foreign_keys
        self._clock = clock
        self.lifetime_seconds = lifetime_seconds

    def issue(self, tenant: Tenant, client: Client, scopes: tuple[str, ...]) -> str:
        """Return a token that lets the client do what the scopes name, in this tenant."""
        key = self._keys.signing_key(tenant.id)
        now = int(self._clock.now().timestamp())
        claims = {
            "iss": tenant.issuer,
            "sub": f"{client.id}@clients",
            "aud": tenant.audience,
            "iat": now,
            "exp": now + self.lifetime_seconds,
            "scope": " ".join(scopes),
            "gty": "client-credentials",
            "azp": client.id,
        }
        return jwt.encode(claims, key.private, algorithm=OWN_ALGORITHM, headers={"kid": key.id})

    def is_foreign(self, tenant: Tenant, token: str) -> bool:
        """Return whether the token says that it is of the tenant's foreign issuer, whose keys may have to be fetched.

        Raises:
            TokenInvalidError: it is no token.
        """
        if len(token) > TOKEN_LENGTH_MAX:
            raise TokenInvalidError("longer than any token")
        foreign = tenant.foreign_issuer
        if foreign is None or token.startswith(LOG_STREAM_PREFIX):
            return False
        try:
            issuer: object = jwt.decode(token, options={"verify_signature": False}).get("iss")
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise TokenInvalidError(str(error)) from error
        return issuer == foreign.issuer

    def verify(self, tenant: Tenant, token: str) -> Principal:
        """Return who the token speaks for in this tenant. Waits for a foreign issuer's keys if the token is foreign.

        Raises:
            TokenInvalidError: the token is not one, not meant for this tenant, or not good any more.
        """
        is_foreign = self.is_foreign(tenant, token)
        if token.startswith(LOG_STREAM_PREFIX):
            return self._verify_log_stream(tenant, token)
        try:
            header = jwt.get_unverified_header(token)
            if is_foreign and tenant.foreign_issuer is not None:
                return self._verify_foreign(tenant, tenant.foreign_issuer, token, header)
            return self._verify_own(tenant, token, header)
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise TokenInvalidError(str(error)) from error

    def _verify_log_stream(self, tenant: Tenant, key: str) -> Principal:
        if not self._keys.is_log_stream_key(tenant.id, key):
            raise TokenInvalidError("no key of a log stream of this tenant")
        until = int(self._clock.now().timestamp()) + LOG_STREAM_SECONDS
        return Principal("log-stream", None, LOG_STREAM_SCOPES, until)

    def _verify_own(self, tenant: Tenant, token: str, header: Mapping[str, Any]) -> Principal:
        key = self._keys.verifying_keys(tenant.id).get(str(header.get("kid")))
        if key is None:
            raise TokenInvalidError("signed with a key that is not the tenant's")
        claims = jwt.decode(
            token,
            key.public,
            algorithms=[OWN_ALGORITHM],
            issuer=tenant.issuer,
            audience=tenant.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "iat", "exp", "sub", "azp"]},
        )
        if claims["sub"] != f"{claims['azp']}@clients":
            raise TokenInvalidError("subject and client don't fit")
        return Principal(claims["sub"], claims["azp"], _scopes_of(claims), int(claims["exp"]) + LEEWAY_SECONDS)

    def _verify_foreign(
        self, tenant: Tenant, foreign: ForeignIssuer, token: str, header: Mapping[str, Any]
    ) -> Principal:
        algorithm = str(header.get("alg"))
        key = self._foreign_keys.find(foreign, str(header.get("kid")), algorithm)
        if key is None:
            raise TokenInvalidError("signed with a key that the issuer does not publish")
        claims = jwt.decode(
            token,
            key,
            algorithms=[algorithm],
            issuer=foreign.issuer,
            audience=tenant.audience,
            leeway=LEEWAY_SECONDS,
            options={"require": ["iss", "aud", "exp", "sub"]},
        )
        return Principal(claims["sub"], None, _scopes_of(claims), int(claims["exp"]) + LEEWAY_SECONDS)


def _scopes_of(claims: Mapping[str, Any]) -> frozenset[str]:
    """Return the scopes, whichever of the three usual claims an issuer puts them in."""
    found: set[str] = set()
    for claim in ("scope", "scp", "permissions"):
        value = claims.get(claim)
        if isinstance(value, str):
            found.update(value.split())
        elif isinstance(value, list):
            found.update(item for item in value if isinstance(item, str))
    return frozenset(found)
