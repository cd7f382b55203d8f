"""Abandonment: sign-ins that went on to the provider and did not come back, found by following the log.

Nothing of it is in memory only. Whoever is started anew reads a little back, and what several processes find at once counts
once, because it has one id.
"""

import logging
from threading import Event as Signal
from threading import Thread
from typing import Any

import msgspec

from signpost.authlogs.moments import moment_of
from signpost.events.logids import first_id_at, format_log_id, kept_ms_of, parse_log_id
from signpost.gateway.outcomes import ABANDONED_TYPE, FAILURE_TYPE, Events, Outcomes
from signpost.gateway.visits import SESSION_PREFIX
from signpost.ports.clock import Clock
from signpost.ports.events import EXPOSURE_TYPE, SUCCESS_TYPE, EventsRejectedError

TAKE = 1_000
LOOK_SECONDS = 30.0
SECONDS_MAX = 30.0
AWAY_SECONDS_MAX = 3_600
"""How long all gateways may be away, and none that left in the meantime is forgotten."""
OPEN_MAX = 200_000
"""Sign-ins under way that are remembered; those that come then are not looked after."""

_ENDS = frozenset({SUCCESS_TYPE, FAILURE_TYPE, ABANDONED_TYPE})
_MARK = f'"session_id":"{SESSION_PREFIX}'.encode()
_decode: Any = msgspec.json.Decoder(dict[str, Any]).decode

log = logging.getLogger("signpost.gateway")


class Abandonments:
    """Follows one tenant's log."""

    def __init__(self, events: Events, outcomes: Outcomes, clock: Clock, tenant_id: str, after_seconds: int) -> None:
        self._events = events
        self._outcomes = outcomes
        self._clock = clock
        self._tenant_id = tenant_id
        self._after_ms = after_seconds * 1_000
        self._at: str | None = None
        self._open: dict[str, int] = {}
        self._stop = Signal()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Look every now and then, on a thread of its own."""
        self._thread = Thread(target=self._run, name="signpost-abandonment", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(SECONDS_MAX)

    def look(self) -> int:
        """Read on, keep an event for each sign-in that is out for too long, and return how many there were.

        Raises:
            EventsRejectedError: they can't be kept now; the next look tries again.
        """
        now_ms = moment_of(self._clock.now()).epoch_ms
        self._follow(now_ms)
        late = [session_id for session_id, since_ms in self._open.items() if now_ms - since_ms >= self._after_ms]
        found = [event for session_id in late if (event := self._outcomes.note_abandoned(session_id)) is not None]
        if found:
            self._events.append(found).result(SECONDS_MAX)
        for session_id in late:
            del self._open[session_id]
        return len(found)

    def _follow(self, now_ms: int) -> None:
        if self._at is None:
            self._at = format_log_id(first_id_at(max(now_ms - self._after_ms - AWAY_SECONDS_MAX * 1_000, 0)))
        while entries := self._events.after(self._tenant_id, self._at, TAKE):
            for entry in entries:
                if _MARK in entry.body:
                    self._take(_decode(entry.body), entry.log_id)
            self._at = entries[-1].log_id

    def _take(self, body: dict[str, Any], log_id: str) -> None:
        session_id = body["session_id"]
        if body["type"] == EXPOSURE_TYPE and len(self._open) < OPEN_MAX:
            self._open.setdefault(session_id, kept_ms_of(parse_log_id(log_id)))
        elif body["type"] in _ENDS:
            self._open.pop(session_id, None)

    def _run(self) -> None:
        seconds = min(LOOK_SECONDS, self._after_ms / 4_000)
        while not self._stop.wait(seconds):
            try:
                self.look()
            except (EventsRejectedError, TimeoutError) as error:
                log.warning("abandoned sign-ins wait: %s", error)
            except Exception:  # the edge of this thread, which must go on
                log.exception("abandoned sign-ins can't be found")
