"""Sealed segments: disks that are full, files that are damaged or foreign, what is removed, what is looked back at."""

import shutil
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from stat import S_IMODE

import duckdb
import pytest

from signpost.events.files import FileEvents, log, segments
from signpost.events.files.schema import file_of
from signpost.ports.events import Event, EventsDamagedError, LogSearch
from signpost.ports.measurements import MeasurementUnavailableError
from signpost.testing.events_contract import (
    EXPERIMENT,
    TENANT,
    an_attribution,
    an_event,
    an_exposure,
    keep,
    numbers_in,
)
from signpost.testing.measures_contract import QUESTION
from signpost.testing.repeatable import START, SteppingClock
from tests.unit.events.test_files import SetClock, files_no_longer_than

FAR_MS = 1 << 41
DAY = timedelta(days=1)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "events"


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def events(folder: Path, clock: SetClock) -> Iterator[FileEvents]:
    events = FileEvents(folder, clock)
    yield events
    events.close()


def seal(events: FileEvents, before_ms: int = FAR_MS, newest_kept: int | None = None) -> int:
    return sum(sealed.rows for sealed in events.seal(before_ms, newest_kept))


def millis(at: datetime) -> int:
    return int(at.timestamp() * 1000)


def test_segments_are_by_tenant_and_day_and_nobody_else_can_read_them(
    events: FileEvents, clock: SetClock, folder: Path
) -> None:
    for day in range(3):
        clock.at = START + day * DAY
        keep(events, an_event(day), an_event(day, tenant_id="a/b=c"))

    sealed = list(events.seal(FAR_MS))

    assert [(step.rows, [s.day for s in step.segments]) for step in sealed] == [
        (2, [date(2026, 1, day)] * 2) for day in (1, 2, 3)
    ]
    assert sorted(path.name for path in (folder / "sealed").glob("tenant=*")) == [
        "tenant=a%2Fb%3Dc",
        f"tenant={TENANT}",
    ]
    assert {s.tenant_id for s in segments.list_segments(folder)} == {TENANT, "a/b=c"}
    modes = {S_IMODE(path.stat().st_mode) for path in (folder / "sealed").rglob("*")}
    assert modes == {0o700, 0o600}
    assert numbers_in(events.page("a/b=c", 0, 10, newest_first=True)) == [2, 1, 0]


def test_only_what_is_old_is_sealed_unless_there_is_too_much(events: FileEvents, clock: SetClock) -> None:
    keep(events, *(an_event(n) for n in range(10)))
    clock.at += DAY
    keep(events, *(an_event(n) for n in range(10, 20)))

    by_age = seal(events, millis(START + DAY))
    by_number = [seal(events, 0, kept) for kept in (5, 4, 4)]

    assert (by_age, by_number) == (10, [0, 6, 0])
    assert numbers_in(events.after(TENANT, None, 100)) == list(range(20))


def test_a_full_disk_leaves_everything_open(events: FileEvents, folder: Path) -> None:
    keep(events, *(an_event(n, event_id=f"{n * 7919:x}") for n in range(5_000)))
    before = events.page(TENANT, 0, 5_000, newest_first=False)

    with files_no_longer_than(4_096), pytest.raises(OSError, match="segment"):
        seal(events)

    assert segments.list_unfinished(folder) == []
    assert segments.list_segments(folder) == []
    assert events.page(TENANT, 0, 5_000, newest_first=False) == before
    assert seal(events) == 5_000
    assert events.page(TENANT, 0, 5_000, newest_first=False) == before


@pytest.mark.parametrize("content", [b"", b"PAR1", b"not parquet at all, but long enough to be looked at"])
def test_a_damaged_segment_is_named_and_never_passed_over(events: FileEvents, folder: Path, content: bytes) -> None:
    keep(events, an_event(1), an_exposure())
    seal(events)
    (segment,) = segments.list_segments(folder)
    segment.path.write_bytes(content)

    for read in (
        lambda: events.after(TENANT, None, 10),
        lambda: events.latest_attribution(TENANT, session_id=None, unit="unit-1"),
    ):
        with pytest.raises(EventsDamagedError, match=segment.path.name):
            read()
    with pytest.raises(MeasurementUnavailableError, match=segment.path.name):
        events.measure(TENANT, QUESTION)


def test_a_segment_with_other_columns_is_named(events: FileEvents, folder: Path) -> None:
    keep(events, an_event(1))
    seal(events)
    (segment,) = segments.list_segments(folder)
    duckdb.execute("COPY (SELECT 1 AS one) TO $path (FORMAT parquet)", {"path": str(segment.path)})

    with pytest.raises(EventsDamagedError, match="damaged"):
        events.after(TENANT, None, 10)


def test_a_foreign_file_is_told_and_left_alone(
    events: FileEvents, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keep(events, an_event(1))
    seal(events)
    (segment,) = segments.list_segments(folder)
    foreign = segment.path.with_name("notes.parquet")
    foreign.write_bytes(b"mine")

    shown = events.after(TENANT, None, 10)

    assert numbers_in(shown) == [1]
    assert "notes.parquet is no segment" in caplog.text
    assert foreign.exists()


def test_segments_count_although_their_writer_s_file_is_lost(folder: Path, clock: SetClock) -> None:
    events = FileEvents(folder, clock)
    keep(events, an_event(1, event_id="a"), an_event(2))
    seal(events)
    events.close()
    for path in (*folder.glob("writer-*"), folder / "stamps"):
        path.unlink()
    clock.at -= DAY
    events = FileEvents(folder, clock)

    assert numbers_in(events.after(TENANT, None, 10)) == [1, 2]
    assert keep(events, an_event(3, event_id="a"), an_event(4)) == 1
    assert numbers_in(events.after(TENANT, None, 10)) == [1, 2, 4]
    assert seal(events) == 1
    assert numbers_in(events.after(TENANT, None, 10)) == [1, 2, 4]
    events.close()


def test_a_copy_of_the_folder_of_before_sealing_is_brought_up_to_date(folder: Path, tmp_path: Path) -> None:
    events = FileEvents(folder, SteppingClock())
    keep(events, an_event(1))
    events.close()
    connection = sqlite3.connect(file_of(folder, 0))
    connection.executescript("DROP TABLE seal; PRAGMA user_version = 1;")
    connection.close()
    shutil.copytree(folder, tmp_path / "copy")

    only_read = FileEvents(folder, SteppingClock())
    written = FileEvents(tmp_path / "copy", SteppingClock())

    assert numbers_in(only_read.after(TENANT, None, 10)) == [1]
    assert keep(written, an_event(2)) == 1
    assert numbers_in(written.after(TENANT, None, 10)) == [1, 2]
    only_read.close()
    written.close()


def test_whole_days_are_removed_and_what_was_known_of_them(events: FileEvents, clock: SetClock, folder: Path) -> None:
    for day in range(3):
        clock.at = START + day * DAY
        keep(events, an_event(day, event_id=f"id-{day}"), an_event(day, tenant_id="other"))
    seal(events)

    removed = list(events.remove_before(date(2026, 1, 3)))

    assert [(s.day.day, s.tenant_id, s.count) for s in sorted(removed, key=lambda s: s.first_id)] == [
        (1, TENANT, 1), (1, "other", 1), (2, TENANT, 1), (2, "other", 1),
    ]  # fmt: skip
    assert numbers_in(events.after(TENANT, None, 10)) == [2]
    assert [path.name for path in (folder / "sealed").glob("*/*")] == ["day=2026-01-03"] * 2
    assert keep(events, an_event(7, event_id="id-0"), an_event(8, event_id="id-2")) == 1
    assert list(events.remove_before(date(2026, 1, 3))) == []


def test_nothing_is_removed_while_somebody_reads(events: FileEvents, folder: Path) -> None:
    keep(events, an_exposure(), an_event(1))
    seal(events)

    with events.relations.open(TENANT, EXPERIMENT, ("f",)) as engine:
        with pytest.raises(BlockingIOError), segments.removing(folder, is_waiting=False):
            pass
        rows = engine.execute("SELECT unit, variation_id, is_forced, occurred_ms, body FROM kept_exposures").fetchall()

    assert rows == [("unit-1", "var_a", 0, 1_000, '{"type":"exposure"}')]
    assert [segment.count for segment in events.remove_before(date(2027, 1, 1))] == [2]
    assert events.after(TENANT, None, 10) == ()


def test_sealed_exposures_are_looked_back_at_for_a_week(events: FileEvents, clock: SetClock) -> None:
    to = an_attribution(segment_id="seg")
    keep(events, an_exposure(to, session_id="s"))
    seal(events)
    fresh = [FileEvents(events._folder, clock) for _ in range(2)]

    events.forget_keys(millis(START + 7 * DAY))
    before = fresh[0].latest_attribution(TENANT, session_id="s", unit=None)
    events.forget_keys(millis(START + 8 * DAY))

    assert before == to
    assert fresh[1].latest_attribution(TENANT, session_id="s", unit=None) is None
    for other in fresh:
        other.close()


def test_an_event_that_is_open_and_sealed_counts_once(folder: Path) -> None:
    one, two = FileEvents(folder, SteppingClock()), FileEvents(folder, SteppingClock())
    keep(one, an_event(1, event_id="a", unit="u", type="s"), an_event(2, event_id="b", unit="u", type="s"))
    keep(two, an_event(3, event_id="a", unit="u", type="s"), an_event(4, unit="u", type="s"))
    with_duplicate = one.after(TENANT, None, 10)

    steps = one.seal(FAR_MS)
    first = next(steps)
    half_sealed = one.after(TENANT, None, 10), one.count(TENANT)
    with one.relations.open(TENANT, None, ("s",)) as engine:
        in_relation = engine.execute("SELECT COUNT(*) FROM kept_events").fetchone()
    (second,) = steps

    assert ((first.rows, first.again), (second.rows, second.again)) == ((2, 0), (1, 1))
    assert half_sealed == (with_duplicate, 3)
    assert in_relation == (3,)
    assert one.after(TENANT, None, 10) == with_duplicate
    with one.relations.open(TENANT, None, ("s",)) as engine:
        assert engine.execute("SELECT COUNT(*) FROM kept_events").fetchone() == (3,)
    assert keep(two, an_event(5, event_id="b")) == 0
    one.close()
    two.close()


def test_a_search_looks_at_the_newest_rows_and_leaves_the_oldest_segments_out(
    events: FileEvents, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "SEARCHED_ROWS_MAX", 3)
    for day in range(4):
        clock.at = START + day * DAY
        keep(
            events,
            *(
                Event(TENANT, "s", day, b'{"type":"s","number":%d,"user_id":"%d"}' % (10 * day + number, number))
                for number in range(2)
            ),
        )
    seal(events)
    keep(events, Event(TENANT, "s", 9, b'{"type":"s","number":40,"user_id":"0"}'))

    of_a_type = events.search(TENANT, LogSearch(type="s"), 10, newest_first=True)
    of_a_user = events.search(TENANT, LogSearch(user_id="0"), 10, newest_first=True)

    assert numbers_in(of_a_type) == [40, 31, 30, 21, 20]
    assert numbers_in(of_a_user) == [40, 30, 20]
