"""Sign-ins that nobody finishes: when their time is over they are ended, and logged."""

import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from threading import Event as Signal
from threading import Thread

from signpost.ports.accounts import AccountStore
from signpost.ports.clock import Clock
from signpost.ports.events import Event
from signpost.ports.store import StoreUnavailableError
from signpost.signin.assignments import read_assignments
from signpost.signin.journeys.steps import FLOWS
from signpost.signin.recording import Recording
from signpost.signin.records import Step, record_of
from signpost.usecases.catalog import TenantState

LOOK_SECONDS = 10.0
CLEAN_LOOKS = 360
"""After so many looks, what else has expired is removed: every hour."""
TAKE = 500
JOIN_SECONDS = 5.0

log = logging.getLogger("signpost.signin")


class Abandonments:
    """Ends sign-ins whose time is over. Of several processes that look, each sign-in is one's."""

    def __init__(
        self, accounts: AccountStore, states: Callable[[], Sequence[TenantState]], recording: Recording, clock: Clock
    ) -> None:
        self._accounts = accounts
        self._states = states
        self._recording = recording
        self._clock = clock
        self._stop = Signal()
        self._thread = Thread(target=self._run, name="signpost-abandonment", daemon=True)

    def start(self) -> None:
        """Look every now and then, on a thread of its own."""
        self._thread.start()

    def close(self) -> None:
        """Look no more."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(JOIN_SECONDS)

    def look(self) -> int:
        """End what is over, and return how many there were."""
        ended = [event for state in self._states() for event in self._end(state)]
        self._recording.note(ended)
        return len(ended)

    def _end(self, state: TenantState) -> list[Event]:
        events = []
        for journey in self._accounts.of(state.tenant.id).journeys.take_expired(TAKE):
            assigned = read_assignments(journey.assignment)
            found = assigned.get(FLOWS[journey.step]) or next((each for each in assigned.values() if each), None)
            events.append(
                record_of(
                    Step.ABANDONED,
                    self._clock.now(),
                    state.tenant.id,
                    unit=journey.device_id,
                    journey=journey,
                    client=state.clients.get(journey.client_id),
                    to=found.attribution if found is not None else None,
                    details={
                        "screen": journey.step,
                        "retries": journey.facts.get("retries", 0),
                        "after_ms": (journey.expires_at - journey.started_at) // timedelta(milliseconds=1),
                    },
                )
            )
        return events

    def _run(self) -> None:
        looks = 0
        while not self._stop.wait(LOOK_SECONDS):
            looks += 1
            try:
                self.look()
                if looks % CLEAN_LOOKS == 0:
                    self._accounts.clean()
            except StoreUnavailableError as error:
                log.warning("abandoned sign-ins wait: %s", error)
            except Exception:  # the edge of this thread, which must go on
                log.exception("abandoned sign-ins can't be found")
