"""Timing side by side: what is compared takes turns in one run, so that a busy machine slows all of it alike."""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import median
from timeit import Timer

ROUNDS = 21
ROUND_SECONDS = 0.02


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one call takes, and how that compares to the first of those timed with it."""

    name: str
    seconds: float
    ratio: float


def compare(timers: Mapping[str, Timer], *, rounds: int = ROUNDS) -> list[Timing]:
    """Time each in turn, round after round, and return the medians; a ratio is the median of each round's own ratio."""
    counts = {name: _count_for_round(timer) for name, timer in timers.items()}
    taken: dict[str, list[float]] = {name: [] for name in timers}
    for _ in range(rounds):
        for name, timer in timers.items():
            taken[name].append(timer.timeit(counts[name]) / counts[name])
    base = next(iter(taken.values()))
    return [
        Timing(name, median(times), median(time / other for time, other in zip(times, base, strict=True)))
        for name, times in taken.items()
    ]


def _count_for_round(timer: Timer) -> int:
    count, taken = timer.autorange()
    return max(1, int(count * ROUND_SECONDS / taken))
