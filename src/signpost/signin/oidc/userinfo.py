"""`/userinfo`: who an access token speaks for (OpenID Connect Core 1.0, section 5.3)."""

from dataclasses import dataclass

from signpost.edge.tokens import TokenInvalidError
from signpost.ports.accounts import AccountStore
from signpost.signin.oidc.scopes import OFFLINE, OPENID, claims_of
from signpost.signin.oidc.tokens import GRANT_CLAIM, PeoplesTokens
from signpost.usecases.catalog import TenantState


class ScopeMissingError(Exception):
    """The token is good, but not for this: its scopes have no `openid`."""


@dataclass(frozen=True, slots=True)
class PeoplesClaims:
    """Tells who somebody is, as long as what the token was given for stands."""

    accounts: AccountStore
    tokens: PeoplesTokens

    def tell(self, state: TenantState, token: str) -> dict[str, object]:
        """Return the claims that the token's scopes stand for.

        What was granted with `offline_access` outlives the session that it came from; everything else ends with it.

        Raises:
            TokenInvalidError: the token is none of this tenant's, or not good any more, or its client, account, grant
                or session is not.
            ScopeMissingError: the token has no `openid`.
            StoreUnavailableError: the database does not answer.
        """
        claims = self.tokens.read_access_token(state.tenant, token)
        people = self.accounts.of(state.tenant.id)
        grant = people.grants.get(str(claims[GRANT_CLAIM]))
        if grant is None or grant.account_id != claims["sub"]:
            raise TokenInvalidError("revoked")
        client = state.clients.get(grant.client_id)
        if client is None or client.revoked_at is not None:
            raise TokenInvalidError("the client is not there any more")
        if OFFLINE not in grant.scopes and people.sessions.get(grant.session_id) is None:
            raise TokenInvalidError("signed out")
        account = people.accounts.get(grant.account_id)
        if account is None or account.blocked:
            raise TokenInvalidError("the account can't be used")
        scopes = tuple(str(claims["scope"]).split())
        if OPENID not in scopes:
            raise ScopeMissingError
        return claims_of(account, scopes)
