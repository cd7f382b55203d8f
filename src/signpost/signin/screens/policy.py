"""What a browser may do with a page."""

import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from html.parser import HTMLParser
from urllib.parse import urlsplit

HOST = re.compile(r"[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:[0-9]{1,5})?")
SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,63}")
DANGEROUS = frozenset({"javascript", "data", "blob", "filesystem", "about", "vbscript"})


def content_security_policy(page: str = "", redirect_uris: Sequence[str] = ()) -> str:
    """Return the value of `Content-Security-Policy` for a page.

    Browsers hold a form to `form-action` through the redirects that follow it, so the client's redirect URI has to be
    named, by its origin, or by its scheme for an app. Style blocks of a tenant's own template are let in by their hash.
    """
    styles = _StyleBlocks.of(page) if page else []
    hashes = [f"'sha256-{b64encode(sha256(style.encode()).digest()).decode()}'" for style in dict.fromkeys(styles)]
    targets = dict.fromkeys(target for uri in redirect_uris if (target := _source_of(uri)))
    return "; ".join(
        [
            "default-src 'none'",
            "script-src 'self'",
            " ".join(["style-src 'self'", *hashes]),
            "img-src 'self' data:",
            " ".join(["form-action 'self'", *targets]),
            "base-uri 'none'",
            "frame-ancestors 'none'",
            "require-trusted-types-for 'script'",
        ]
    )


def _source_of(uri: str) -> str | None:
    """Return a redirect URI as a source expression, None for what is none."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme in {"http", "https"}:
        return f"{parts.scheme}://{parts.netloc}" if HOST.fullmatch(parts.netloc) else None
    return f"{parts.scheme}:" if SCHEME.fullmatch(parts.scheme) and parts.scheme not in DANGEROUS else None


class _StyleBlocks(HTMLParser):
    """Collects the text of style elements, as the browser hashes it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.blocks: list[str] = []
        self._is_inside = False

    @classmethod
    def of(cls, page: str) -> list[str]:
        parser = cls()
        parser.feed(page)
        parser.close()
        return parser.blocks

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag == "style":
            self._is_inside = True
            self.blocks.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == "style":
            self._is_inside = False

    def handle_data(self, data: str) -> None:
        if self._is_inside:
            self.blocks[-1] += data
