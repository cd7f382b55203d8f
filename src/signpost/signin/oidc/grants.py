"""Authlib's grants of codes and refresh tokens over the store of accounts: each secret is used once, by the client that got it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from authlib.oauth2.rfc6749 import InvalidGrantError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant, RefreshTokenGrant

from signpost.model.accounts import Account, AuthorizationCode, Grant, RefreshToken
from signpost.ports.accounts import AccountsOfTenant
from signpost.signin.oidc.authorization import S256, ClientRecord


@dataclass(frozen=True, slots=True)
class Holder:
    """Who is signed in, and what for."""

    account: Account
    grant: Grant


class CodeRecord:
    """A code as Authlib asks about it."""

    code_challenge_method = S256

    def __init__(self, secret: str, code: AuthorizationCode, grant: Grant) -> None:
        self.secret = secret
        self.code = code
        self.grant = grant
        self.code_challenge = code.code_challenge

    def get_redirect_uri(self) -> str:
        """Return where it was sent."""
        return self.code.redirect_uri

    def get_scope(self) -> str:
        """Return what was granted."""
        return " ".join(self.grant.scopes)

    def get_nonce(self) -> str | None:
        """Return what the client wants to find in the ID token."""
        return self.code.nonce

    def get_auth_time(self) -> int:
        """Return when somebody proved who they are."""
        return int(self.grant.authenticated_at.timestamp())

    def get_acr(self) -> None:
        """Return none: there are no levels here, but `amr`."""

    def get_amr(self) -> list[str]:
        """Return how they proved it."""
        return list(self.grant.amr)


class RefreshRecord:
    """A refresh token as Authlib asks about it."""

    def __init__(self, secret: str, grant: Grant) -> None:
        self.secret = secret
        self.grant = grant

    def check_client(self, client: ClientRecord) -> bool:
        """Return whether it is this client's."""
        return self.grant.client_id == client.client.id

    def get_scope(self) -> str:
        """Return what was granted."""
        return " ".join(self.grant.scopes)


class CodeGrant(AuthorizationCodeGrant):  # type: ignore[misc]
    """`grant_type=authorization_code`."""

    def query_authorization_code(self, code: str, client: ClientRecord) -> CodeRecord | None:
        """Return a code of this client that can still be used; a used one ends what it led to (RFC 6749, section 4.1.2)."""
        people: AccountsOfTenant = self.server.people
        kept = people.codes.find(code)
        grant = people.grants.get(kept.code.grant_id) if kept is not None else None
        if kept is None or grant is None or grant.client_id != client.client.id:
            return None
        if kept.is_used:
            people.grants.revoke(grant.id)
            return None
        return CodeRecord(code, kept.code, grant)

    def authenticate_user(self, authorization_code: CodeRecord) -> Holder:
        """Return whose code it is."""
        return find_holder(self.server.people, authorization_code.grant)

    def delete_authorization_code(self, authorization_code: CodeRecord) -> None:
        """Do nothing: it was used when the tokens were kept."""


class RefreshGrant(RefreshTokenGrant):  # type: ignore[misc]
    """`grant_type=refresh_token`: each gives the next, and one that comes back ends them all (RFC 9700, section 4.14)."""

    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshRecord | None:
        """Return a refresh token of this client that can still be used."""
        people: AccountsOfTenant = self.server.people
        kept = people.refresh_tokens.find(refresh_token)
        grant = people.grants.get(kept.token.grant_id) if kept is not None else None
        if kept is None or grant is None or grant.client_id != self.client.client.id:
            return None
        if kept.is_used:
            people.grants.revoke(grant.id)
            return None
        return RefreshRecord(refresh_token, grant)

    def authenticate_user(self, refresh_token: RefreshRecord) -> Holder:
        """Return whose token it is."""
        return find_holder(self.server.people, refresh_token.grant)

    def revoke_old_credential(self, refresh_token: RefreshRecord) -> None:
        """Do nothing: it was used when the next was kept."""


def find_holder(people: AccountsOfTenant, grant: Grant) -> Holder:
    """Return whose grant it is.

    Raises:
        InvalidGrantError: the account is not there any more, or is blocked.
    """
    account = people.accounts.get(grant.account_id)
    if account is None or account.blocked:
        raise InvalidGrantError("The account can't be used.")
    return Holder(account, grant)


def keep_tokens(people: AccountsOfTenant, request: Any, secret: str | None, expires_at: datetime) -> None:
    """Use the code or the refresh token of the request, and keep the refresh token that it gives, at one stroke.

    Raises:
        InvalidGrantError: somebody used it meanwhile.
    """
    holder: Holder = request.user
    fresh = None if secret is None else (secret, RefreshToken(holder.grant.id, expires_at))
    if request.authorization_code is not None:
        is_first = people.codes.spend(request.authorization_code.secret, fresh)
    elif fresh is not None:
        is_first = people.refresh_tokens.rotate(request.refresh_token.secret, *fresh)
    else:
        is_first = False
    if not is_first:
        raise InvalidGrantError("It was used before.")
