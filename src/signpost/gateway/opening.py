"""Opening what experiments need, which may take a while: a database that does not answer keeps nobody from signing in."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread

from signpost.client.backoff import Backoff
from signpost.gateway.abandonment import Abandonments
from signpost.gateway.assigning import Assigning
from signpost.gateway.outcomes import Outcomes
from signpost.middleware.cookies import DeviceCookie
from signpost.middleware.testers import OverrideCookie
from signpost.ports.clock import Clock
from signpost.runtime.recorder import Recorder

SECONDS_MAX = 10.0
PATIENCE_SECONDS = 3.0
"""How long the first browsers wait for what is to be opened."""

log = logging.getLogger("signpost.gateway")


@dataclass(frozen=True, slots=True)
class Station:
    """What a gateway works with when it is open."""

    assigning: Assigning
    outcomes: Outcomes
    abandonments: Abandonments | None
    """None where no sign-in comes back to the gateway."""
    cookie: DeviceCookie
    testers: OverrideCookie
    clock: Clock
    recorder: Recorder
    close: Callable[[], None]


class Opening:
    """Opens a station, again and again on a thread of its own until it can be opened."""

    def __init__(self, open_station: Callable[[], Station], backoff: Backoff) -> None:
        self.station: Station | None = None
        self._open = open_station
        self._backoff = backoff
        self._stop = Event()
        self._tried = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Begin to try, and wait a little for what is opened at once."""
        self._thread = Thread(target=self._run, name="signpost-opening", daemon=True)
        self._thread.start()
        self._tried.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Give back what was opened."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(SECONDS_MAX)
        if self.station is not None:
            if self.station.abandonments is not None:
                self.station.abandonments.close()
            self.station.close()

    def _run(self) -> None:
        while True:
            seconds = self._try()
            self._tried.set()
            if seconds is None or self._stop.wait(seconds):
                return

    def _try(self) -> float | None:
        """Try to open; return how many seconds to wait before the next time, None when it is open."""
        try:
            station = self._open()
        except Exception as error:  # noqa: BLE001 whatever it is, browsers go on to the provider meanwhile
            log.warning("the data can't be opened, sign-ins go on without experiments: %s", error)
            return self._backoff.after_failure()
        if station.abandonments is not None:
            station.abandonments.start()
        self.station = station
        return None
