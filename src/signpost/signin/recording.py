"""Keeping what happens at sign-in. Nobody waits long for it, and nobody at all while it fails."""

import logging
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from datetime import datetime

from signpost.edge.notices import Notice, Notices
from signpost.ports.accounts import Links
from signpost.ports.events import Event, EventSink, EventsRejectedError
from signpost.ports.store import StoreUnavailableError
from signpost.usecases.links import link_device

SECONDS_MAX = 0.25
"""How long a sign-in waits for its exposure to be durable."""
OPEN_SECONDS = 5.0
"""How long nobody is put into an experiment after an exposure could not be kept."""

log = logging.getLogger("signpost.signin")


class Recording:
    """Keeps events of sign-ins; for use by many threads."""

    def __init__(self, sink: EventSink, notices: Notices, monotonic: Callable[[], float]) -> None:
        self._sink = sink
        self._notices = notices
        self._monotonic = monotonic
        self._closed_at = float("-inf")

    @property
    def can_expose(self) -> bool:
        """Whether exposures are kept, as far as is known: if not, nobody is to be put into an experiment."""
        return self._monotonic() >= self._closed_at

    def expose(self, exposure: Event) -> bool:
        """Return whether an exposure is durable, after a moment at most."""
        done = self._sink.append([exposure])
        try:
            done.result(SECONDS_MAX)
        except (EventsRejectedError, FutureTimeoutError) as error:
            done.cancel()
            self._closed_at = self._monotonic() + OPEN_SECONDS
            self._notices.tell(Notice.CIRCUIT_OPEN, f"the exposure could not be kept: {type(error).__name__}")
            return False
        return True

    def note(self, events: Sequence[Event]) -> None:
        """Keep what happened, and wait for nothing: the sign-in goes on whether or not there is room for its log."""
        if events:
            self._sink.append(events).add_done_callback(self._look)

    def link(self, links: Links, tenant_id: str, device_id: str, account_id: str, at: datetime) -> None:
        """Link an account to the device that it has signed in on; the link's event goes to the log."""
        try:
            link_device(links, self._sink, tenant_id, device_id, account_id, at).logged.add_done_callback(self._look)
        except StoreUnavailableError:
            self._notices.tell(Notice.NOT_LOGGED, "an account could not be linked to its device")

    def _look(self, done: "Future[int]") -> None:
        if not done.cancelled() and (error := done.exception()) is not None:
            self._notices.tell(Notice.NOT_LOGGED, f"events of sign-ins could not be kept: {type(error).__name__}")
