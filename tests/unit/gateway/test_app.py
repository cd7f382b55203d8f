"""The gateway as HTTP."""

import json
import logging
from typing import Any

import pytest
from starlette.testclient import TestClient

from signpost.client.backoff import Backoff
from signpost.edge.notices import QUIET_SECONDS, Notice, Notices
from signpost.gateway.app import Gateway
from signpost.gateway.opening import Opening, Station
from signpost.gateway.provider import Provider, publish
from signpost.gateway.settings import GatewaySettings
from tests.unit.gateway.test_provider import GOOD, ISSUER

ENDPOINT = f"{ISSUER}/auth"


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


class Known(Provider):
    """A provider whose document is there already."""

    def start(self) -> None:
        self.published = publish(GOOD, ISSUER, "https://gateway.example")


class Away(Provider):
    """A provider that does not answer."""

    def start(self) -> None:
        self.published = None


def refuse() -> Station:
    raise OSError("no space left on device")


def browser(provider: type[Provider] = Known) -> TestClient:
    settings = GatewaySettings(callbacks={"shop": "https://shop.example/cb?a=b"})
    backoff = Backoff(lambda: 1.0)
    opening = Opening(refuse, backoff)
    made = provider(ISSUER, "https://gateway.example", backoff)
    app = Gateway(settings, made, opening, Notices(Clock())).create_app()
    return TestClient(app, base_url="https://gateway.example", follow_redirects=False)


@pytest.mark.parametrize(("method", "status"), [("GET", 302), ("HEAD", 302), ("POST", 307)])
def test_without_its_data_it_sends_everybody_on(method: str, status: int, caplog: pytest.LogCaptureFixture) -> None:
    with browser() as one:
        reply = one.request(method, "/authorize?client_id=shop&a=%7e")
        ready = one.get("/ready")

    assert (reply.status_code, reply.headers["location"]) == (status, f"{ENDPOINT}?client_id=shop&a=%7e")
    assert reply.headers["referrer-policy"] == "no-referrer"
    assert (ready.status_code, ready.json()["parts"]) == (200, {"provider": "ok", "experiments": "failing"})
    assert "the data can't be opened, sign-ins go on without experiments: no space left" in caplog.text


def test_callbacks_are_handed_on_without_its_data(caplog: pytest.LogCaptureFixture) -> None:
    with browser() as one:
        replies = [one.request(method, "/callback/shop?code=c&state=%7e") for method in ("GET", "HEAD", "POST")]

    assert [reply.status_code for reply in replies] == [302, 302, 307]
    assert {reply.headers["location"] for reply in replies} == {"https://shop.example/cb?a=b&code=c&state=%7e"}


def test_without_the_provider_s_document_nobody_can_be_sent_on() -> None:
    with browser(Away) as one:
        replies = [one.get(path) for path in ("/authorize", "/.well-known/openid-configuration", "/ready", "/health")]

    assert [reply.status_code for reply in replies] == [503, 503, 503, 200]
    assert replies[0].headers["retry-after"] == "5"


def test_both_names_of_the_document_are_there_for_pages_of_any_origin() -> None:
    with browser() as one:
        replies = [one.get(f"/.well-known/{name}") for name in ("openid-configuration", "oauth-authorization-server")]

    assert {json.dumps(reply.json()) for reply in replies} == {
        json.dumps(GOOD | {"authorization_endpoint": "https://gateway.example/authorize"})
    }
    assert replies[0].headers["access-control-allow-origin"] == "*"


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/callback/x"), ("GET", "/oauth/token")])
def test_there_is_nothing_else(method: str, path: str) -> None:
    with browser() as one:
        assert one.request(method, path).status_code == 404


def test_a_notice_that_comes_again_and_again_is_said_now_and_then(caplog: Any) -> None:
    clock = Clock()
    notices = Notices(clock)

    for _ in range(5):
        notices.tell(Notice.CIRCUIT_OPEN, "why")
    notices.tell(Notice.CIRCUIT_OPEN, "another reason")
    clock.seconds += QUIET_SECONDS
    notices.tell(Notice.CIRCUIT_OPEN, "why")

    assert [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING] == [
        "experiment_circuit_open: why",
        "experiment_circuit_open: another reason",
        "experiment_circuit_open: why (4 more since it was last said)",
    ]


def test_its_data_is_opened_as_soon_as_it_can_be() -> None:
    station = Station(None, None, None, None, None, None, None, lambda: None)  # type: ignore[arg-type]
    attempts: list[int] = []

    def open_later() -> Station:
        attempts.append(1)
        return station if len(attempts) > 1 else refuse()

    opening = Opening(open_later, Backoff(lambda: 0.0))

    opening.start()
    while opening.station is None:
        pass

    opening.close()
    assert opening.station is station
