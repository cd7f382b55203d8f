"""Sign-ins that come back to the gateway: how they ended is in the log, and in the results."""

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import Server, StartServer
from tests.e2e.keycloak import PASSWORD, USER, Keycloak
from tests.e2e.sign_ins import Browser, Gateway, Shop, read_log, serving, start_experiment

DISCOVERY = "/.well-known/openid-configuration"


def find_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


class Place:
    """A server with an experiment, a gateway with a callback, a provider that knows it, and a shop."""

    def __init__(self, server: Server, keycloak: Keycloak, folder: Path) -> None:
        self.server = server
        self.client = server.client()
        self.keycloak = keycloak
        self.experiment = start_experiment(server)
        self.shop_port = find_port()
        self.shop = f"http://127.0.0.1:{self.shop_port}"
        self.mapping = folder / "gateway.toml"
        self.write_mapping()
        options = ("--mapping", str(self.mapping))
        self.gateway = Gateway(server.data, keycloak.issuer, options, environment=server.environment()).start()
        self.callback = f"{self.gateway.url}/callback/shop"
        keycloak.redirect_uris.add(self.callback)

    def write_mapping(self, first: str = "") -> None:
        self.mapping.write_text(f'{first}\n[callbacks]\nshop = "{self.shop}/callback"\n')

    def restart(self) -> None:
        self.gateway.end(signal.SIGKILL)
        self.gateway.start()

    def results(self) -> Any:
        return json.loads(self.server.run("results", self.experiment, "--json").stdout)

    def types_of(self, browser: Browser) -> list[str]:
        unit = next(cookie.value for cookie in browser.http.cookies.jar if cookie.name == "signpost_device")
        return [entry["type"] for entry in read_log(self.client) if unit_of(entry) == (unit or "").split(".")[1]]


def post_from_elsewhere(page: httpx2.Response) -> httpx2.Response:
    """Post what a page posts by itself; a browser sends no `SameSite=Lax` cookie with that."""
    browser = Browser()
    browser.http.follow_redirects = False
    reply = browser.submit(page)
    browser.close()
    return reply


def unit_of(entry: dict[str, Any]) -> str:
    found = entry.get("unit") or entry["details"].get("assignment", {}).get("unit")
    return str(found)


@pytest.fixture(scope="module")
def place(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    keycloak = Keycloak()
    with serving(keycloak.app) as host:
        keycloak.host = host
        place = Place(start_server(), keycloak, tmp_path_factory.mktemp("gateway"))
        with Shop(f"{place.gateway.url}{DISCOVERY}", place.callback).serving(place.shop_port):
            yield place
        place.gateway.end()
        place.client.close()


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


def test_a_sign_in_that_comes_back_is_a_success_and_the_code_is_good_at_the_provider(
    place: Place, browser: Browser
) -> None:
    said = browser.sign_in(place.shop)

    assert said == f"signed in: {USER}"
    assert place.types_of(browser) == ["experiment_assignment_succeeded", "s"]
    success = read_log(place.client)[-1]
    assert success["details"]["experiment"]["experiment_id"] == place.experiment
    assert "code" not in json.dumps(success)


def test_a_refusal_is_a_failure_and_reaches_the_client(place: Place, browser: Browser) -> None:
    said = browser.submit(browser.open(f"{place.shop}/login"), cancel="1").text

    assert said == "not signed in: access_denied"
    assert place.types_of(browser) == ["experiment_assignment_succeeded", "f"]
    assert read_log(place.client)[-1]["details"]["error"] == "access_denied"


def test_a_page_that_is_loaded_again_counts_once(place: Place, browser: Browser) -> None:
    page = browser.submit(browser.open(f"{place.shop}/login"), username=USER, password=PASSWORD)
    came_back = next(str(reply.url) for reply in page.history if str(reply.url).startswith(place.callback))

    browser.http.get(came_back, follow_redirects=False)

    assert place.types_of(browser) == ["experiment_assignment_succeeded", "s"]


def test_what_nobody_was_sent_out_for_is_not_counted(place: Place, browser: Browser) -> None:
    browser.sign_in(place.shop)
    before = len(read_log(place.client))

    for query in ("code=x&state=guessed-by-somebody", "code=x", "", "state=only", "error=login_required&state=y"):
        reply = browser.http.get(f"{place.callback}?{query}", follow_redirects=False)
        assert reply.headers["location"] == f"{place.shop}/callback" + (f"?{query}" if query else "")

    assert len(read_log(place.client)) == before


def test_a_silent_renewal_is_no_sign_in(place: Place, browser: Browser) -> None:
    browser.sign_in(place.shop)
    before = len(read_log(place.client))

    said = browser.open(f"{place.shop}/login?prompt=none").text

    assert said == "not signed in: login_required"
    assert len(read_log(place.client)) == before


def test_only_callbacks_that_were_named_are_there(place: Place) -> None:
    for path in ("/callback/other", "/callback/", "/callback/shop/x", "/callback/https:%2f%2fevil.example"):
        assert httpx2.get(f"{place.gateway.url}{path}?code=1").status_code == 404


def test_a_callback_that_is_posted_is_handed_on_as_it_is(place: Place) -> None:
    reply = httpx2.post(f"{place.callback}?a=%7e", data={"code": "c", "state": "s"}, follow_redirects=False)

    assert (reply.status_code, reply.headers["location"]) == (307, f"{place.shop}/callback?a=%7e")


def test_a_form_that_is_posted_back_is_a_success_without_a_cookie(place: Place, browser: Browser) -> None:
    page = browser.open(f"{place.shop}/login?response_mode=form_post")
    page = browser.submit(page, username=USER, password=PASSWORD)

    replies = [post_from_elsewhere(page) for _ in range(2)]

    assert [(reply.status_code, reply.headers["location"]) for reply in replies] == [
        (307, f"{place.shop}/callback")
    ] * 2
    assert place.types_of(browser) == ["experiment_assignment_succeeded", "s"]


def test_who_does_not_come_back_has_left_even_when_the_gateway_was_killed(place: Place, browser: Browser) -> None:
    browser.open(f"{place.shop}/login")
    place.write_mapping("abandoned_seconds = 1")
    place.restart()

    while "transaction_abandoned" not in place.types_of(browser):
        time.sleep(0.2)  # nobody else is told

    place.write_mapping()
    place.restart()
    entry = next(e for e in reversed(read_log(place.client)) if e["type"] == "transaction_abandoned")
    assert entry["details"]["experiment"]["experiment_id"] == place.experiment
    assert place.types_of(browser) == ["experiment_assignment_succeeded", "transaction_abandoned"]


def test_the_results_fill_up(place: Place, browser: Browser) -> None:
    browser.sign_in(place.shop)

    found = place.results()

    entries = read_log(place.client)
    success = next(metric for metric in found["metrics"] if metric["name"] == "sign_in_success")
    assert sum(variation["units"] for variation in found["variations"]) == len({unit_of(entry) for entry in entries})
    signed_in = {unit_of(entry) for entry in entries if entry["type"] == "s"}
    assert sum(arm["total"] for arm in success["variations"]) == len(signed_in) > 0
