"""`POST /runtime/v1/log-stream`: take what Auth0's log streams send, in any of their content formats."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

import msgspec

from signpost.authlogs.entries import EntryReader
from signpost.authlogs.first_events import FirstEvents, make_exposure
from signpost.authlogs.moments import Moments
from signpost.authlogs.parsing import BodyInvalidError
from signpost.authlogs.splitting import Piece, Splitter
from signpost.authlogs.units import SESSION, UnitFieldInvalidError, parse_unit_field
from signpost.edge.keys import LOG_STREAM_PREFIX
from signpost.ports.clock import Clock
from signpost.ports.events import Event, EventSink, EventsRejectedError
from signpost.runtime.requests import QueryInvalidError, Said, query_of
from signpost.runtime.wire import LineProblem, LogStreamReply
from signpost.usecases.catalog import TenantState

ENTRIES_MAX = 10_000
PROBLEMS_SHOWN = 5
ASSIGNMENTS: Final = "assignments"
FIRST_EVENTS: Final = "first-events"

_encode = msgspec.json.Encoder().encode


@dataclass(slots=True)
class _Read:
    events: list[Event] = field(default_factory=list)
    exposures: list[Event] = field(default_factory=list)
    malformed: int = 0
    problems: list[LineProblem] = field(default_factory=list)

    def reject(self, line: int, message: str) -> None:
        self.malformed += 1
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(LineProblem(line, message))


class LogStream:
    """Takes log entries in. Whoever sends them repeats what is refused, so only what is worth repeating is."""

    def __init__(self, events: EventSink, clock: Clock) -> None:
        self._events = events
        self._moments = Moments(clock)
        self._first_events = FirstEvents()

    async def answer(self, state: TenantState, body: bytes, said: Said) -> bytes:
        """Return the reply to a body of log entries; they are durable then.

        Raises:
            QueryInvalidError: the query asks for something unknown.
            BodyInvalidError: the body is no JSON of objects at all, or holds too many.
            EventsRejectedError: they could not be kept; sent again they will be.
        """
        unit = query_of(said, "unit") or SESSION
        exposures = query_of(said, "exposures") or ASSIGNMENTS
        try:
            reader = EntryReader(state.tenant.id, parse_unit_field(unit))
        except UnitFieldInvalidError as error:
            raise QueryInvalidError("'Expected session, user, device, or a field' on query parameter unit") from error
        if exposures not in {ASSIGNMENTS, FIRST_EVENTS}:
            raise QueryInvalidError(f"'Expected {ASSIGNMENTS} or {FIRST_EVENTS}' on query parameter exposures")
        read = await asyncio.to_thread(self._read, reader, body, takes_first_events=exposures == FIRST_EVENTS)
        try:
            accepted, _ = await asyncio.gather(
                asyncio.wrap_future(self._events.append(read.events)),
                asyncio.wrap_future(self._events.append(read.exposures)),
            )
        except EventsRejectedError:
            self._first_events.forget()
            raise
        return _encode(LogStreamReply(accepted, len(read.events) - accepted, read.malformed, read.problems))

    def _read(self, reader: EntryReader, body: bytes, *, takes_first_events: bool) -> _Read:
        now = self._moments.now()
        read = _Read()
        for piece in _split(body):
            if piece.problem is not None:
                read.reject(piece.line, piece.problem)
                continue
            for entry in reader.read(piece.content, now):
                if isinstance(entry, BodyInvalidError):
                    read.reject(piece.line, str(entry))
                    continue
                read.events.append(entry.event)
                first = self._first_events.find(entry.event) if takes_first_events else None
                if first is not None:
                    read.exposures.append(make_exposure(entry.event.tenant_id, first))
        return read


def take_key(said: Said) -> None:
    """Take a key that stands alone in the header, as a form that asks for a token invites to, as a bearer token."""
    given = said.get(b"authorization", b"")
    if given.startswith(LOG_STREAM_PREFIX.encode()):
        said[b"authorization"] = b"Bearer " + given


def _split(body: bytes) -> list[Piece]:
    splitter = Splitter()
    pieces = [*splitter.feed(body), *splitter.finish()]
    if len(pieces) > ENTRIES_MAX:
        raise BodyInvalidError(f"'At most {ENTRIES_MAX:,} log entries fit one request, got {len(pieces):,}'")
    if all(piece.problem is not None for piece in pieces) and not _is_empty_array(body):
        why = f", line {pieces[0].line}: {pieces[0].problem}" if pieces else ""
        raise BodyInvalidError(f"'Expected log entries as JSON lines, an array, or an object'{why}")
    return pieces


def _is_empty_array(body: bytes) -> bool:
    return b"".join(body.split()) == b"[]"
