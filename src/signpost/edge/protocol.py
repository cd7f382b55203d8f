"""HTTP on the wire, with limits on what comes before the body: the rest has them in `asgi`."""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES_MAX = 64 * 1024
"""Bytes of a request line and its headers that may wait for their end; what comes in one read is not counted."""
LEAVE = "signpost.leave"
"""The entry of the lifespan's state with what is called when the server begins to stop."""
LOOK_SECONDS = 15
"""How often a connection is looked at: one that is at the same unfinished head as before is given up."""


class LimitedProtocol(HttpToolsProtocol):
    """A connection that gives up a head that is too long or does not end."""

    _heads = 0
    _is_in_head = True
    _head_bytes = 0
    _seen_at: int | None = None
    _look_later: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to look."""
        super().connection_made(transport)
        self._look_later = self.loop.call_later(LOOK_SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop looking."""
        if self._look_later is not None:
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

    def _look(self) -> None:
        if self._is_in_head and self._seen_at == self._heads:
            self.transport.close()
            return
        self._seen_at = self._heads if self._is_in_head else None
        self._look_later = self.loop.call_later(LOOK_SECONDS, self._look)
