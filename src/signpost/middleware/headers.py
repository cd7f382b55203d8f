"""The headers of a response that depends on the device."""

import re

from signpost.middleware.cookies import SetCookie

Headers = list[tuple[str, str]]

_DIRECTIVE = re.compile(r'(?:[^,"]|"[^"]*"?)+')
_SHARED = re.compile(r"(public|s-maxage|private)\s*(=.*)?", re.IGNORECASE)


def make_personal(headers: Headers, cookie: SetCookie | None) -> Headers:
    """Return the headers of a response that is for one device alone, with the cookie that it is given."""
    private = ("Cache-Control", keep_private(_join(headers, "cache-control")))
    vary = ("Vary", vary_by_cookie(_join(headers, "vary")))
    kept = [(name, value) for name, value in headers if name.lower() not in {"cache-control", "vary"}]
    return [*kept, private, vary] if cookie is None else [*kept, private, vary, ("Set-Cookie", str(cookie))]


def keep_private(cache_control: str) -> str:
    """Return a `Cache-Control` that lets no shared cache keep the response; what else it says, it goes on to say.

    From a shared cache another device would get this one's page, and its cookie.
    """
    directives = [directive.strip() for directive in _DIRECTIVE.findall(cache_control) if directive.strip()]
    if not {"private", "no-store"}.isdisjoint(directive.lower() for directive in directives):
        return cache_control
    return ", ".join(["private", *(directive for directive in directives if not _SHARED.fullmatch(directive))])


def vary_by_cookie(vary: str) -> str:
    """Return a `Vary` that names the cookie, too."""
    names = [name.strip() for name in vary.split(",") if name.strip()]
    if not {"cookie", "*"}.isdisjoint(name.lower() for name in names):
        return vary
    return ", ".join([*names, "Cookie"])


def _join(headers: Headers, wanted: str) -> str:
    return ", ".join(value for name, value in headers if name.lower() == wanted)
