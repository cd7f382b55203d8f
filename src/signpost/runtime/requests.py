"""Requests of the runtime routes: what their headers say, and their bodies, within limits."""

import asyncio
from typing import NamedTuple, cast

from signpost.edge.asgi import BODY_SECONDS_MAX, CORRELATION_MAX, Message, Receive, Scope
from signpost.edge.errors import Headers, Refusal
from signpost.model.limits import BODY_BYTES_MAX

_CLOSE = (b"connection", b"close")


class Asked(NamedTuple):
    """What a request's headers say."""

    host: str | None
    authorization: str | None
    content_type: str | None
    correlation: bytes | None
    length: int


class HungUpError(Exception):
    """The client went away before it had sent everything."""


def read_headers(scope: Scope) -> Asked:
    """Return what the headers say, in so far as it matters here."""
    pairs = scope["headers"]
    said = dict(pairs)
    get = said.get
    host, authorization, content_type = get(b"host"), get(b"authorization"), get(b"content-type")
    if len(said) != len(pairs) and sum(name == b"authorization" for name, _ in pairs) > 1:
        authorization = b""  # two of them are none: nobody should have to guess which one is meant
    correlation = get(b"x-correlation-id")
    if correlation is not None and not _may_come_back(correlation):
        correlation = None
    length = get(b"content-length", b"0")
    return Asked(
        None if host is None else host.decode("latin-1"),
        None if authorization is None else authorization.decode("latin-1"),
        None if content_type is None else content_type.decode("latin-1"),
        correlation,
        int(length) if length.isdigit() and len(length) < CORRELATION_MAX else BODY_BYTES_MAX + 1,
    )


class Bodies:
    """Reads bodies, and loses patience with those that don't come.

    One timer for all, because a timer of its own for each request would cost more than a decision.
    """

    def __init__(self, seconds_max: float = BODY_SECONDS_MAX) -> None:
        self._seconds_max = seconds_max
        self._since: dict[asyncio.Task[object], float] = {}
        self._overdue: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def read(self, receive: Receive, headers: Headers) -> bytes:
        """Return the whole body.

        Raises:
            Refusal: it is too long, or takes too long.
            HungUpError: it does not come any more.
        """
        loop = asyncio.get_running_loop()
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._since[task] = loop.time()
        if self._timer is None:
            self._timer = loop.call_later(self._seconds_max / 4, self._look, loop)
        try:
            message = await receive()
            if not message.get("more_body"):
                return _part_of(message)
            return await _read_rest(receive, _part_of(message), headers)
        except asyncio.CancelledError:
            if task not in self._overdue:
                raise
            self._overdue.discard(task)
            task.uncancel()
            text = f"The body did not arrive within {self._seconds_max:g} seconds."
            raise Refusal(408, "request_timeout", text, [*headers, _CLOSE]) from None
        finally:
            del self._since[task]

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Stop those that have been waiting for too long; look again as long as anybody waits."""
        latest = loop.time() - self._seconds_max
        for task, since in self._since.items():
            if since <= latest and task not in self._overdue:
                self._overdue.add(task)
                task.cancel()
        self._timer = loop.call_later(self._seconds_max / 4, self._look, loop) if self._since else None


async def _read_rest(receive: Receive, first: bytes, headers: Headers) -> bytes:
    parts = [first]
    received = len(first)
    while True:
        message = await receive()
        parts.append(_part_of(message))
        received += len(parts[-1])
        if received > BODY_BYTES_MAX:
            raise too_large(headers)
        if not message.get("more_body"):
            return b"".join(parts)


def too_large(headers: Headers) -> Refusal:
    """Return the refusal of a body that is too long; what is left of it is not read."""
    return Refusal(413, "payload_too_large", f"The body is over {BODY_BYTES_MAX:,} bytes.", [*headers, _CLOSE])


def _part_of(message: Message) -> bytes:
    if message["type"] == "http.disconnect":
        raise HungUpError
    part: bytes = message.get("body", b"")
    return part


def _may_come_back(correlation: bytes) -> bool:
    return len(correlation) <= CORRELATION_MAX and correlation.decode("latin-1").isprintable()
