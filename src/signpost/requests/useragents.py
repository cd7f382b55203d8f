"""What a User-Agent header says: browser, platform, and the kind of device."""

from dataclasses import dataclass

import ua_parser

CACHED_MAX = 10_000
HEADER_MAX = 1_024
"""Characters of a header that are looked at; what is longer is no browser's."""

_BOT_DEVICE = "Spider"
_DESKTOP_PLATFORMS = frozenset({"Windows", "Mac OS X", "Linux", "Ubuntu", "Fedora", "Debian", "Chrome OS", "FreeBSD"})
_TV_WORDS = (
    "smarttv",
    "smart-tv",
    "smart tv",
    "appletv",
    "apple tv",
    "android tv",
    "googletv",
    "bravia",
    "aftt",
    "afts",
)
_TV_BRAND = "Generic_Inettv"
_TV_PLATFORMS = frozenset({"tvOS", "ATV OS X", "Web0S", "Roku"})
_CONSOLES = ("playstation", "xbox", "nintendo")
_TABLET_WORDS = ("ipad", "tablet", "kindle", "playbook")


@dataclass(frozen=True, slots=True)
class Client:
    """A client by its User-Agent. Families are those of the public `ua-parser` definitions, None where there is no match.

    `device_type` is one of `desktop mobile tablet tv console bot other`.
    """

    browser: str | None
    platform: str | None
    device_type: str


class UserAgents:
    """Parses headers; the same ones come again and again, so the last thousands are remembered."""

    def __init__(self) -> None:
        resolver = ua_parser.CachingResolver(
            ua_parser.BestAvailableResolver(ua_parser.load_lazy_builtins()), ua_parser.Cache(CACHED_MAX)
        )
        self._parser = ua_parser.Parser(resolver)

    def parse(self, header: str) -> Client:
        """Return what the header says."""
        result = self._parser.parse(header[:HEADER_MAX])
        browser = result.user_agent.family if result.user_agent else None
        platform = result.os.family if result.os else None
        return Client(browser, platform, _kind_of(header[:HEADER_MAX].lower(), platform, result.device))


def _kind_of(header: str, platform: str | None, device: ua_parser.Device | None) -> str:
    """Tell the kind of device: first what the public definitions know, then the words that makers put into the header."""
    family = (device.family if device else "").lower()
    brand = (device.brand or "") if device else ""
    is_mobile = platform == "iOS" or "mobile" in header
    kinds = (
        ("bot", brand == _BOT_DEVICE),
        ("console", _has(header, _CONSOLES)),
        ("tv", brand == _TV_BRAND or platform in _TV_PLATFORMS or _has(header, _TV_WORDS)),
        (
            "tablet",
            _has(header, _TABLET_WORDS) or _has(family, _TABLET_WORDS) or (platform == "Android" and not is_mobile),
        ),
        ("mobile", is_mobile),
        ("desktop", platform in _DESKTOP_PLATFORMS),
    )
    return next((kind for kind, holds in kinds if holds), "other")


def _has(text: str, words: tuple[str, ...]) -> bool:
    return any(word in text for word in words)
