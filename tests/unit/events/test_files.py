"""Events in files, where there is more than one writer, where disks fill up, and where clocks are set back."""

import os
import resource
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import count, cycle, pairwise
from pathlib import Path
from stat import S_IMODE

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signpost.events.files import FileEvents
from signpost.events.files.attributions import Attributions
from signpost.events.files.readers import Readers
from signpost.events.files.runs import RUN_EXPOSURES
from signpost.events.files.sealed_exposures import SealedExposures
from signpost.events.files.sealed_rows import SealedRows
from signpost.events.logids import Stamper, parse_log_id, writer_of
from signpost.ports.events import EventsRejectedError
from signpost.testing.events_contract import (
    TENANT,
    an_attribution,
    an_event,
    an_exposure,
    keep,
    numbers_in,
)
from signpost.testing.measures_contract import QUESTION, assert_counted_naively, random_events
from signpost.testing.repeatable import START, SteppingClock

_tenants = count()


class SetClock:
    """A clock that stands where it was set."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "events"


@pytest.fixture
def pair(folder: Path) -> Iterator[tuple[FileEvents, FileEvents]]:
    """Two writers of one folder, as two processes would be."""
    pair = FileEvents(folder, SteppingClock()), FileEvents(folder, SteppingClock())
    yield pair
    for events in pair:
        events.close()


def test_each_writer_has_a_file_and_the_files_of_the_gone_are_written_on(folder: Path) -> None:
    first, second = FileEvents(folder, SteppingClock()), FileEvents(folder, SteppingClock())
    keep(first, an_event(1))
    keep(second, an_event(2))
    first.close()
    third = FileEvents(folder, SteppingClock())
    keep(third, an_event(3))

    entries = third.after(TENANT, None, 10)

    assert sorted(path.name for path in folder.glob("*.sqlite")) == ["writer-000.sqlite", "writer-001.sqlite"]
    assert numbers_in(entries) == [1, 2, 3]
    assert [writer_of(parse_log_id(entry.log_id)) for entry in entries] == [0, 1, 0]
    second.close()
    third.close()


def test_nobody_else_can_read_the_files(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    keep(events, an_event())

    modes = {path.name: S_IMODE(path.stat().st_mode) for path in [folder, *folder.iterdir()]}

    assert modes.pop("events") == 0o700
    assert set(modes.values()) == {0o600}
    events.close()


def test_who_only_reads_makes_nothing(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())

    assert events.after(TENANT, None, 1) == ()
    assert events.measure(TENANT, QUESTION).cells == ()
    events.close()
    assert not folder.exists()


def test_what_either_writer_acknowledged_is_seen_by_both(pair: tuple[FileEvents, FileEvents]) -> None:
    position = None
    for number, (writer, reader) in enumerate(zip(cycle(pair), cycle(reversed(pair)), strict=False)):
        keep(writer, an_event(number))

        (entry,) = reader.after(TENANT, position, 10)

        assert numbers_in([entry]) == [number]
        position = entry.log_id
        if number == 50:
            break


def test_log_ids_grow_over_all_writers_while_clocks_are_set_back(folder: Path) -> None:
    clocks = SetClock(), SetClock(START + timedelta(days=1))
    pair = [FileEvents(folder, clock) for clock in clocks]
    log_ids: list[str] = []
    for step in range(20):
        keep(pair[step % 2], an_event(step))
        clocks[step % 2].at -= timedelta(hours=1)
        log_ids += [entry.log_id for entry in pair[0].after(TENANT, log_ids[-1] if log_ids else None, 10)]

    assert len(log_ids) == 20
    assert sorted(log_ids) == log_ids
    for events in pair:
        events.close()


def test_log_ids_grow_after_a_power_failure_that_lost_the_stamps(folder: Path) -> None:
    events = FileEvents(folder, SetClock(START))
    keep(events, an_event(1))
    events.close()
    (folder / "stamps").write_bytes(b"")
    events = FileEvents(folder, SetClock(START - timedelta(days=1)))
    keep(events, an_event(2))

    assert numbers_in(events.after(TENANT, None, 10)) == [1, 2]
    events.close()


def test_an_event_that_two_writers_kept_is_shown_once(pair: tuple[FileEvents, FileEvents]) -> None:
    one, two = pair
    keep(one, an_event(1, event_id="a"), an_event(2, event_id="b"))
    keep(two, an_event(3, event_id="b"), an_event(4, event_id="c"), an_event(5, event_id="a", tenant_id="other"))
    keep(one, an_event(6, event_id="c"), an_event(7))

    shown = one.after(TENANT, None, 10)

    assert numbers_in(shown) == [1, 2, 4, 7]
    assert one.count(TENANT) == 4
    assert numbers_in(one.page(TENANT, 0, 3, newest_first=True)) == [7, 4, 2]
    assert [two.get(TENANT, entry.log_id) for entry in shown] == list(shown)


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_sums_over_two_files_are_those_of_a_naive_count(
    pair: tuple[FileEvents, FileEvents], data: st.DataObject
) -> None:
    tenant_id = f"ten_{next(_tenants)}"
    batches = data.draw(st.lists(st.lists(random_events(tenant_id), max_size=10), max_size=6))
    for writer, batch in zip(cycle(pair), batches, strict=False):
        keep(writer, *batch)

    measured = pair[0].measure(tenant_id, QUESTION)

    assert_counted_naively(measured, [event for batch in batches for event in batch])


def test_old_exposures_are_found_in_runs_and_new_ones_beside_them(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    total = RUN_EXPOSURES * 2 + 100
    for start in range(0, total, 1_000):
        units = range(start, min(start + 1_000, total))
        keep(events, *(an_exposure(an_attribution(f"u{n}"), session_id=f"s{n}") for n in units))
    events.close()
    attributions = Attributions(Readers(folder), SealedExposures(folder, SealedRows(folder)), recent_max=10)

    found = [attributions.latest(TENANT, None, f"u{n}", None) for n in range(0, total, 50)]
    by_session = attributions.latest(TENANT, "s3", None, None)

    assert found == [an_attribution(f"u{n}") for n in range(0, total, 50)]
    assert by_session == an_attribution("u3")
    assert attributions.latest(TENANT, "u3", "s3", None) is None


def test_the_newest_of_many_exposures_is_found_across_runs(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    for at_ms in range(4):
        keep(events, *(an_exposure(an_attribution(f"u{n}", exposed_ms=at_ms)) for n in range(RUN_EXPOSURES // 2 + 1)))
    events.close()
    fresh = FileEvents(folder, SteppingClock())

    found = [fresh.latest_attribution(TENANT, session_id=None, unit="u7", before_ms=ms) for ms in (0, 1, 2, 3, 9)]

    assert [to.exposed_ms for to in found if to is not None] == [0, 1, 2, 3, 3]
    newest = fresh.latest_attribution(TENANT, session_id=None, unit="u7")
    assert newest is not None
    assert newest.exposed_ms == 3
    fresh.close()


@contextmanager
def files_no_longer_than(size: int) -> Iterator[None]:
    """Let the system refuse longer files, as a full disk would."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_full_disk_refuses_whole_batches_and_is_left_behind(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    keep(events, an_event(0))
    with files_no_longer_than(200_000):
        outcomes = [events.append([an_event(n), an_event(-n)]).exception(30) for n in range(1, 2_000)]
        was_failing = events.is_failing
    kept_after = keep(events, an_event(5_000))

    refused = [outcome for outcome in outcomes if outcome is not None]
    acknowledged = [n for n, outcome in enumerate(outcomes, 1) if outcome is None]
    assert refused
    assert all(isinstance(outcome, EventsRejectedError) for outcome in refused)
    assert was_failing
    assert (kept_after, events.is_failing) == (1, False)
    shown = numbers_in(events.after(TENANT, None, 10_000))
    assert shown == [0, *(number for n in acknowledged for number in (n, -n)), 5_000]
    events.close()


def test_a_folder_that_can_not_be_made_refuses_until_it_can(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    events = FileEvents(tmp_path / "file" / "events", SteppingClock())

    with pytest.raises(EventsRejectedError):
        keep(events, an_event(1))
    (tmp_path / "file").unlink()

    assert keep(events, an_event(2)) == 1
    events.close()


def test_a_full_queue_refuses_and_keeps_what_it_had(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock(), queued_rows_max=10, queued_bytes_max=1_000)

    with pytest.raises(EventsRejectedError, match="full"):
        keep(events, *(an_event(n) for n in range(11)))
    with pytest.raises(EventsRejectedError, match="full"):
        keep(events, *(an_event(10**200) for _ in range(9)))

    assert keep(events, *(an_event(n) for n in range(10))) == 10
    events.close()


def test_a_forked_child_is_refused_clearly(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    keep(events, an_event(1))
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            error = events.append([an_event(2)]).exception(10)
            events.close()
            os.write(writer, str(error).encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)

    assert b"forked" in os.read(reader, 1_000)
    assert keep(events, an_event(3)) == 1
    assert numbers_in(events.after(TENANT, None, 10)) == [1, 3]
    os.close(reader)
    events.close()


def test_a_file_of_a_later_version_is_left_alone(folder: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    keep(events, an_event(1))
    events.close()
    path = folder / "writer-000.sqlite"
    content = bytearray(path.read_bytes())
    content[60:64] = (99).to_bytes(4)  # `user_version`, by SQLite's file format
    path.write_bytes(content)

    later = FileEvents(folder, SteppingClock())

    with pytest.raises(EventsRejectedError, match="later version"):
        keep(later, an_event(2))
    later.close()


@given(st.lists(st.tuples(st.integers(1, 5_000), st.integers(0, 1 << 41)), min_size=1, max_size=20))
def test_stamps_only_grow(batches: list[tuple[int, int]]) -> None:
    stamper = Stamper(511)
    log_ids: list[int] = []
    for size, now_ms in batches:
        log_ids += stamper.stamp(size, now_ms, log_ids[-1] if log_ids else 0)

    assert all(later > earlier for earlier, later in pairwise(log_ids))
    assert log_ids[-1] < 1 << 63
    assert {writer_of(log_id) for log_id in log_ids} == {511}
    assert log_ids[0] >> 21 == batches[0][1]
