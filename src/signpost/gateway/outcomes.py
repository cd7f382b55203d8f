"""Outcomes: what became of sign-ins that come back to the gateway, as events of the log."""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

import msgspec

from signpost.authlogs.events import make_event, read_event
from signpost.authlogs.moments import Moment, Moments
from signpost.gateway.queries import Query
from signpost.gateway.visits import SESSION_PREFIX, STATE_MIN, name_session
from signpost.middleware.cookies import Device
from signpost.ports.clock import Clock
from signpost.ports.events import SUCCESS_TYPE, Attribution, Event, EventLog, EventSink

FAILURE_TYPE = "f"
ABANDONED_TYPE = "transaction_abandoned"
ERROR_MAX = 100
SECONDS_MAX = 0.5
"""How long a browser that comes back waits for what became of it to be kept."""

_encode = msgspec.json.Encoder().encode

log = logging.getLogger("signpost.gateway")


class Events(EventSink, EventLog, Protocol):
    """Where events are kept, and exposures are found."""


class Outcomes:
    """Notes outcomes of one tenant. Those of sign-ins that were in no experiment are nobody's to compare, and are not kept."""

    def __init__(self, events: Events, clock: Clock, tenant_id: str) -> None:
        self._events = events
        self._moments = Moments(clock)
        self._tenant_id = tenant_id

    async def note(self, client: str, query: Query, device: Device | None, record: "Record") -> None:
        """Keep what a callback tells. Raises nothing, and waits for a moment at most."""
        try:
            async with asyncio.timeout(SECONDS_MAX):
                event = await asyncio.to_thread(self._make_event, client, query, device)
                if event is not None and not await record((event,)):
                    log.warning("an outcome could not be kept")
        except TimeoutError:
            log.warning("an outcome was not kept for too long: the browser goes on")
        except Exception as error:
            log.exception("an outcome can't be noted: %s", type(error).__name__)

    def note_abandoned(self, session_id: str) -> Event | None:
        """Return the event that says that a sign-in did not come back; None where its exposure is not there any more."""
        to = self._events.latest_attribution(self._tenant_id, session_id=session_id, unit=None)
        if to is None:
            return None
        now = self._moments.now()
        body = {
            "type": ABANDONED_TYPE,
            "event_id": f"{session_id}-abandoned",
            "session_id": session_id,
            "unit": to.unit,
        }
        return self._complete(body, now, to)

    def _make_event(self, client: str, query: Query, device: Device | None) -> Event | None:
        error = query.find("error")
        if error is None and query.find("code") is None:
            return None
        found = self._find_exposure(client, query, device)
        if found is None:
            return None
        session_id, to = found
        details = {} if error is None else {"error": error[:ERROR_MAX] if error.isprintable() else "unreadable"}
        body = {
            "type": SUCCESS_TYPE if error is None else FAILURE_TYPE,
            # A page that is loaded again has the same query; another sign-in has another code.
            "event_id": SESSION_PREFIX + hashlib.sha256(client.encode() + b"\0" + query.raw).hexdigest()[:32],
            "session_id": session_id,
            "unit": to.unit,
            "client_id": client,
            **({"details": details} if details else {}),
        }
        return self._complete(body, self._moments.now(), to)

    def _find_exposure(self, client: str, query: Query, device: Device | None) -> tuple[str, Attribution] | None:
        """Return the sign-in that a callback ends, and its exposure.

        A state is believed without the device's cookie, which a form that is posted from elsewhere does not bring, only where it
        is long enough to be one of a kind; and never against the cookie.
        """
        state = query.find("state")
        if device is None and len(state or "") < STATE_MIN:
            return None
        session_id = name_session(client, state or (device.id if device else ""))
        to = self._events.latest_attribution(self._tenant_id, session_id=session_id, unit=None)
        if to is not None and device is not None and to.unit != device.id:
            to = self._events.latest_attribution(self._tenant_id, session_id=None, unit=device.id)
        return None if to is None else (session_id, to)

    def _complete(self, body: Mapping[str, Any], now: Moment, to: Attribution) -> Event:
        return make_event(self._tenant_id, read_event(_encode(body), now), to)


Record = Callable[[tuple[Event, ...]], Awaitable[bool]]
"""Keeps events durably, and says whether they are."""
