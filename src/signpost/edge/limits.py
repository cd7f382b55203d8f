"""Rate limits: so many requests per client and minute, counted in this process."""

from collections.abc import Callable
from dataclasses import dataclass

from signpost.edge.errors import Headers

WINDOW_SECONDS = 60
UNLIMITED = 1_000_000_000
CALLERS_MAX = 20_000
"""Callers counted at once; those above it share one count until the minute is over."""
REST = ""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left to a caller in its minute."""

    limit: int
    remaining: int
    reset_at: int
    """When the minute ends, in Unix seconds."""
    is_exceeded: bool

    def headers(self) -> Headers:
        """Return the headers that every reply carries."""
        return [
            (b"x-ratelimit-limit", b"%d" % self.limit),
            (b"x-ratelimit-remaining", b"%d" % self.remaining),
            (b"x-ratelimit-reset", b"%d" % self.reset_at),
        ]


class RateLimiter:
    """Counts requests per caller in whole minutes. A limit of 0 is no limit: the headers then say a billion.

    The counts are this process's own; with several processes each is given its share of the limit.
    """

    def __init__(self, per_minute: int, now_seconds: Callable[[], float]) -> None:
        self._limit = per_minute
        self._now = now_seconds
        self._counts: dict[str, int] = {}
        self._window = -1
        self._unlimited = Allowance(UNLIMITED, UNLIMITED, 0, is_exceeded=False)

    @property
    def is_unlimited(self) -> bool:
        """Whether there is no limit."""
        return not self._limit

    @staticmethod
    def window_end(now: float) -> int:
        """Return when the minute of a moment ends."""
        return (int(now) // WINDOW_SECONDS + 1) * WINDOW_SECONDS

    def spend(self, caller: str) -> Allowance:
        """Count one request of the caller."""
        window = int(self._now()) // WINDOW_SECONDS
        reset_at = (window + 1) * WINDOW_SECONDS
        if not self._limit:
            if self._unlimited.reset_at != reset_at:
                self._unlimited = Allowance(UNLIMITED, UNLIMITED, reset_at, is_exceeded=False)
            return self._unlimited
        if window != self._window:
            self._counts = {}
            self._window = window
        if len(self._counts) >= CALLERS_MAX and caller not in self._counts:
            caller = REST
        spent = self._counts[caller] = self._counts.get(caller, 0) + 1
        return Allowance(self._limit, max(self._limit - spent, 0), reset_at, is_exceeded=spent > self._limit)

    def is_spent(self, caller: str) -> bool:
        """Return whether the caller has used up its minute, without counting anything."""
        if not self._limit or int(self._now()) // WINDOW_SECONDS != self._window:
            return False
        return self._counts.get(caller, 0) >= self._limit
