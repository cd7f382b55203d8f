"""Takes logs in, batch by batch: as much memory for ten million entries as for ten thousand."""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future

from signpost.authlogs.entries import EntryReader, LogEntry
from signpost.authlogs.moments import Moment
from signpost.authlogs.parsing import BodyInvalidError
from signpost.authlogs.splitting import Piece
from signpost.authlogs.tallies import Tally
from signpost.ports.events import Event, EventSink

BATCH_ROWS = 2_000
BATCH_BYTES = 4 * 1024 * 1024
BATCHES_UNDER_WAY = 4

Counted = Callable[[int, int], None]
"""Told how many of a batch were new, and how many there were."""


class Batches:
    """Hands events to a sink in batches, and waits where it would get ahead of it."""

    def __init__(self, sink: EventSink, counted: Counted) -> None:
        self._sink = sink
        self._counted = counted
        self._events: list[Event] = []
        self._bytes = 0
        self._under_way: deque[tuple[Future[int], int]] = deque()

    def add(self, event: Event) -> None:
        """Add an event.

        Raises:
            EventsRejectedError: an earlier one could not be kept.
        """
        self._events.append(event)
        self._bytes += len(event.body)
        if len(self._events) >= BATCH_ROWS or self._bytes >= BATCH_BYTES:
            self._hand_over()

    def settle(self) -> None:
        """Wait until all that were added are durable.

        Raises:
            EventsRejectedError: they could not be kept.
        """
        if self._events:
            self._hand_over()
        while self._under_way:
            self._wait()

    def _hand_over(self) -> None:
        if len(self._under_way) >= BATCHES_UNDER_WAY:
            self._wait()
        events, self._events, self._bytes = self._events, [], 0
        self._under_way.append((self._sink.append(events), len(events)))

    def _wait(self) -> None:
        done, count = self._under_way.popleft()
        self._counted(done.result(), count)


class Importer:
    """Reads pieces of logs, keeps the entries in them, and counts."""

    def __init__(
        self, sink: EventSink, reader: EntryReader, now: Callable[[], Moment], noted: Callable[[LogEntry], None]
    ) -> None:
        """Take where to keep them, how to read them, what time it is, and who is told of each entry that is kept."""
        self.tally = Tally()
        self._reader = reader
        self._now = now
        self._noted = noted
        self._batches = Batches(sink, self._count)

    def take(self, pieces: Iterable[Piece], source: str) -> None:
        """Take the entries of some pieces in.

        Raises:
            EventsRejectedError: an entry could not be kept; those before it may have been.
        """
        now = self._now()
        for piece in pieces:
            if piece.problem is not None:
                self.tally.reject(source, piece.line, piece.problem)
                continue
            for entry in self._reader.read(piece.content, now):
                if isinstance(entry, BodyInvalidError):
                    self.tally.reject(source, piece.line, str(entry))
                    continue
                self.tally.count(entry, source, piece.line)
                self._noted(entry)
                self._batches.add(entry.event)

    def settle(self) -> None:
        """Wait until all that was taken is durable.

        Raises:
            EventsRejectedError: it could not be kept.
        """
        self._batches.settle()

    def _count(self, new: int, count: int) -> None:
        self.tally.kept += new
        self.tally.present += count - new
