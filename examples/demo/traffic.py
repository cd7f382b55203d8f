"""The login server's part: ask what to show, show it, report what came of it."""

import http.client
from collections.abc import Iterator
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from typing import Any

from examples.demo.api import Api
from examples.demo.people import Person

THREADS = 16


@dataclass
class Ledger:
    """What the server has acknowledged, as the client remembers it."""

    shown: dict[str, str] = field(default_factory=dict)
    """Device → name of the variation it was told to show."""
    outcomes: dict[str, bool] = field(default_factory=dict)
    """Device → whether it got in, as was reported."""


def name_event(device: str) -> str:
    """Return the id of a device's outcome: always the same one, so that an event that is sent again counts once."""
    return f"outcome-{device}"


class Traffic:
    """Signs people in from several threads. A request that was cut off is sent again: that is harmless, and counted once."""

    def __init__(self, people: Iterator[Person], port: int, token: str) -> None:
        self.ledger = Ledger()
        self.resent = 0
        self.server_is_up = Event()
        self.server_is_up.set()
        self._people = people
        self._turn = Lock()
        self._failure: RuntimeError | None = None
        self._port, self._token = port, token
        self._threads = [Thread(target=self._work, daemon=True) for _ in range(THREADS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def wait(self, seconds: float) -> bool:
        """Wait a while, and return whether everybody has been served.

        Raises:
            RuntimeError: the server refused something.
        """
        self._threads[0].join(seconds)
        if self._failure is not None:
            raise self._failure
        return not any(thread.is_alive() for thread in self._threads)

    def _work(self) -> None:
        api = Api(self._port, self._token)
        try:
            while (person := self._next_person()) is not None:
                self._sign_in(api, person)
        except RuntimeError as error:
            self._failure = error

    def _next_person(self) -> Person | None:
        with self._turn:
            return next(self._people, None)

    def _sign_in(self, api: Api, person: Person) -> None:
        device = {"session_id": person.session, "ip": person.ip, "user_agent": person.user_agent}
        decision = self._send(api, "/runtime/v1/decisions", {"flow": "authentication", "unit": person.device, **device})
        if decision["experiment"] is None:
            raise RuntimeError(f"{person.device} is not in the experiment: {decision['reason']}")
        variation = decision["experiment"]["variation_name"]
        self.ledger.shown[person.device] = variation

        is_success = person.succeeds_with(variation)
        event = {
            "event_id": name_event(person.device),
            "type": "s" if is_success else "fp",
            "connection": "users",
            "assignment_token": decision["assignment_token"],
            **device,
        }
        self._send(api, "/runtime/v1/events", event)
        self.ledger.outcomes[person.device] = is_success

    def _send(self, api: Api, path: str, body: Any) -> Any:
        while True:
            try:
                return api.call("POST", path, body)
            except (OSError, http.client.HTTPException):
                self.resent += 1
                self.server_is_up.wait()
