"""Sealing under real processes: killed at every step, two at once, beside a writer."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from signpost.events.files import FileEvents
from signpost.events.files.segments import list_segments, list_unfinished
from signpost.testing.events_contract import (
    OTHER_TENANT,
    TENANT,
    an_attribution,
    an_event,
    an_exposure,
    keep,
    numbers_in,
)
from signpost.testing.measures_contract import QUESTION
from signpost.testing.repeatable import SteppingClock
from tests.e2e.test_events_processes import BATCH, acknowledged_by, go_on, walk, writing

COUNT = 1_800
STEPS = ["written", "named", "flushed", "remembered", "committing", "sealed", "deleted"]


def start_sealing(folder: Path, *arguments: object) -> "subprocess.Popen[str]":
    command = [sys.executable, str(Path(__file__).with_name("events_sealing.py")), str(folder), *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def seal(folder: Path, *arguments: object) -> int:
    """Seal in a process of its own, and return how that ended."""
    process = start_sealing(folder, *arguments)
    process.communicate()
    return process.returncode


def fill(folder: Path) -> None:
    """Keep events of two tenants in two writers' files, some of them twice, and exposures."""
    one, two = FileEvents(folder, SteppingClock()), FileEvents(folder, SteppingClock())
    for start in range(0, COUNT, 300):
        numbers = range(start, start + 300)
        keep(one, *(an_event(n, event_id=f"id-{n}" if n % 2 else None, type="s", unit=f"u{n}") for n in numbers))
        keep(two, *(an_event(-n, event_id=f"id-{n}", tenant_id=OTHER_TENANT if n % 3 else TENANT) for n in numbers))
        keep(two, *(an_exposure(an_attribution(f"u{n}")) for n in numbers))
    one.close()
    two.close()


def look(events: FileEvents) -> tuple[object, ...]:
    """Return everything that can be read."""
    entries = [
        events.page(tenant_id, 0, 10 * COUNT, newest_first=newest_first)
        for tenant_id in (TENANT, OTHER_TENANT)
        for newest_first in (True, False)
    ]
    counts = [events.count(tenant_id) for tenant_id in (TENANT, OTHER_TENANT)]
    return entries, counts, events.measure(TENANT, QUESTION), events.after(TENANT, None, 10 * COUNT)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled") / "events"
    fill(folder)
    return folder


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_nothing_is_lost_or_doubled(filled: Path, tmp_path: Path, step: str) -> None:
    folder = tmp_path / "events"
    shutil.copytree(filled, folder)
    events = FileEvents(folder, SteppingClock())
    before = look(events)

    outcomes = []
    for nth in (1, 2):
        outcomes.append(seal(folder, COUNT, step, nth))
        assert look(events) == before
    outcomes.append(seal(folder, COUNT))

    assert outcomes == [-9, -9, 0]
    assert look(events) == before
    assert sum(segment.count for segment in list_segments(folder)) == sum(before[1])  # type: ignore[call-overload]
    assert list_unfinished(folder) == []
    again = keep(events, an_event(1, event_id="id-1"), an_event(5, event_id="id-5"), an_event(9, event_id="new"))
    assert again == 1
    events.close()


def test_two_at_once_seal_each_row_once(filled: Path, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    shutil.copytree(filled, folder)
    events = FileEvents(folder, SteppingClock())
    before = look(events)

    processes = [start_sealing(folder, 400), start_sealing(folder, 500)]
    printed = [process.communicate()[0] for process in processes]

    assert [process.returncode for process in processes] == [0, 0]
    assert sum(int(line) for output in printed for line in output.split()) == sum(before[1])  # type: ignore[call-overload]
    assert look(events) == before
    events.close()


def test_beside_a_writer_readers_neither_miss_nor_repeat(tmp_path: Path) -> None:
    total = 12_000
    seen: list[int] = []
    kills = 0
    events = FileEvents(tmp_path, SteppingClock())
    with writing(tmp_path, 0, total) as one, writing(tmp_path, total, total) as two:
        go_on(one)
        go_on(two)
        position = None
        is_over = False
        while not is_over:
            is_over = one.poll() is not None and two.poll() is not None
            kills += seal(tmp_path, 1_000, STEPS[kills % len(STEPS)], 2) != 0
            while entries := events.after(TENANT, position, 3_000):
                seen += numbers_in(entries)
                position = entries[-1].log_id
        first_batches = [*range(BATCH), *range(total, total + BATCH)]
        acknowledged = first_batches + acknowledged_by(one) + acknowledged_by(two)
        assert (one.returncode, two.returncode) == (0, 0)
    seal(tmp_path, 100_000)

    assert kills
    assert sorted(acknowledged) == sorted(seen) == list(range(2 * total))
    assert walk(events, 5_000) == seen
    assert sum(segment.count for segment in list_segments(tmp_path)) == 2 * total
    events.close()


def test_the_sums_of_what_is_sealed_are_those_of_what_was_open(filled: Path, tmp_path: Path) -> None:
    shutil.copytree(filled, tmp_path / "events")
    events = FileEvents(tmp_path / "events", SteppingClock())

    before = events.measure(TENANT, QUESTION)
    seal(tmp_path / "events", COUNT)

    assert before.cells
    assert events.measure(TENANT, QUESTION) == before
    assert [path.name for path in (tmp_path / "events").glob("spill-*")] == []
    events.close()
