"""The files as one thing: a sink, a log, and measures."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import AbstractContextManager
from datetime import date
from pathlib import Path

from signpost.events.files.attributions import Attributions
from signpost.events.files.exports import Export, exporting
from signpost.events.files.horizon import find_horizon
from signpost.events.files.imports import TakenIn, take_in
from signpost.events.files.log import Log
from signpost.events.files.measures import FileMeasures
from signpost.events.files.readers import Readers
from signpost.events.files.relations import Relations
from signpost.events.files.retention import forget_keys, remove_before
from signpost.events.files.sealed_exposures import SealedExposures
from signpost.events.files.sealed_rows import SealedRows
from signpost.events.files.sealing import At, Sealed, Sealer, sealing
from signpost.events.files.segments import Segment
from signpost.events.files.writer import QUEUED_BYTES_MAX, QUEUED_ROWS_MAX, Writer
from signpost.events.logids import first_id_at, format_log_id
from signpost.events.selections import Selection
from signpost.ports.clock import Clock
from signpost.ports.events import Attribution, Event, LogEntry, LogSearch
from signpost.ports.measurements import Measurement, Question, UnitValues


class FileEvents:
    """Events in SQLite files in a folder: `EventSink`, `EventLog` and `Measures` in one.

    Any number of processes may share the folder. Each that writes has a file of its own, `writer-NNN.sqlite`, from its first
    event until it ends, however it ends; the files of the dead are written on by others. A process that only reads makes
    nothing. After a fork the child makes its own `FileEvents`; the parent's refuses.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        queued_rows_max: int = QUEUED_ROWS_MAX,
        queued_bytes_max: int = QUEUED_BYTES_MAX,
    ) -> None:
        folder = folder.absolute()
        self._folder = folder
        self._readers = Readers(folder)
        self._writer = Writer(
            folder, clock, self._readers, queued_rows_max=queued_rows_max, queued_bytes_max=queued_bytes_max
        )
        self._sealed = SealedRows(folder)
        self._log = Log(folder, self._readers, self._sealed)
        self._attributions = Attributions(self._readers, SealedExposures(folder, self._sealed))
        self.relations = Relations(folder, self._readers)
        self._measures = FileMeasures(self._readers, self.relations)

    @property
    def is_failing(self) -> bool:
        """Whether the last commit failed, because the disk is full or broken."""
        return self._writer.is_failing

    def append(self, events: Sequence[Event]) -> "Future[int]":
        """Queue the events for one durable commit; see `EventSink.append`."""
        return self._writer.append(events)

    def close(self) -> None:
        """Commit everything that was accepted, then refuse more."""
        self._writer.close()
        self._log.close()
        self._sealed.close()
        self._readers.close()

    def seal(
        self,
        before_ms: int,
        newest_kept: int | None = None,
        *,
        is_waiting: bool = True,
        pause: At = lambda _: None,
    ) -> Iterator[Sealed]:
        """Seal what was kept before a moment, or is not among so many newest rows of a writer that has over twice as many.

        Two can't at once: one waits, or does nothing when it is not to wait.

        Raises:
            OSError, sqlite3.Error, EventsDamagedError: it can't go on; everything that was kept is still there.
        """
        if not self._folder.exists():
            return
        with sealing(self._folder, is_waiting=is_waiting) as is_alone:
            if is_alone:
                yield from Sealer(self._folder, self._readers, pause=pause).seal(before_ms, newest_kept)

    def remove_before(self, day: date, *, is_waiting: bool = True) -> Iterator[Segment]:
        """Remove the sealed rows of all days before this one, whole days at a time; gives each segment that is gone."""
        if not self._folder.exists():
            return
        with sealing(self._folder, is_waiting=is_waiting) as is_alone:
            if is_alone:
                yield from remove_before(self._folder, day)

    def forget_keys(self, now_ms: int, pause: At = lambda _: None, *, is_waiting: bool = True) -> None:
        """Forget where old sealed exposures are, which no event is attributed to any more; see `retention`."""
        if not self._folder.exists():
            return
        with sealing(self._folder, is_waiting=is_waiting) as is_alone:
            if is_alone:
                for _ in forget_keys(self._folder, self._readers, now_ms):
                    pause("forgotten")

    def exporting(self, tenant_id: str, selection: Selection) -> AbstractContextManager[Export]:
        """Open a tenant's events of this moment, to write them elsewhere; see `exports`."""
        return exporting(self._folder, self._readers, tenant_id, selection)

    def take_in(self, tenant_id: str, path: Path, position: int = 0) -> Iterator[TakenIn]:
        """Keep the rows of an exported file, from a position on, piece by piece; see `imports`."""
        return take_in(self, self._folder, tenant_id, path, position)

    def find_kept(self, tenant_id: str, log_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are of entries of the tenant."""
        return self._log.find(tenant_id, log_ids)

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        """Return up to `take` entries that follow `log_id`; see `EventLog.after`."""
        return self._log.after(tenant_id, log_id, take)

    def id_before(self, kept_ms: int) -> str:
        """Return the id to go on from to read what was kept at a moment or later."""
        return format_log_id(max(first_id_at(kept_ms) - 1, 0))

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return a page of a tenant's entries; see `EventLog.page`."""
        return self._log.page(tenant_id, page, per_page, newest_first=newest_first)

    def search(self, tenant_id: str, search: LogSearch, most: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the entries that are looked for; see `EventLog.search`."""
        return self._log.search(tenant_id, search, most, newest_first=newest_first)

    def count(self, tenant_id: str) -> int:
        """Return how many entries the tenant has."""
        return self._log.count(tenant_id)

    def get(self, tenant_id: str, log_id: str) -> LogEntry | None:
        """Return an entry, None when the tenant has none of this id."""
        return self._log.get(tenant_id, log_id)

    def latest_attribution(
        self, tenant_id: str, *, session_id: str | None, unit: str | None, before_ms: int | None = None
    ) -> Attribution | None:
        """Return the newest exposure of the session, or else of the unit; see `EventLog.latest_attribution`."""
        return self._attributions.latest(tenant_id, session_id, unit, before_ms)

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        """Return the sums that answer a question; see `Measures.measure`."""
        return self._measures.measure(tenant_id, question)

    def newest(self) -> int:
        """Return the id up to which everything is kept that ever will be: what was kept later has a greater one."""
        return find_horizon(self._folder, self._readers) if self._folder.exists() else 0

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        """Return the variations of an experiment; see `Measures.find_arms`."""
        return self._measures.find_arms(tenant_id, experiment_id)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        """Return the units themselves; see `Measures.list_units`."""
        return self._measures.list_units(tenant_id, question)
