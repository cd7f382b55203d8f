"""The one thread of a process that writes its file: takes what is queued, commits it at once, says so to those who wait."""

import contextlib
import logging
import os
import sqlite3
import threading
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue

from signpost.events.files import rows
from signpost.events.files.readers import Readers
from signpost.events.files.runs import RUN_EXPOSURES, NextRun
from signpost.events.files.schema import file_of, open_for_writing
from signpost.events.files.sealed_ids import SealedIds
from signpost.events.files.seats import Seat, Stamps, take_seat
from signpost.events.logids import Stamper
from signpost.ports.clock import Clock
from signpost.ports.events import Event, EventsRejectedError

_log = logging.getLogger(__name__)

QUEUED_ROWS_MAX = 100_000
QUEUED_BYTES_MAX = 64 * 1024 * 1024
_COMMIT_ROWS_MAX = 8 * rows.ROWS_MAX
_RUN_EXPOSURES_AT_CLOSE = 1024
_UNSTORABLE = (
    ValueError,
    TypeError,
    OverflowError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.InterfaceError,
    sqlite3.ProgrammingError,
)
"""What is raised when it is the events' own fault: text that is no Unicode, a number over 64 bits."""


@dataclass(frozen=True, slots=True)
class _Batch:
    events: Sequence[Event]
    size: int
    done: "Future[int]"


class _OpenFile:
    """The file while it is open for writing."""

    def __init__(self, folder: Path, seat: Seat) -> None:
        self.connection = open_for_writing(file_of(folder, seat.writer))
        try:
            self.numbers = rows.Numbers(self.connection)
            self.next_run = NextRun(self.connection)
            self.sealed_ids = SealedIds(folder)
        except BaseException:
            self.connection.close()
            raise

    def close(self) -> None:
        """Close it, and what it looks up."""
        self.sealed_ids.close()
        self.connection.close()


class Writer:
    """Commits events to the file of this process; see `EventSink`. The file and the thread come with the first event."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        readers: Readers,
        *,
        queued_rows_max: int = QUEUED_ROWS_MAX,
        queued_bytes_max: int = QUEUED_BYTES_MAX,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._readers = readers
        self._rows_max = queued_rows_max
        self._bytes_max = queued_bytes_max
        self._queue: SimpleQueue[_Batch | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._queued_rows = 0
        self._queued_bytes = 0
        self._is_closed = False
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._stamps: Stamps | None = None
        self._seat: Seat | None = None
        self._stamper = Stamper(0)
        self._file: _OpenFile | None = None
        self.is_failing = False
        """Whether the last commit failed: the disk is full, or broken."""

    def append(self, events: Sequence[Event]) -> "Future[int]":
        """Queue the events for one durable commit; see `EventSink.append`."""
        done: Future[int] = Future()
        size = sum(len(event.body) for event in events)
        refusal = self._enqueue(_Batch(events, size, done))
        if refusal is not None:
            done.set_exception(EventsRejectedError(refusal))
        return done

    def close(self) -> None:
        """Commit everything that was accepted, then refuse more."""
        if self._thread is not None and self._pid != os.getpid():
            return
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
            thread = self._thread
            if thread is not None and not was_closed:
                self._queue.put(None)
        if thread is not None:
            thread.join()

    def _enqueue(self, batch: _Batch) -> str | None:
        if self._thread is not None and self._pid != os.getpid():
            # The lock may be held by a thread that this process does not have: don't even try it.
            return "this process was forked from the one that writes; make its own FileEvents after the fork"
        count = len(batch.events)
        with self._lock:
            if self._is_closed:
                return "events are closed"
            if self._queued_rows + count > self._rows_max or self._queued_bytes + batch.size > self._bytes_max:
                return "the queue of events is full"
            self._queued_rows += count
            self._queued_bytes += batch.size
            self._queue.put(batch)
            if self._thread is None:
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._run, name="signpost-events", daemon=True)
                self._thread.start()
        return None

    def _run(self) -> None:
        is_open = True
        while is_open:
            batches, is_open = self._take()
            self._settle(self._begin(batches))
            self._write_run(RUN_EXPOSURES if is_open else _RUN_EXPOSURES_AT_CLOSE)
        self._drop_file()
        if self._seat is not None:
            self._seat.leave()
        if self._stamps is not None:
            self._stamps.close()

    def _take(self) -> tuple[list[_Batch], bool]:
        """Wait for a batch and take all that is queued, up to a limit; the flag is False at the end."""
        batches: list[_Batch] = []
        count = 0
        batch = self._queue.get()
        while batch is not None:
            batches.append(batch)
            count += len(batch.events)
            if count >= _COMMIT_ROWS_MAX:
                return batches, True
            try:
                batch = self._queue.get_nowait()
            except Empty:
                return batches, True
        return batches, False

    def _begin(self, batches: Sequence[_Batch]) -> list[_Batch]:
        """Leave out the batches that nobody wants any more; from now on none can be cancelled."""
        begun = [batch for batch in batches if batch.done.set_running_or_notify_cancel()]
        self._release([batch for batch in batches if batch.done.cancelled()])
        return begun

    def _settle(self, batches: Sequence[_Batch]) -> None:
        """Commit the batches, and tell each what became of it."""
        if not batches:
            return
        try:
            counts = self._commit(batches)
        except _UNSTORABLE as error:
            self._drop_file()
            if len(batches) == 1:
                self._finish(batches, EventsRejectedError(f"the events can't be stored: {error}"))
            else:  # one batch that can't be stored must not take the others with it
                for batch in batches:
                    self._settle([batch])
        except Exception as error:  # noqa: BLE001  # the thread's outermost edge: whatever it was, the next batch gets its try
            self.is_failing = True
            _log.error("events could not be stored: %s", error)  # a full disk would fill the log with traces
            self._drop_file()
            self._finish(batches, EventsRejectedError(f"the events could not be stored: {error}"))
        else:
            self.is_failing = False
            self._finish(batches, counts)

    def _commit(self, batches: Sequence[_Batch]) -> list[int]:
        events = [event for batch in batches for event in batch.events]
        if not events:
            return [0] * len(batches)
        seat, stamps, file = self._open()
        with seat.committing():
            now_ms = int(self._clock.now().timestamp() * 1000)
            log_ids = self._stamper.stamp(len(events), now_ms, stamps.greatest())
            stamps.raise_to(seat.writer, log_ids[-1])
            count = rows.insert(file.connection, file.numbers, log_ids, events, file.sealed_ids)
            # Counted while nobody can settle: nothing of it may be sealed yet.
            is_all = count == len(events)
            counts = [len(b.events) for b in batches] if is_all else _count_new(file.connection, log_ids, batches)
        file.next_run.add(log_ids, events)
        return counts

    def _open(self) -> tuple[Seat, Stamps, _OpenFile]:
        if self._stamps is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._stamps = Stamps(self._folder)
        if self._seat is None:
            self._seat = take_seat(self._folder)
            self._stamper = Stamper(self._seat.writer)
        if self._file is None:
            self._file = _OpenFile(self._folder, self._seat)
            # After a power failure `stamps` may be older than the files.
            self._stamps.raise_to(self._seat.writer, self._readers.greatest_id())
        return self._seat, self._stamps, self._file

    def _write_run(self, exposures_due: int) -> None:
        if self._file is None:
            return
        try:
            self._file.next_run.write_when_due(self._file.connection, exposures_due)
        except sqlite3.Error as error:
            _log.warning("a run of keys could not be written, it will be tried again: %s", error)
            self._drop_file()

    def _drop_file(self) -> None:
        """Close the file; the next commit opens it anew, with nothing of a failed one left."""
        if self._file is not None:
            with contextlib.suppress(sqlite3.Error):
                self._file.close()
            self._file = None

    def _release(self, batches: Sequence[_Batch]) -> None:
        with self._lock:
            self._queued_rows -= sum(len(batch.events) for batch in batches)
            self._queued_bytes -= sum(batch.size for batch in batches)

    def _finish(self, batches: Sequence[_Batch], outcome: list[int] | EventsRejectedError) -> None:
        self._release(batches)
        for index, batch in enumerate(batches):
            if isinstance(outcome, EventsRejectedError):
                batch.done.set_exception(outcome)
            else:
                batch.done.set_result(outcome[index])


def _count_new(connection: sqlite3.Connection, log_ids: Sequence[int], batches: Sequence[_Batch]) -> list[int]:
    counts: list[int] = []
    start = 0
    for batch in batches:
        stop = start + len(batch.events)
        if start == stop:
            counts.append(0)
            continue
        (count,) = connection.execute(
            "SELECT COUNT(*) FROM events WHERE id BETWEEN ? AND ?", (log_ids[start], log_ids[stop - 1])
        ).fetchone()
        counts.append(count)
        start = stop
    return counts
