"""Holding back who guesses. The counts are this process's own: with several, each lets as many guesses pass."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock

KEYS_MAX = 50_000
"""Accounts and addresses that are counted at once; with more, the ones that failed longest ago are forgotten."""


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """How many failures hold back whom, each counted until `seconds` after the last.

    From one address an account can be tried ten times, as in Auth0's brute-force protection. An account that is tried
    from many addresses is held back later, so that nobody can lock out somebody else cheaply; an address that tries many
    accounts later still, because many people may share it.
    """

    account_and_address: int = 10
    account: int = 100
    address: int = 200
    seconds: int = 900


@dataclass(slots=True)
class _Count:
    failures: int
    last_at: float


class Throttle:
    """Counts failures, whether or not there is an account of that name. For use by many threads."""

    def __init__(self, now_seconds: Callable[[], float], limits: ThrottleLimits | None = None) -> None:
        self._now = now_seconds
        self._limits = limits or ThrottleLimits()
        self._counts: OrderedDict[tuple[str, ...], _Count] = OrderedDict()
        self._lock = Lock()

    def is_blocked(self, tenant_id: str, account_key: str, address: str | None) -> float | None:
        """Return how many seconds an attempt has to wait, None if it may be made."""
        now = self._now()
        with self._lock:
            waits = [
                self._limits.seconds - (now - count.last_at)
                for key, limit in self._keys(tenant_id, account_key, address)
                if (count := self._living(key, now)) is not None and count.failures >= limit
            ]
        return max(waits, default=None)

    def note_failure(self, tenant_id: str, account_key: str, address: str | None) -> None:
        """Count an attempt that failed."""
        now = self._now()
        with self._lock:
            for key, _ in self._keys(tenant_id, account_key, address):
                count = self._living(key, now)
                self._counts[key] = _Count(count.failures + 1 if count is not None else 1, now)
                self._counts.move_to_end(key)
            while len(self._counts) > KEYS_MAX:
                self._counts.popitem(last=False)

    def note_success(self, tenant_id: str, account_key: str, address: str | None) -> None:
        """Forget the failures of an account from an address: it is its owner's. What others tried stays counted."""
        with self._lock:
            self._counts.pop((tenant_id, "both", account_key, address or ""), None)

    def _keys(self, tenant_id: str, account_key: str, address: str | None) -> list[tuple[tuple[str, ...], int]]:
        limits = self._limits
        return [
            ((tenant_id, "both", account_key, address or ""), limits.account_and_address),
            ((tenant_id, "account", account_key), limits.account),
            ((tenant_id, "address", address or ""), limits.address),
        ]

    def _living(self, key: tuple[str, ...], now: float) -> _Count | None:
        count = self._counts.get(key)
        return count if count is not None and now - count.last_at < self._limits.seconds else None
