"""The adapters of the events ports, by their common contract."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signpost.events.files import FileEvents
from signpost.events.memory import MemoryEvents
from signpost.testing.events_contract import AllEvents, EventsContract
from signpost.testing.measures_contract import MeasuredEvents, MeasuresContract


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


class TestMemoryEvents(EventsContract, MeasuresContract):
    @pytest.fixture
    def events(self) -> AllEvents:
        return MemoryEvents(SystemClock())

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())
