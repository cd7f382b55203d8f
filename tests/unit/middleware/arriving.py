"""Requests that no server has taken, and settings for them."""

from dataclasses import dataclass
from typing import Any

from signpost import Client, Decision
from signpost.middleware import Experiment, Journeys, Settings
from signpost.middleware.cookies import DeviceCookie
from signpost.middleware.journeys import Journey
from tests.unit.client.conftest import configuration, halves

KEY = "k" * 32
TITLES = {"Sign in": "variation-1", "Welcome back": "variation-2"}
"""What the page says, and of which variation that is."""


@dataclass
class Request:
    """A request as its door presents it."""

    path: str = "/login"
    cookies: str = ""
    query: str = ""
    method: str = "GET"
    user_agent: str | None = None
    address: str | None = None

    @property
    def source(self) -> "Request":
        return self


class Clock:
    """Unix seconds that go on when they are told to."""

    def __init__(self, seconds: float = 1_790_000_000.0) -> None:
        self.seconds = seconds

    def __call__(self) -> float:
        return self.seconds


def settings(client: Client | None = None, **changes: Any) -> Settings:
    """Return settings under which `/login` has an experiment."""
    values: dict[str, Any] = {"client": client, "cookie_keys": [KEY], "flows": {"/login": "authentication"}}
    return Settings(**values | changes)


def client(kept: list[Decision] | None = None) -> Client:
    """Return a client that halves the flow `authentication`."""
    return Client.from_configuration(configuration(halves()), [] if kept is None else kept)


def begin(request: Request | None = None, **changes: Any) -> tuple[Journey, Experiment]:
    """Return a request's journey, and what its view sees."""
    journey = Journeys(settings(**{"client": client()} | changes)).begin(request or Request())
    return journey, Experiment(journey)


def known(key: str = KEY) -> tuple[str, str]:
    """Return the id of a device that was here before, and its `Cookie` header."""
    cookie = DeviceCookie([key])
    device = cookie.make()
    written = cookie.write(device)
    return device.id, f"{written.name}={written.value}"
