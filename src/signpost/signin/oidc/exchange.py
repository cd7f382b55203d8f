"""The token endpoint for people: codes and refresh tokens become tokens, with Authlib's grants."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from authlib.oauth2 import OAuth2Error
from authlib.oauth2.rfc6749 import InvalidScopeError

from signpost.edge.grants import GrantError, GrantRequest, authenticate_client
from signpost.edge.limits import RateLimiter
from signpost.model.clients import TokenAuthMethod
from signpost.model.tenants import Client
from signpost.ports.accounts import AccountsOfTenant, AccountStore
from signpost.ports.ids import IdFactory
from signpost.signin.oidc.authorization import Authorization, ChallengeOfS256, ClientRecord, MessageRequest
from signpost.signin.oidc.grants import CodeGrant, Holder, RefreshGrant, keep_tokens
from signpost.signin.oidc.lifetimes import seconds_of
from signpost.signin.oidc.scopes import OFFLINE, SCOPES
from signpost.signin.oidc.tokens import IdTokens, PeoplesTokens
from signpost.usecases.catalog import TenantState

FIELDS = (
    "grant_type", "client_id", "client_secret", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"
)  # fmt: skip
FIELD_LENGTH_MAX = 4_096


@dataclass(frozen=True, slots=True)
class Exchanges:
    """What exchanges are made with. `guesses` counts wrong secrets, together with those of machines."""

    accounts: AccountStore
    tokens: PeoplesTokens
    ids: IdFactory
    guesses: RateLimiter

    def exchange(self, state: TenantState, asked: GrantRequest) -> dict[str, object]:
        """Return the body of the reply: RFC 6749, section 5.1, with `id_token`.

        Raises:
            GrantError: something is missing or wrong.
        """
        fields = _read_fields(asked.fields)
        server = _Server(self, state, asked, fields)
        try:
            body: dict[str, object] = server.create_token_response(MessageRequest(state.tenant, fields))
        except OAuth2Error as error:
            description = error.description or "It is not good, or not good any more."
            raise GrantError(error.status_code, error.error, description) from error
        return body


class _Server(Authorization):
    """Answers one request."""

    def __init__(self, parts: Exchanges, state: TenantState, asked: GrantRequest, fields: Mapping[str, str]) -> None:
        id_tokens = IdTokens(parts.tokens, state.tenant)
        super().__init__(
            state,
            ((CodeGrant, (ChallengeOfS256(required=True), id_tokens)), (RefreshGrant, (id_tokens,))),
        )
        self._parts = parts
        self._asked = asked
        self._fields = fields
        self.people: AccountsOfTenant = parts.accounts.of(state.tenant.id)

    def authenticate_client(self, request: Any, methods: Any, endpoint: str = "token") -> ClientRecord:  # noqa: ARG002
        """Return who asks. One that has a secret shows it, either way; one that has none must not show any."""
        client = self._find_client()
        request.auth_method = client.token_endpoint_auth_method.value
        return ClientRecord(client)

    def generate_token(  # noqa: PLR0917 as Authlib calls it
        self,
        grant_type: str,  # noqa: ARG002
        client: ClientRecord,  # noqa: ARG002
        user: Holder,
        scope: str,
        expires_in: int | None = None,  # noqa: ARG002
        include_refresh_token: bool = True,  # noqa: FBT001, FBT002 as Authlib calls it
    ) -> dict[str, object]:
        """Return the tokens; the ID token comes to them later."""
        wanted = scope.split()
        scopes = tuple(each for each in user.grant.scopes if each in wanted)
        token: dict[str, object] = {
            "access_token": self._parts.tokens.issue_access_token(self._state.tenant, user, scopes),
            "token_type": "Bearer",
            "expires_in": seconds_of(self._parts.tokens.lifetimes.access_token),
            "scope": " ".join(scopes),
        }
        if include_refresh_token and OFFLINE in user.grant.scopes:
            token["refresh_token"] = self._parts.ids.make_secret()
        return token

    def save_token(self, token: Mapping[str, Any], request: Any) -> None:
        """Use what was brought, and keep what is given."""
        until = self._parts.tokens.clock.now() + self._parts.tokens.lifetimes.refresh_idle
        expires_at = min(until, request.user.grant.expires_at)
        keep_tokens(self.people, request, token.get("refresh_token"), expires_at)

    def _find_client(self) -> Client:
        client = self._state.clients.get(self._fields.get("client_id", ""))
        is_silent = self._asked.basic is None and not self._fields.get("client_secret")
        if client is None or client.token_endpoint_auth_method is not TokenAuthMethod.NONE or not is_silent:
            return authenticate_client(self._parts.guesses, self._state, self._fields, self._asked)
        if client.revoked_at is not None:
            raise GrantError(401, "invalid_client", "There is no such client, or the secret is wrong.")
        return client


def _read_fields(given: Mapping[str, object]) -> dict[str, str]:
    fields: dict[str, str] = {}
    for name in FIELDS:
        value = given.get(name, "")
        if not isinstance(value, str):
            raise GrantError(400, "invalid_request", f"{name} must be a string.")
        if len(value) > FIELD_LENGTH_MAX:
            raise GrantError(400, "invalid_request", f"{name} may have {FIELD_LENGTH_MAX} characters.")
        if value:
            fields[name] = value
    return fields | ({"scope": _known_scopes(fields["scope"])} if "scope" in fields else {})


def _known_scopes(given: str) -> str:
    """Return the scopes that there are: others were passed over at `/authorize`, too, and clients ask for the same again."""
    known = [scope for scope in given.split() if scope in SCOPES]
    if not known:
        raise GrantError(400, InvalidScopeError.error, f"scope is made of {', '.join(SCOPES)}.")
    return " ".join(known)
