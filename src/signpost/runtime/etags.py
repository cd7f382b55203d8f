"""Entity tags (RFC 9110, 8.8.3) that tell the revision: `"<revision>-<hash of the content>"`."""

import re
from collections.abc import Iterator

from xxhash import xxh3_64_hexdigest

from signpost.runtime.requests import Said

_TAG = re.compile(rb'"(\d{1,18})-[0-9a-f]{16}"')


def etag_of(revision: int, content: bytes) -> bytes:
    """Return the strong tag of a content."""
    return b'"%d-%b"' % (revision, xxh3_64_hexdigest(content).encode())


def is_known(etag: bytes, said: Said) -> bool:
    """Return whether the request's If-None-Match names the tag; compared weakly, as the header asks."""
    return any(tag in {b"*", etag} for tag in _given(said))


def revision_known(said: Said) -> int:
    """Return the latest revision that the request's If-None-Match names, 0 where it names none."""
    return max((int(found[1]) for tag in _given(said) if (found := _TAG.fullmatch(tag))), default=0)


def _given(said: Said) -> Iterator[bytes]:
    return (tag.strip().removeprefix(b"W/") for tag in said.get(b"if-none-match", b"").split(b","))
