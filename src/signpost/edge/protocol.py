"""HTTP on the wire, with limits on what comes before the body: the rest has them in `asgi`. Also the extension of `whole`."""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from signpost.edge.asgi import Scope
from signpost.edge.errors import Headers
from signpost.edge.whole import WHOLE, write_lines
from signpost.model.limits import BODY_BYTES_MAX

HEAD_BYTES_MAX = 64 * 1024
"""Bytes of a request line and its headers that may wait for their end; what comes in one read is not counted."""
LEAVE = "signpost.leave"
"""The entry of the lifespan's state with what is called when the server begins to stop."""
LOOK_SECONDS = 15
"""How often a connection is looked at: one that is at the same unfinished head as before is given up."""


class LimitedProtocol(HttpToolsProtocol):
    """A connection that gives up a head that is too long or does not end."""

    # Slots, because with more than 30 attributes in its dictionary an object has slower ones, and the server's are 28.
    __slots__ = ("_extensions", "_head_bytes", "_heads", "_is_in_head", "_lines_of_all", "_look_later", "_seen_at")

    _extensions: dict[str, Any]
    _lines_of_all: tuple[Headers, bytes]
    _seen_at: int | None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._heads = 0
        self._is_in_head = True
        self._head_bytes = 0
        self._seen_at = None
        self._lines_of_all = ([], b"")
        self._extensions = {WHOLE: self}
        self._look_later = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        self._look_later.cancel()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        """Let those go who wait for something that may not come for long."""
        leave = self.app_state.get(LEAVE)
        if leave is not None:
            leave()
        super().shutdown()

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        super().data_received(data)
        if self._is_in_head and not self.transport.is_closing():
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_BYTES_MAX:
                self.send_400_response(f"The request line and headers are over {HEAD_BYTES_MAX} bytes.")

    def on_message_begin(self) -> None:
        """Note that a head begins."""
        self._is_in_head = True
        self._head_bytes = 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """Note that it ended."""
        self._is_in_head = False
        self._heads += 1
        super().on_headers_complete()
        self.scope["extensions"] = self._extensions

    def take_body(self, scope: Scope) -> bytes | None:
        """See `Whole`."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.more_body or cycle.disconnected or cycle.waiting_for_100_continue:
            return None
        if len(cycle.body) > BODY_BYTES_MAX:
            return None
        body, cycle.body = bytes(cycle.body), bytearray()
        return body

    def reply(self, scope: Scope, lines: bytes, body: bytes) -> bool:
        """See `Whole`. It does to the cycle what the cycle's own `send` would."""
        cycle = self.cycle
        if cycle.scope is not scope or cycle.response_started or cycle.disconnected or not cycle.keep_alive:
            return False
        if cycle.access_log or cycle.flow.write_paused:
            return False
        if cycle.default_headers is not self._lines_of_all[0]:
            self._lines_of_all = cycle.default_headers, write_lines(cycle.default_headers)
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        head = b"HTTP/1.1 200 OK\r\n%b%bcontent-length: %d\r\n\r\n" % (self._lines_of_all[1], lines, len(body))
        self.transport.write(head + body)
        cycle.message_event.set()
        cycle.on_response()
        return True

    def _look(self) -> None:
        if self._is_in_head and self._seen_at == self._heads:
            self.transport.close()
            return
        self._seen_at = self._heads if self._is_in_head else None
        self._look_later = self.loop.call_later(LOOK_SECONDS, self._look)
