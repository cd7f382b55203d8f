"""Exposures and auth events: kept durably, and read back as logs."""

from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from typing import NamedTuple, Protocol

EXPOSURE_TYPE = "experiment_assignment_succeeded"
"""The log type of an exposure."""

LINK_TYPE = "experiment_device_linked"
"""The log type of a link: that an account, its `user_id`, signed in on a device, its unit."""
LINK_UNIT = "details.link.unit"
"""Where a link says what the account stands for."""

SUCCESS_TYPE = "s"
"""The log type of a successful sign-in."""


class Attribution(NamedTuple):
    """The experiment that an event belongs to, as `details.experiment` says it, and since when."""

    experiment_id: str
    variation_id: str
    is_control: bool
    allocation_strategy: str
    segment_id: str | None
    unit: str
    exposed_ms: int
    is_forced: bool


class Event(NamedTuple):
    """One row to keep. `body` is the JSON object that the log shows, complete but for its log id.

    `occurred_ms` is when it happened, for analysis: of an attributed event never before its exposure. `event_id` is the
    sender's own id, None for what the server itself records; the same one twice counts once per tenant, the first one kept.
    `is_exposure` and `attribution` make an exposure what it is; its `unit` and `occurred_ms` are those of its attribution.
    Forced ones are kept and never counted.
    """

    tenant_id: str
    type: str
    occurred_ms: int
    body: bytes
    event_id: str | None = None
    unit: str | None = None
    session_id: str | None = None
    attribution: Attribution | None = None
    is_exposure: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A kept event: its id, which grows in the order of keeping, and its body with that id as `log_id` and `_id`."""

    log_id: str
    body: bytes


SEARCHED_ROWS_MAX = 2_000_000
"""The newest rows of a tenant, about, among which is searched."""
FOUND_MAX = 1_000
"""Entries that a search finds at most, as in Auth0."""


@dataclass(frozen=True, slots=True)
class LogSearch:
    """Which entries are looked for: of this type, and of the user whose id is their `user_id`; None: of any."""

    type: str | None = None
    user_id: str | None = None


class EventSink(Protocol):
    """Keeps events."""

    def append(self, events: Sequence[Event]) -> Future[int]:
        """Queue the events for one durable commit and return at once; the future gives how many were new.

        Until the commit begins the future can be cancelled: then nothing is kept. It fails with `EventsRejectedError` when they could not be kept (queue full, disk full, closed): then none of them was.
        """
        ...

    def close(self) -> None:
        """Commit everything that was accepted, then refuse more."""
        ...


class EventLog(Protocol):
    """Reads kept events of one tenant at a time."""

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        """Return up to `take` entries that follow `log_id` (None: from the first), oldest first.

        Whoever goes on from the last entry received misses nothing and sees nothing twice, even while several processes write.
        What was acknowledged before the call is in reach of it. The id need not be that of an entry of this tenant.

        Raises:
            ValueError: `log_id` is not the text of a log id.
        """
        ...

    def id_before(self, kept_ms: int) -> str:
        """Return the id to go on from to read everything that was kept at a moment, in milliseconds since 1970, or later."""
        ...

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the page (counting from 0) of a tenant's entries in the order of their ids."""
        ...

    def search(self, tenant_id: str, search: LogSearch, most: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the entries that are looked for, up to so many of them, in the order of their ids.

        Nothing but the newest `SEARCHED_ROWS_MAX` rows of the tenant are sure to be looked at.
        """
        ...

    def count(self, tenant_id: str) -> int:
        """Return how many entries the tenant has."""
        ...

    def get(self, tenant_id: str, log_id: str) -> LogEntry | None:
        """Return the entry; None when the tenant has none of this id, or the text is no id."""
        ...

    def latest_attribution(
        self, tenant_id: str, *, session_id: str | None, unit: str | None, before_ms: int | None = None
    ) -> Attribution | None:
        """Return the exposure of the session that was kept last, or else of the unit, forced or not.

        With `before_ms` the last of those that occurred at that moment or before.
        """
        ...


class EventsRejectedError(Exception):
    """Events could not be kept; none of the batch was."""


class EventsDamagedError(Exception):
    """A file of kept events can't be read as what it should be; nothing was left out silently."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(f"{path} is damaged: {reason}")
        self.path = path
        self.reason = reason
