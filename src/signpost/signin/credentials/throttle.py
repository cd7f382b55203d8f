"""Holding back who guesses. The counts are this process's own: with several, each lets as many guesses pass."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address
from threading import Lock

KEYS_MAX = 50_000
"""Accounts and addresses that are counted at once; with more, the ones that failed longest ago are forgotten."""


@dataclass(frozen=True, slots=True)
class ThrottleLimits:
    """How many failures within `seconds` hold back whom, for `seconds` after the last of them.

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
    first_at: float
    last_at: float


class Throttle:
    """Counts failures, whether or not there is an account of that name. For use by many threads."""

    def __init__(self, now_seconds: Callable[[], float], limits: ThrottleLimits | None = None) -> None:
        self._now = now_seconds
        self._limits = limits or ThrottleLimits()
        self._counts: OrderedDict[tuple[str, ...], _Count] = OrderedDict()
        self._lock = Lock()

    def admit(self, tenant_id: str, account_key: str, address: str | None) -> bool:
        """Return whether an attempt may be made. It counts as failed until `note_success`: many at once are not let past."""
        now = self._now()
        with self._lock:
            keys = self._keys(tenant_id, account_key, address)
            counts = [(key, self._living(key, limit, now)) for key, limit in keys]
            if any(
                count is not None and count.failures >= limit
                for (_, count), (_, limit) in zip(counts, keys, strict=True)
            ):
                return False
            for key, count in counts:
                self._counts[key] = (
                    _Count(1, now, now) if count is None else _Count(count.failures + 1, count.first_at, now)
                )
                self._counts.move_to_end(key)
            while len(self._counts) > KEYS_MAX:
                self._counts.popitem(last=False)
            return True

    def note_success(self, tenant_id: str, account_key: str, address: str | None) -> None:
        """Take back an attempt that was admitted, and forget those before it; what others tried stays counted."""
        with self._lock:
            for key, _ in self._keys(tenant_id, account_key, address):
                count = self._counts.get(key)
                if count is not None:
                    count.failures -= 1
                    if not count.failures:
                        del self._counts[key]
        self.forget(tenant_id, account_key, address)

    def forget(self, tenant_id: str, account_key: str, address: str | None) -> None:
        """Forget the failures of an account from an address: it is its owner's."""
        with self._lock:
            self._counts.pop(_both(tenant_id, account_key, network_of(address)), None)

    def _keys(self, tenant_id: str, account_key: str, address: str | None) -> list[tuple[tuple[str, ...], int]]:
        limits, network = self._limits, network_of(address)
        keys: list[tuple[tuple[str, ...], int]] = [
            (_both(tenant_id, account_key, network), limits.account_and_address),
            ((tenant_id, "account", account_key), limits.account),
        ]
        # Those whose address is not known share nothing: together they would lock each other out.
        return [*keys, ((tenant_id, "address", network), limits.address)] if network else keys

    def _living(self, key: tuple[str, ...], limit: int, now: float) -> _Count | None:
        """Return a count that is not over.

        Below its limit it ends by its first failure: people who share an address mistype now and then for ever, and are
        not to be held back for the sum of it.
        """
        count = self._counts.get(key)
        if count is None:
            return None
        since = count.last_at if count.failures >= limit else count.first_at
        return count if now - since < self._limits.seconds else None


def _both(tenant_id: str, account_key: str, network: str) -> tuple[str, ...]:
    return (tenant_id, "both", account_key, network)


def network_of(address: str | None) -> str:
    """Return what one person has: an IPv4 address, or the 64 bits of an IPv6 one (a whole network is given to each)."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return address or ""
    if not isinstance(parsed, IPv6Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return f"{IPv6Address(int(parsed) >> 64 << 64)}/64"
