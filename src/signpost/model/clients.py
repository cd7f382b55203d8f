"""What kinds of clients there are, and the addresses that they may have."""

import re
from enum import StrEnum

LOCAL_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WEB = re.compile(
    r"(https?)://([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,45}\])(:[0-9]{1,5})?(/[!$-;=?-Z_a-z~]*|\?[!$-;=?-Z_a-z~]*)?"
)
"""A web address of visible ASCII without a name, a password, a fragment, a backslash or a wildcard in its host."""
_ORIGIN = re.compile(r"https?://([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,45}\])(:[0-9]{1,5})?")
_PRIVATE = re.compile(r"[a-z][a-z0-9+-]*(\.[a-z0-9+-]+)+:[!$-;=?-Z_a-z~]+")
"""A private-use scheme of RFC 8252, section 7.1: a domain name turned round, which no scheme that a browser runs is."""


class AppType(StrEnum):
    """What a client is."""

    NON_INTERACTIVE = "non_interactive"
    SPA = "spa"
    REGULAR_WEB = "regular_web"
    NATIVE = "native"


class GrantType(StrEnum):
    """How a client gets tokens."""

    AUTHORIZATION_CODE = "authorization_code"
    REFRESH_TOKEN = "refresh_token"  # noqa: S105 no secret
    CLIENT_CREDENTIALS = "client_credentials"


class TokenAuthMethod(StrEnum):
    """How a client proves who it is; one that has a secret may send it either way."""

    NONE = "none"
    POST = "client_secret_post"
    BASIC = "client_secret_basic"


PEOPLES = (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN)
USUAL_GRANT_TYPES: dict[AppType, tuple[GrantType, ...]] = {
    AppType.NON_INTERACTIVE: (GrantType.CLIENT_CREDENTIALS,),
    AppType.SPA: PEOPLES,
    AppType.REGULAR_WEB: PEOPLES,
    AppType.NATIVE: PEOPLES,
}
USUAL_AUTH_METHODS: dict[AppType, TokenAuthMethod] = {
    AppType.NON_INTERACTIVE: TokenAuthMethod.POST,
    AppType.SPA: TokenAuthMethod.NONE,
    AppType.REGULAR_WEB: TokenAuthMethod.POST,
    AppType.NATIVE: TokenAuthMethod.NONE,
}


def is_callback(uri: str, app_type: AppType) -> bool:
    """Return whether a browser may be sent back there: on the web, or with a native client to an app's own scheme."""
    if _WEB.fullmatch(uri) is not None:
        return True
    return app_type is AppType.NATIVE and _PRIVATE.fullmatch(uri) is not None


def is_origin(text: str) -> bool:
    """Return whether the text is an origin as browsers send it."""
    return _ORIGIN.fullmatch(text) is not None


def origin_of(uri: str) -> str | None:
    """Return the origin of a web address, None of an app's own scheme."""
    found = _ORIGIN.match(uri)
    return found[0] if found is not None else None
