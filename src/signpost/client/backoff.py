"""How long to wait before the next attempt."""

from collections.abc import Callable

FIRST_SECONDS = 0.5
LONGEST_SECONDS = 30.0

Jitter = Callable[[], float]
"""Returns a number from 0 to 1."""


class Backoff:
    """Doubles the wait with each failure, and spreads the attempts of many processes over it."""

    def __init__(self, jitter: Jitter) -> None:
        self._jitter = jitter
        self._failures = 0

    def after_failure(self, retry_after: float | None = None) -> float:
        """Return the seconds to wait now; never less than the server has asked for."""
        longest: float = min(FIRST_SECONDS * 2 ** min(self._failures, 16), LONGEST_SECONDS)
        self._failures += 1
        return max(longest * (0.5 + self._jitter() / 2), retry_after or 0.0)

    def reset(self) -> None:
        """Forget the failures."""
        self._failures = 0
