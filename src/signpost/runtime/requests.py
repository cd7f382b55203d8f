"""Requests of the runtime routes: their headers, and their bodies within limits of size and time."""

import asyncio
from collections.abc import Sequence
from typing import cast
from urllib.parse import parse_qs

from signpost.edge.asgi import BODY_SECONDS_MAX, CORRELATION_MAX, Message, Receive
from signpost.edge.errors import Headers
from signpost.model.limits import BODY_BYTES_MAX

LENGTH_DIGITS_MAX = 9

QUERY = b":query"
QUERY_FIELDS_MAX = 20

Said = dict[bytes, bytes]
"""Request headers by their names; of several of one name the last. The query is there as one named `QUERY`."""


class HungUpError(Exception):
    """The client went away before it had sent everything."""


class QueryInvalidError(Exception):
    """A query that can't be taken; the text says what is wrong."""


class BodyTooSlowError(Exception):
    """The body did not arrive in time."""


class BodyTooLargeError(Exception):
    """The body is over its limit."""


def read_headers(pairs: Sequence[tuple[bytes, bytes]]) -> Said:
    """Return the headers. Two authorizations are none: nobody should have to guess which one is meant."""
    said = dict(pairs)
    if len(said) != len(pairs) and sum(name == b"authorization" for name, _ in pairs) > 1:
        said[b"authorization"] = b""
    return said


def text_of(said: Said, name: bytes) -> str | None:
    """Return a header as text, None when it is not there."""
    value = said.get(name)
    return None if value is None else value.decode("latin-1")


def query_of(said: Said, name: str) -> str | None:
    """Return the last query parameter of a name, None when it is not there, or there are too many of any name."""
    try:
        found = parse_qs(said.get(QUERY, b"").decode("latin-1"), max_num_fields=QUERY_FIELDS_MAX).get(name)
    except ValueError:
        return None
    return found[-1] if found else None


def check_length(said: Said) -> None:
    """Check what a request says of its length.

    Raises:
        BodyTooLargeError: it is over the limit, or no number.
    """
    length = said.get(b"content-length", b"0")
    if len(length) > LENGTH_DIGITS_MAX or not length.isdigit() or int(length) > BODY_BYTES_MAX:
        raise BodyTooLargeError


class Patience:
    """Loses patience with bodies that don't come.

    It looks after all requests at once, every now and then, because a timer of its own for each would cost more than a
    decision does: whoever was waiting at the last look and still is has waited for long enough.
    """

    def __init__(self, seconds_max: float = BODY_SECONDS_MAX) -> None:
        self._seconds_max = seconds_max
        self._waiting: set[asyncio.Task[object]] = set()
        self._seen: set[asyncio.Task[object]] = set()
        self._timer: asyncio.TimerHandle | None = None

    async def receive(self, receive: Receive) -> Message:
        """Return the next message of a request.

        Raises:
            BodyTooSlowError: it does not come.
        """
        task = cast("asyncio.Task[object]", asyncio.current_task())
        self._waiting.add(task)
        if self._timer is None:
            self._wait()
        try:
            return await receive()
        except asyncio.CancelledError:
            if task in self._waiting:
                raise
            task.uncancel()
            raise BodyTooSlowError from None
        finally:
            self._waiting.discard(task)

    def _wait(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(self._seconds_max, self._look)

    def _look(self) -> None:
        self._timer = None
        for task in self._seen & self._waiting:
            self._waiting.remove(task)
            task.cancel()
        self._seen = set(self._waiting)
        if self._seen:
            self._wait()


async def read_body(patience: Patience, receive: Receive) -> bytes:
    """Return the body of a request.

    Raises:
        BodyTooLargeError, BodyTooSlowError, HungUpError: it can't be had.
    """
    parts: list[bytes] = []
    received = 0
    has_more = True
    while has_more:
        message = await patience.receive(receive)
        parts.append(_part_of(message))
        received += len(parts[-1])
        if received > BODY_BYTES_MAX:
            raise BodyTooLargeError
        has_more = message.get("more_body", False)
    return b"".join(parts)


def correlation_headers(said: Said) -> Headers:
    """Return a client's correlation id as the reply repeats it, if it does."""
    given = said.get(b"x-correlation-id")
    may_come_back = given is not None and len(given) <= CORRELATION_MAX and given.decode("latin-1").isprintable()
    return [(b"x-correlation-id", given)] if given is not None and may_come_back else []


def _part_of(message: Message) -> bytes:
    """Return a part of the body.

    Raises:
        HungUpError: there are no more.
    """
    if message["type"] == "http.disconnect":
        raise HungUpError
    part: bytes = message.get("body", b"")
    return part
