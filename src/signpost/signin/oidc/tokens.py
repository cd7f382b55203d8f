"""What tokens for people say, and how they are checked: RS256 with the tenant's keys, and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from authlib.oidc.core.grants.code import OpenIDToken
from joserfc.jwk import RSAKey

from signpost.edge.keys import KeyRing
from signpost.edge.tokens import LEEWAY_SECONDS, OWN_ALGORITHM, TOKEN_LENGTH_MAX, TokenInvalidError
from signpost.model.tenants import Tenant
from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory
from signpost.signin.oidc.grants import Holder
from signpost.signin.oidc.lifetimes import Lifetimes, seconds_of
from signpost.signin.oidc.scopes import claims_of

ACCESS_TYPE = "at+jwt"
"""The `typ` of access tokens (RFC 9068), so that no ID token passes for one."""
GRANT_CLAIM = "grant_id"


def userinfo_audience(tenant: Tenant) -> str:
    """Return what people's access tokens are for."""
    return f"{tenant.issuer}userinfo"


@dataclass(frozen=True, slots=True)
class PeoplesTokens:
    """Makes and checks tokens."""

    keys: KeyRing
    clock: Clock
    ids: IdFactory
    lifetimes: Lifetimes

    def issue_access_token(self, tenant: Tenant, holder: Holder, scopes: tuple[str, ...]) -> str:
        """Return a token for `/userinfo`. Nothing that a grant adds takes the place of what is said here."""
        now = int(self.clock.now().timestamp())
        claims = {
            **holder.grant.access_token_claims,
            "iss": tenant.issuer,
            "sub": holder.account.id,
            "aud": [userinfo_audience(tenant)],
            "iat": now,
            "exp": now + seconds_of(self.lifetimes.access_token),
            "scope": " ".join(scopes),
            "azp": holder.grant.client_id,
            "client_id": holder.grant.client_id,
            "jti": self.ids.make_secret()[-32:],
            GRANT_CLAIM: holder.grant.id,
        }
        key = self.keys.signing_key(tenant.id)
        headers = {"kid": key.id, "typ": ACCESS_TYPE}
        return jwt.encode(claims, key.private, algorithm=OWN_ALGORITHM, headers=headers)

    def read_access_token(self, tenant: Tenant, token: str) -> Mapping[str, Any]:
        """Return the claims of an access token for `/userinfo` of this tenant.

        Raises:
            TokenInvalidError: it is none, or not good any more.
        """
        claims = self._read(tenant, token, ACCESS_TYPE, userinfo_audience(tenant), ("scope", GRANT_CLAIM))
        if int(claims["exp"]) + LEEWAY_SECONDS <= self.clock.now().timestamp():
            raise TokenInvalidError("expired")
        return claims

    def read_id_token(self, tenant: Tenant, token: str) -> Mapping[str, Any]:
        """Return the claims of an ID token that this tenant gave to one of its clients, however old it is.

        Raises:
            TokenInvalidError: it is none.
        """
        return self._read(tenant, token, "JWT", None, ("sid",))

    def _read(
        self, tenant: Tenant, token: str, type: str, audience: str | None, required: tuple[str, ...]
    ) -> Mapping[str, Any]:
        if len(token) > TOKEN_LENGTH_MAX:
            raise TokenInvalidError("longer than any token")
        try:
            header = jwt.get_unverified_header(token)
            key = self.keys.verifying_keys(tenant.id).get(str(header.get("kid")))
            if key is None or header.get("typ") != type:
                raise TokenInvalidError("signed with a key that is not the tenant's, or of another kind")
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key.public,
                algorithms=[OWN_ALGORITHM],
                issuer=tenant.issuer,
                audience=audience,
                options={
                    "require": ["iss", "sub", "aud", "iat", "exp", *required],
                    "verify_aud": audience is not None,
                    "verify_exp": False,  # by another clock than this one
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError, OverflowError, RecursionError) as error:
            raise TokenInvalidError(str(error)) from error
        return claims


class IdTokens(OpenIDToken):  # type: ignore[misc]
    """Adds an ID token to what a grant gives, if its scopes have `openid`."""

    def __init__(self, tokens: PeoplesTokens, tenant: Tenant) -> None:
        self._tokens = tokens
        self._tenant = tenant
        self._key = tokens.keys.signing_key(tenant.id)

    def resolve_client_private_key(self, client: Any) -> RSAKey:  # noqa: ARG002
        """Return the tenant's newest key."""
        return RSAKey.import_key(self._key.private)

    def get_client_algorithm(self, client: Any) -> str:  # noqa: ARG002
        """Return the one that there is."""
        return OWN_ALGORITHM

    def get_encode_header(self, client: Any) -> dict[str, str]:  # noqa: ARG002
        """Return the header."""
        return {"alg": OWN_ALGORITHM, "kid": self._key.id, "typ": "JWT"}

    def get_compatible_claims(self, request: Any) -> dict[str, Any]:
        """Return the claims that all ID tokens have; those of the grant can't take their place."""
        grant = request.user.grant
        now = int(self._tokens.clock.now().timestamp())
        return {
            **grant.id_token_claims,
            "iss": self._tenant.issuer,
            "aud": grant.client_id,
            "iat": now,
            "exp": now + seconds_of(self._tokens.lifetimes.id_token),
            "auth_time": _seconds(grant.authenticated_at),
            "amr": list(grant.amr),
            "sid": grant.session_id,
        }

    def generate_user_info(self, user: Holder, scope: str) -> dict[str, object]:
        """Return what the scopes tell of somebody."""
        return claims_of(user.account, tuple(scope.split()))


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
