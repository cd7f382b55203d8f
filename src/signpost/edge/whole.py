"""Bodies and replies in one piece: an ASGI extension, for routes to which ASGI's messages cost more than their work.

A server that has it puts it into the scope. A route that uses it goes on as ASGI has it wherever it gets None or False.
"""

from typing import Protocol

from signpost.edge.asgi import Scope
from signpost.edge.errors import Headers

WHOLE = "signpost.whole"


class Whole(Protocol):
    """The connection of a request."""

    def take_body(self, scope: Scope) -> bytes | None:
        """Return the request's body, once, if all of it is there, within its limit, and the caller too; else None."""
        ...

    def reply(self, scope: Scope, lines: bytes, body: bytes) -> bool:
        """Send a reply of status 200 in one write to the kernel; False when it has to be sent as ASGI has it.

        Args:
            scope: Of the request.
            lines: The headers as `write_lines` gives them, without a length.
            body: The body.
        """
        ...


def whole_of(scope: Scope) -> Whole:
    """Return a request's connection; where the server has no such thing, one that always leaves it to ASGI."""
    extensions = scope.get("extensions")
    return extensions.get(WHOLE, _NOTHING) if extensions else _NOTHING


def write_lines(headers: Headers) -> bytes:
    """Return headers as HTTP/1.1 has them. Nobody looks into them any more: no value may hold a line break."""
    return b"".join([b"%b: %b\r\n" % pair for pair in headers])


class _Nothing:
    def take_body(self, _: Scope) -> None:
        return None

    def reply(self, *_: object) -> bool:
        return False


_NOTHING = _Nothing()
