"""Durable events per second on one core, in batches as `POST /runtime/v1/events` makes them; and the sums of an experiment."""

import os
import statistics
import tempfile
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from datetime import UTC, datetime
from hashlib import md5
from pathlib import Path

from signpost.events.files import FileEvents
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS
from signpost.ports.events import EXPOSURE_TYPE, Attribution, Event
from signpost.ports.measurements import Question

MARK_PER_SECOND = 30_000
ROUNDS = 5
EVENTS_PER_ROUND = 30_000
QUEUED_BATCHES = 8
BODY = (
    b'{"date":"2026-01-01T00:00:00.000Z","type":"s","client_id":"AaiyAPdpYdesoKnqjj8HJqRn4T5titww","connection":"people",'
    b'"ip":"203.0.113.7","user_agent":"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0'
    b'.0.0 Safari/537.36","user_id":"auth0|5f7c8ec7c33c6c004bbafe82","session_id":"Zk3-WQ1t0mR2xYb8","details":{"experiment":'
    b'{"experiment_id":"exp_4BzK1mQxRtYw8NfJ2hLc6v","variation_id":"var_9DsP3kVnXzGa5MeT7bHq2u","is_control":true,'
    b'"allocation_strategy":"percentage"},"prompts":[{"name":"login","elapsedTime":1840}]}}'
)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def exposures(count: int, first: int = 0) -> list[Event]:
    made: list[Event] = []
    for number in range(first, first + count):
        unit = md5(b"%d" % number, usedforsecurity=False).hexdigest()
        arm = ("var_a", True) if number & 1 else ("var_b", False)
        to = Attribution("exp_one", *arm, "percentage", None, unit, 1_000 + number, is_forced=False)
        made.append(Event("ten_one", EXPOSURE_TYPE, to.exposed_ms, BODY, None, unit, unit[:16], to, is_exposure=True))
    return made


def successes(count: int, first: int = 0) -> list[Event]:
    made: list[Event] = []
    for number in range(first, first + count):
        digest = md5(b"%d" % number, usedforsecurity=False).hexdigest()
        to = Attribution("exp_one", "var_a", True, "percentage", None, digest, 1_000, is_forced=False)
        made.append(Event("ten_one", "s", 1_000 + number, BODY, f"log_{digest}", digest, digest[:16], to))
    return made


def seconds_to_keep(events: FileEvents, kept: list[Event], batch: int) -> float:
    began = time.perf_counter()
    waiting = deque["Future[int]"]()
    for start in range(0, len(kept), batch):
        waiting.append(events.append(kept[start : start + batch]))
        if len(waiting) > QUEUED_BATCHES:
            waiting.popleft().result()
    for future in waiting:
        future.result()
    return time.perf_counter() - began


def rates() -> Iterator[tuple[str, int, float]]:
    """Give kind, batch size and the median of events per second."""
    with tempfile.TemporaryDirectory() as folder:
        events = FileEvents(Path(folder), SystemClock())
        made = 0
        results: dict[tuple[str, int], list[float]] = {}
        for _ in range(ROUNDS):
            for batch in (100, 500, 1_000):
                for kind, make in (("exposures", exposures), ("auth events with ids", successes)):
                    kept = make(EVENTS_PER_ROUND, made)
                    made += EVENTS_PER_ROUND
                    results.setdefault((kind, batch), []).append(len(kept) / seconds_to_keep(events, kept, batch))
        events.close()
    for (kind, batch), of_kind in sorted(results.items()):
        yield kind, batch, statistics.median(of_kind)


def seconds_to_sum(units: int, outcomes: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        events = FileEvents(Path(folder), SystemClock())
        for start in range(0, units, 10_000):
            seconds_to_keep(events, exposures(10_000, start), 1_000)
        for start in range(0, outcomes, 10_000):
            seconds_to_keep(events, successes(10_000, start), 1_000)
        began = time.perf_counter()
        measured = events.measure("ten_one", Question("exp_one", (SIGN_IN_SUCCESS,), 1 << 52))
        took = time.perf_counter() - began
        events.close()
    assert sum(cell.units for cell in measured.cells) == units
    return took


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    print(f"durable events per second, one core, median of {ROUNDS} (mark {MARK_PER_SECOND:,})")
    for kind, batch, rate in rates():
        print(
            f"  {kind:<22} {batch:>5} a batch  {rate:>9,.0f}/s  {'ok' if rate >= MARK_PER_SECOND else 'BELOW THE MARK'}"
        )
    print(
        f"sums of an experiment, 1,000,000 exposures and 300,000 successes: {seconds_to_sum(1_000_000, 300_000):.1f} s"
    )


if __name__ == "__main__":
    main()
