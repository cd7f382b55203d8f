"""The files as one thing: a sink, a log, and measures."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path

from signpost.events.files.attributions import Attributions
from signpost.events.files.log import Log
from signpost.events.files.measures import FileMeasures
from signpost.events.files.readers import Readers
from signpost.events.files.writer import QUEUED_BYTES_MAX, QUEUED_ROWS_MAX, Writer
from signpost.ports.clock import Clock
from signpost.ports.events import Attribution, Event, LogEntry
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
        self._readers = Readers(folder)
        self._writer = Writer(
            folder, clock, self._readers, queued_rows_max=queued_rows_max, queued_bytes_max=queued_bytes_max
        )
        self._log = Log(folder, self._readers)
        self._attributions = Attributions(self._readers)
        self._measures = FileMeasures(folder, self._readers)

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
        self._readers.close()

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        """Return up to `take` entries that follow `log_id`; see `EventLog.after`."""
        return self._log.after(tenant_id, log_id, take)

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return a page of a tenant's entries; see `EventLog.page`."""
        return self._log.page(tenant_id, page, per_page, newest_first=newest_first)

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

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        """Return the variations of an experiment; see `Measures.find_arms`."""
        return self._measures.find_arms(tenant_id, experiment_id)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        """Return the units themselves; see `Measures.list_units`."""
        return self._measures.list_units(tenant_id, question)
