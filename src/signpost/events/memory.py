"""Events in memory, for tests and trials: nothing is left when the process ends."""

import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future

from signpost.events.bodies import is_found, with_log_id
from signpost.events.logids import COUNT_BITS, WRITER_BITS, Stamper, first_id_at, format_log_id, parse_log_id
from signpost.events.tally import tally, tally_units
from signpost.events.tally_rows import EventRow, ExposureRow, text_at
from signpost.model.experiments import Subject
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.ports.clock import Clock
from signpost.ports.events import (
    Attribution,
    Event,
    EventsRejectedError,
    LogEntry,
    LogSearch,
)
from signpost.ports.measurements import REQUEST_FIELDS, Measurement, Question, UnitValues


class MemoryEvents:
    """`EventSink`, `EventLog` and `Measures` over a dict. May be used by many threads at once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stamper = Stamper(0)
        self._rows: dict[int, Event] = {}
        self._senders_ids: set[tuple[str, str]] = set()
        self._newest = 0
        self._is_closed = False
        self._lock = threading.Lock()

    def append(self, events: Sequence[Event]) -> "Future[int]":
        """Keep the events; the future is done already."""
        done: Future[int] = Future()
        with self._lock:
            if self._is_closed:
                done.set_exception(EventsRejectedError("events are closed"))
                return done
            try:
                for event in events:
                    "".join(filter(None, (event.type, event.event_id, event.unit, event.session_id))).encode()
            except UnicodeEncodeError as error:
                done.set_exception(EventsRejectedError(f"the events can't be stored: {error}"))
                return done
            done.set_result(self._keep(events))
        return done

    def close(self) -> None:
        """Refuse more."""
        self._is_closed = True

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        """Return up to `take` entries that follow `log_id`, oldest first."""
        start = 0 if log_id is None else parse_log_id(log_id)
        return _entries([row for row in self._of(tenant_id) if row[0] > start][:take])

    def id_before(self, kept_ms: int) -> str:
        """Return the id to go on from to read what was kept at a moment or later."""
        return format_log_id(max(first_id_at(kept_ms) - 1, 0))

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the page (counting from 0) of a tenant's entries."""
        rows = self._of(tenant_id)
        if newest_first:
            rows.reverse()
        return _entries(rows[page * per_page : (page + 1) * per_page])

    def search(self, tenant_id: str, search: LogSearch, most: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the entries that are looked for."""
        rows = self._of(tenant_id)
        if newest_first:
            rows.reverse()
        return _entries([row for row in rows if is_found(search, row[1].body)][:most])

    def count(self, tenant_id: str) -> int:
        """Return how many entries the tenant has."""
        return len(self._of(tenant_id))

    def get(self, tenant_id: str, log_id: str) -> LogEntry | None:
        """Return an entry, None when the tenant has none of this id."""
        return next((entry for entry in _entries(self._of(tenant_id)) if entry.log_id == log_id), None)

    def latest_attribution(
        self, tenant_id: str, *, session_id: str | None, unit: str | None, before_ms: int | None = None
    ) -> Attribution | None:
        """Return the newest exposure of the session, or else of the unit."""
        exposures = [
            event
            for _, event in reversed(self._of(tenant_id))
            if event.is_exposure and (before_ms is None or event.occurred_ms <= before_ms)
        ]
        of_session = [event for event in exposures if event.session_id == session_id is not None]
        of_unit = [event for event in exposures if event.unit == unit is not None]
        return next((event.attribution for event in of_session + of_unit), None)

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        """Return the sums that answer a question; see `Measures.measure`."""
        return tally(*self._rows_of(tenant_id, question), question)

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        """Return the variations of an experiment; see `Measures.find_arms`."""
        exposures = [event.attribution for _, event in self._of(tenant_id) if event.is_exposure]
        found = {to.variation_id: to.is_control for to in exposures if to and to.experiment_id == experiment_id}
        return dict(sorted(found.items()))

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        """Return the units themselves; see `Measures.list_units`."""
        return tally_units(*self._rows_of(tenant_id, question), question)

    def _rows_of(self, tenant_id: str, question: Question) -> tuple[list[ExposureRow], list[EventRow]]:
        is_holdout = question.experiment_id == HOLDOUT
        has_users = question.subject is not Subject.DEVICE
        exposures: list[ExposureRow] = []
        events: list[EventRow] = []
        for log_id, event in self._of(tenant_id):
            to = event.attribution
            if event.is_exposure and to is not None and (is_holdout or to.experiment_id == question.experiment_id):
                overall = HOLDOUT if to.experiment_id == HOLDOUT else EXPERIMENTS
                variation_id = overall if is_holdout else to.variation_id
                request = {name: text for name in REQUEST_FIELDS if (text := text_at(event.body, name))}
                exposures.append(ExposureRow(to.unit, variation_id, to.is_forced, event.occurred_ms, request))
            elif (
                (event.unit is not None or has_users)
                and not event.is_exposure
                and not (to is not None and to.is_forced)
            ):
                kept_ms = log_id >> WRITER_BITS + COUNT_BITS
                events.append(EventRow(event.unit or "", event.type, event.occurred_ms, kept_ms, event.body))
        return exposures, events

    def _keep(self, events: Sequence[Event]) -> int:
        new: list[Event] = []
        for event in events:
            if event.event_id is not None:
                if (event.tenant_id, event.event_id) in self._senders_ids:
                    continue
                self._senders_ids.add((event.tenant_id, event.event_id))
            new.append(event)
        if new:
            log_ids = self._stamper.stamp(len(new), int(self._clock.now().timestamp() * 1000), self._newest)
            self._newest = log_ids[-1]
            self._rows.update(zip(log_ids, new, strict=True))
        return len(new)

    def _of(self, tenant_id: str) -> list[tuple[int, Event]]:
        with self._lock:
            return [(log_id, event) for log_id, event in self._rows.items() if event.tenant_id == tenant_id]


def _entries(rows: Iterable[tuple[int, Event]]) -> tuple[LogEntry, ...]:
    return tuple(
        LogEntry(text, with_log_id(event.body, text)) for log_id, event in rows for text in [format_log_id(log_id)]
    )
