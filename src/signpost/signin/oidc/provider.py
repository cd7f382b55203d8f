"""The OpenID Connect provider as the rest of the sign-in knows it."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from signpost.edge.grants import GrantRequest
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.model.accounts import Account, AuthorizationCode, AuthorizeRequest, Grant, Session
from signpost.model.ids import IdKind
from signpost.model.json import JsonValue
from signpost.model.tenants import Client, Tenant
from signpost.ports.accounts import AccountsOfTenant, AccountStore
from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory
from signpost.signin.oidc.answers import Answer, answer_to, render_answer
from signpost.signin.oidc.discovery import describe_provider
from signpost.signin.oidc.exchange import Exchanges
from signpost.signin.oidc.lifetimes import Lifetimes
from signpost.signin.oidc.requests import RequestRefusedError, RequestReturnedError, read_request
from signpost.signin.oidc.scopes import OFFLINE
from signpost.signin.oidc.tokens import PeoplesTokens
from signpost.usecases.catalog import TenantState

__all__ = [
    "Answer",
    "Provider",
    "RequestRefusedError",
    "RequestReturnedError",
    "answer_to",
    "render_answer",
]


class Provider:
    """Reads what clients ask for, and gives it to them. One serves all tenants; its methods wait for the database."""

    def __init__(
        self,
        accounts: AccountStore,
        keys: KeyRing,
        clock: Clock,
        ids: IdFactory,
        guesses: RateLimiter,
        *,
        lifetimes: Lifetimes | None = None,
    ) -> None:
        self.accounts = accounts
        self.lifetimes = lifetimes or Lifetimes()
        self.tokens = PeoplesTokens(keys, clock, ids, self.lifetimes)
        self._clock = clock
        self._ids = ids
        self._exchanges = Exchanges(accounts, self.tokens, ids, guesses)

    def read_request(
        self, state: TenantState, parameters: Sequence[tuple[str, str]]
    ) -> tuple[Client, AuthorizeRequest]:
        """Return what is asked at `/authorize`, and by whom.

        Scopes that are not known, and `offline_access` where the client may not use refresh tokens, are left out.

        Raises:
            RequestRefusedError: the browser may not be sent back; the reason is for a page.
            RequestReturnedError: the client is to be told, by the answer.
        """
        return read_request(state, parameters)

    def issue_code(
        self,
        state: TenantState,
        client: Client,
        request: AuthorizeRequest,
        account: Account,
        session: Session,
        *,
        id_token_claims: Mapping[str, JsonValue] | None = None,
        access_token_claims: Mapping[str, JsonValue] | None = None,
        people: AccountsOfTenant | None = None,
    ) -> Answer:
        """Return an answer with a code for somebody who has signed in; the claims go into every token that comes of it.

        With `people` it becomes part of their transaction.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        now = self._clock.now()
        grant = Grant(
            id=self._ids.make_id(IdKind.GRANT),
            client_id=client.id,
            account_id=account.id,
            session_id=session.id,
            scopes=request.scopes,
            authenticated_at=session.authenticated_at,
            amr=session.amr,
            created_at=now,
            expires_at=now + self._grant_lifetime(request),
            id_token_claims=id_token_claims or {},
            access_token_claims=access_token_claims or {},
        )
        code = AuthorizationCode(
            grant_id=grant.id,
            redirect_uri=request.redirect_uri,
            expires_at=now + self.lifetimes.code,
            nonce=request.nonce,
            code_challenge=request.code_challenge,
        )
        secret = self._ids.make_secret()
        (people or self.accounts.of(state.tenant.id)).codes.add(secret, code, grant)
        return answer_to(state.tenant, request, code=secret)

    def refuse(self, state: TenantState, request: AuthorizeRequest, error: str, description: str) -> Answer:
        """Return an answer that says no: `login_required`, `interaction_required`, `access_denied` and so on."""
        return answer_to(state.tenant, request, error=error, error_description=description)

    def grant(self, state: TenantState, request: GrantRequest) -> dict[str, object]:
        """Return the body of the token endpoint's reply to a code or a refresh token.

        Raises:
            GrantError: something is missing or wrong.
            StoreUnavailableError: the database does not answer.
        """
        return self._exchanges.exchange(state, request)

    def describe(self, tenant: Tenant, base: str) -> dict[str, object]:
        """Return the provider's entries of the discovery document."""
        return describe_provider(tenant, base)

    def _grant_lifetime(self, request: AuthorizeRequest) -> timedelta:
        if OFFLINE in request.scopes:
            return self.lifetimes.refresh_whole
        return self.lifetimes.code + self.lifetimes.access_token
