"""What a server does in the background with its events."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from signpost.events.files import FileEvents, housekeeping
from signpost.events.files.housekeeping import Housekeeper, Stopped, Upkeep, keep_up
from signpost.events.files.sealing import sealing
from signpost.events.files.segments import list_segments
from signpost.testing.events_contract import TENANT, an_event, keep, numbers_in
from signpost.testing.repeatable import START
from tests.unit.events.test_files import SetClock

DAY = timedelta(days=1)


def test_what_is_due_is_sealed_and_removed(tmp_path: Path) -> None:
    clock = SetClock()
    events = FileEvents(tmp_path, clock)
    pauses: list[str] = []
    for day in range(4):
        clock.at = START + day * DAY
        keep(events, an_event(day))

    keep_up(events, clock, Upkeep(24, 100, 2), pauses.append)

    assert [segment.day.day for segment in list_segments(tmp_path)] == [2]
    assert numbers_in(events.after(TENANT, None, 10)) == [1, 2, 3]
    assert {"read", "removed"} <= set(pauses)
    events.close()


def test_nothing_is_done_while_another_process_is_at_it(tmp_path: Path) -> None:
    clock = SetClock()
    events = FileEvents(tmp_path, clock)
    keep(events, an_event(1))
    clock.at += 30 * DAY

    with sealing(tmp_path):
        keep_up(events, clock, Upkeep(24, 100, 2), lambda _: None)

    assert numbers_in(events.after(TENANT, None, 10)) == [1]
    events.close()


def test_it_may_be_stopped_in_the_middle(tmp_path: Path) -> None:
    clock = SetClock()
    events = FileEvents(tmp_path, clock)
    keep(events, *(an_event(n) for n in range(3_000)))
    clock.at += 2 * DAY

    for _ in range(3):
        reached = threading.Event()

        def stop(_: str, reached: threading.Event = reached) -> None:
            if reached.is_set():
                raise Stopped
            reached.set()

        with pytest.raises(Stopped):
            keep_up(events, clock, Upkeep(24, 100, None), stop)
        assert numbers_in(events.after(TENANT, None, 5_000)) == list(range(3_000))
    keep_up(events, clock, Upkeep(24, 100, None), lambda _: None)

    assert numbers_in(events.after(TENANT, None, 5_000)) == list(range(3_000))
    assert [segment.count for segment in list_segments(tmp_path)] == [3_000]
    events.close()


def test_the_thread_begins_and_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SetClock()
    events = FileEvents(tmp_path, clock)
    keep(events, an_event(1))
    clock.at += 2 * DAY
    monkeypatch.setattr(housekeeping, "LOOK_SECONDS", 0.001)
    never_begun, housekeeper = (Housekeeper(events, clock, Upkeep(24, 100, None)) for _ in range(2))

    housekeeper.start()
    while not list_segments(tmp_path):
        pass
    housekeeper.stop()
    never_begun.stop()

    assert numbers_in(events.after(TENANT, None, 10)) == [1]
    assert "could not be sealed" not in caplog.text
    events.close()
