"""Scopes of people's tokens, and the claims that they stand for."""

from signpost.model.accounts import Account

OPENID, PROFILE, EMAIL, OFFLINE = "openid", "profile", "email", "offline_access"
EXPERIMENT = "experiment"
"""Who asks for it is told in the ID token which experiment the sign-in was in."""
SCOPES = (OPENID, PROFILE, EMAIL, OFFLINE, EXPERIMENT)
CLAIMS = ("name", "updated_at", "email", "email_verified")
"""Claims about people, beside `sub`."""


def claims_of(account: Account, scopes: tuple[str, ...]) -> dict[str, object]:
    """Return what the scopes tell of somebody: OpenID Connect Core 1.0, section 5.4."""
    claims: dict[str, object] = {"sub": account.id}
    if PROFILE in scopes:
        claims |= {} if account.name is None else {"name": account.name}
        claims["updated_at"] = int(account.updated_at.timestamp())
    if EMAIL in scopes:
        claims |= {"email": account.email, "email_verified": account.email_verified}
    return claims
