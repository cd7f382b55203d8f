"""The adapters of the events ports, by their common contract."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, wait
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signpost.events.files import FileEvents
from signpost.events.memory import MemoryEvents
from signpost.events.remembered import RememberedMeasures
from signpost.ports.events import Attribution, Event, LogEntry, LogSearch
from signpost.ports.measurements import Measurement, Question, UnitValues
from signpost.testing.events_contract import AllEvents, EventsContract
from signpost.testing.measures_contract import MeasuredEvents, MeasuresContract

FAR_MS = 1 << 41
"""Later than any event of a test."""


class SystemClock:
    """The real time."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class TestFileEvents(EventsContract, MeasuresContract):
    @pytest.fixture
    def events(self, tmp_path: Path) -> Iterator[AllEvents]:
        events = FileEvents(tmp_path / "events", SystemClock())
        yield events
        events.close()

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())


class SealingEvents(FileEvents):
    """Seals what was kept before it is read, every time, or every other time."""

    def __init__(self, folder: Path, every: int) -> None:
        super().__init__(folder, SystemClock())
        self._every = every
        self._appended: list[Future[int]] = []

    def append(self, events: Sequence[Event]) -> "Future[int]":
        done = super().append(events)
        self._appended.append(done)
        return done

    def seal_when_due(self) -> None:
        wait(self._appended)
        if self._appended and len(self._appended) % self._every == 0:
            list(self.seal(FAR_MS))

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        self.seal_when_due()
        return super().after(tenant_id, log_id, take)

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        self.seal_when_due()
        return super().page(tenant_id, page, per_page, newest_first=newest_first)

    def latest_attribution(
        self, tenant_id: str, *, session_id: str | None, unit: str | None, before_ms: int | None = None
    ) -> Attribution | None:
        self.seal_when_due()
        return super().latest_attribution(tenant_id, session_id=session_id, unit=unit, before_ms=before_ms)

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        self.seal_when_due()
        return super().measure(tenant_id, question)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        self.seal_when_due()
        return super().list_units(tenant_id, question)

    def search(self, tenant_id: str, search: LogSearch, most: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        self.seal_when_due()
        return super().search(tenant_id, search, most, newest_first=newest_first)


class EagerlySealingEvents(SealingEvents):
    """Seals also before more is appended, so that nothing is open when the same is sent again."""

    def append(self, events: Sequence[Event]) -> "Future[int]":
        self.seal_when_due()
        return super().append(events)


class TestSealedEvents(EventsContract, MeasuresContract):
    """Everything is sealed whenever something is read."""

    @pytest.fixture
    def events(self, tmp_path: Path) -> Iterator[AllEvents]:
        events = EagerlySealingEvents(tmp_path / "events", 1)
        yield events
        events.close()

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())


class TestHalfSealedEvents(EventsContract, MeasuresContract):
    """Of two batches one is sealed and the other open, more or less."""

    @pytest.fixture
    def events(self, tmp_path: Path) -> Iterator[AllEvents]:
        events = SealingEvents(tmp_path / "events", 2)
        yield events
        events.close()

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())


class TestMemoryEvents(EventsContract, MeasuresContract):
    @pytest.fixture
    def events(self) -> AllEvents:
        return MemoryEvents(SystemClock())

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())


class RememberingEvents(FileEvents):
    """Measures through a memory."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, SystemClock())
        self._remembered = RememberedMeasures(FileEvents(folder, SystemClock()), lambda: 0.0)

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        return self._remembered.measure(tenant_id, question)

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        return self._remembered.find_arms(tenant_id, experiment_id)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        return self._remembered.list_units(tenant_id, question)


class TestRememberedMeasures(MeasuresContract):
    @pytest.fixture
    def events(self, tmp_path: Path) -> Iterator[MeasuredEvents]:
        events = RememberingEvents(tmp_path / "events")
        yield events
        events.close()

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())
