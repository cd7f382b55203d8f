"""Events under real processes: killed in the middle, and several at once."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from signpost.events.files import FileEvents
from signpost.testing.events_contract import TENANT, an_event, keep, numbers_in
from signpost.testing.repeatable import SteppingClock

BATCH = 10


@contextmanager
def writing(folder: Path, first: int, total: int) -> Iterator["subprocess.Popen[str]"]:
    program = Path(__file__).with_name("events_writing.py")
    command = [sys.executable, str(program), str(folder), str(first), str(BATCH), str(total)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        assert process.stdout.readline().split() == [str(first), str(BATCH)]
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        with suppress(BrokenPipeError):
            process.stdin.close()


def go_on(process: "subprocess.Popen[str]") -> None:
    """Let a process that has kept its first batch write all others."""
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def acknowledged_by(process: "subprocess.Popen[str]") -> list[int]:
    """Read what the process says until its end: the numbers that were acknowledged."""
    assert process.stdout is not None
    lines = [line.split() for line in process.stdout if line.endswith("\n")]
    assert all(count == str(BATCH) for _, count in lines)
    return [number for start, _ in lines for number in range(int(start), int(start) + BATCH)]


def walk(events: FileEvents, take: int = 500) -> list[int]:
    numbers: list[int] = []
    position = None
    while entries := events.after(TENANT, position, take):
        numbers += numbers_in(entries)
        position = entries[-1].log_id
    return numbers


def test_kill_in_the_middle_loses_nothing_acknowledged(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    for round_number in range(3):
        with writing(tmp_path, round_number * 10_000_000, 10_000_000) as process:
            assert process.stdout is not None
            go_on(process)
            first_lines = [process.stdout.readline().split() for _ in range(500)]
            process.kill()
            acknowledged += [int(start) + step for start, _ in first_lines for step in range(BATCH)]
            acknowledged += acknowledged_by(process)

    events = FileEvents(tmp_path, SteppingClock())
    kept = walk(events)

    assert len(acknowledged) >= 15_000
    assert set(acknowledged) <= set(kept)
    assert len(kept) == len(set(kept))
    assert all(kept.count(start) == 1 for start in kept[::1_000])
    assert len(kept) % BATCH == 0, "a batch is kept whole or not at all"
    assert keep(events, an_event(-1)) == 1
    assert [path.name for path in tmp_path.glob("*.sqlite")] == ["writer-000.sqlite"]
    events.close()


def test_a_reader_neither_skips_nor_repeats_while_processes_write(tmp_path: Path) -> None:
    total = 20_000
    seen: list[int] = []
    events = FileEvents(tmp_path, SteppingClock())
    with writing(tmp_path, 0, total) as one, writing(tmp_path, total, total) as two:
        go_on(one)
        go_on(two)
        position = None
        is_over = False
        while not is_over:
            is_over = one.poll() is not None and two.poll() is not None
            while entries := events.after(TENANT, position, 300):
                seen += numbers_in(entries)
                position = entries[-1].log_id
        assert (one.returncode, two.returncode) == (0, 0)

    assert len(seen) == 2 * total
    assert [number for number in seen if number < total] == list(range(total))
    assert [number for number in seen if number >= total] == list(range(total, 2 * total))
    assert len(list(tmp_path.glob("*.sqlite"))) == 2
    events.close()
