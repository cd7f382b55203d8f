"""Experiments on the hosted pages: what is decided is shown and logged, and the results fill up."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx2
import jwt
import pytest

from tests.e2e.hosted.visitor import PASSWORD, Visitor

BASE = "/api/v2/experimentation"


@pytest.fixture(scope="module")
def api(somebody: Visitor) -> Iterator[httpx2.Client]:
    with somebody.server.client() as client:
        yield client


@pytest.fixture(scope="module")
def experiment(api: httpx2.Client) -> dict[str, Any]:
    """An experiment on the first page, running."""
    flag = next(f for f in api.get(f"{BASE}/feature-flags").json()["feature_flags"] if f["type"] == "auth0")
    there = api.get(f"{BASE}/feature-flags/{flag['id']}/variations").json()["variations"]
    ids = {variation["name"]: variation["id"] for variation in there}
    allocations = [
        {"variation_id": ids["As they are"], "is_control": True, "weight": 50},
        {"variation_id": ids["On one page"], "is_control": False, "weight": 50},
    ]
    asked = {
        "name": "Fewer pages",
        "feature_flag_id": flag["id"],
        "authentication_flow": "authentication",
        "allocations": allocations,
    }
    made: dict[str, Any] = api.post(f"{BASE}/experiments", json=asked).json()
    assert api.patch(f"{BASE}/experiments/{made['id']}", json={"status": "active"}).status_code == 200
    return made | {"control": ids["As they are"], "treatment": ids["On one page"]}


def begin_until(visitor: Visitor, screen: str) -> None:
    """Be another browser until a sign-in begins with this screen."""
    for _ in range(200):
        visitor.forget()
        if visitor.begin() == screen:
            return
    raise AssertionError(f"200 browsers, and none began with {screen}")


def logs_of(api: httpx2.Client, session_id: str) -> list[dict[str, Any]]:
    logs: list[dict[str, Any]] = api.get("/api/v2/logs", params={"per_page": 100, "sort": "date:-1"}).json()
    return [log for log in reversed(logs) if log.get("session_id") == session_id]


def test_each_variation_is_shown_logged_and_counted(
    visitor: Visitor, api: httpx2.Client, experiment: dict[str, Any]
) -> None:
    visitor.sign_up("hal@example.com")
    sessions, tokens = {}, {}
    for screen, variation in (("identifier", experiment["control"]), ("login", experiment["treatment"])):
        begin_until(visitor, screen)
        if screen == "identifier":
            visitor.send(identifier="hal@example.com")
            end = visitor.send(password=PASSWORD)
        else:
            end = visitor.send(identifier="hal@example.com", password=PASSWORD)
        assert visitor.skip_to_the_end(end) == "application"
        tokens[variation] = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})
        newest = api.get("/api/v2/logs", params={"per_page": 1, "sort": "date:-1"}).json()[0]
        sessions[variation] = logs_of(api, newest["session_id"])

    for variation, logs in sessions.items():
        said = [log["details"]["experiment"]["variation_id"] for log in logs]
        assert set(said) == {variation}
        assert [log["type"] for log in logs][:4] == [
            "experiment_assignment_succeeded",
            "transaction_started",
            "transaction_screen",
            "experiment_variation_delivered",
        ]
        assert logs[-1]["type"] == "s"
        assert logs[-1]["details"]["method"] == "password"
        assert logs[-1]["details"]["duration_ms"] > 0
        assert len({log["unit"] for log in logs[1:]}) == 1
        claim = tokens[variation]["https://signpost.localhost/experiment"]
        assert (claim["experiment_id"], claim["variation_id"]) == (experiment["id"], variation)

    results = api.get(f"{BASE}/experiments/{experiment['id']}/results").json()
    text = json.dumps(results)
    assert experiment["control"] in text
    assert experiment["treatment"] in text
    shown = visitor.server.run("results", experiment["id"]).stdout
    assert re.search(r"\d+ units", shown)


def test_a_testers_link_shows_one_variation_which_is_not_counted(
    visitor: Visitor, api: httpx2.Client, experiment: dict[str, Any]
) -> None:
    words = ["override", experiment["id"], "--reason", "look at it", "--url", f"{visitor.url}/u/override"]
    links = {
        screen: visitor.server.run(*words, "--variation", variation).stdout.strip()
        for screen, variation in (("login", "On one page"), ("identifier", "As they are"))
    }
    seen, said = {}, set[str]()
    for screen, link in links.items():
        visitor.tab.open(link)
        said.add(visitor.text("h1"))
        seen[screen] = {visitor.begin() for _ in range(3)}
    newest = api.get("/api/v2/logs", params={"per_page": 1, "sort": "date:-1"}).json()[0]
    visitor.tab.open(f"{visitor.url}/u/override")

    assert seen == {"login": {"login"}, "identifier": {"identifier"}}
    assert said == {"For testers"}
    assert newest["details"]["experiment"]["is_forced"] is True


def test_a_template_of_ones_own_knows_the_experiment_and_gives_way_when_it_fails(
    visitor: Visitor, api: httpx2.Client, experiment: dict[str, Any]
) -> None:
    template = (
        '<!doctype html><html lang="{{ screen.locale }}"><head>{{ head }}</head><body class="screen-{{ screen.name }}">'
        "<main><p class=arm>{{ experiment.variation_name }}</p>{{ form }}</main></body></html>"
    )
    path = "/api/v2/branding/templates/universal-login"
    kept = api.put(path, json={"template": template})
    begin_until(visitor, "login")
    told = visitor.text(".arm")
    refused = api.put(path, json={"template": template.replace("{{ form }}", "{{ form }}{{ 1 / 0 }}")})
    removed = api.delete(path)
    visitor.begin(prompt="login")

    assert (kept.status_code, refused.status_code, removed.status_code) == (204, 400, 204)
    assert told == "On one page"
    assert visitor.tab.run("document.querySelector('.arm')") is None


def test_a_page_of_ones_own_is_told_what_to_show(visitor: Visitor, experiment: dict[str, Any]) -> None:
    begin_until(visitor, "login")

    state = str(visitor.tab.run("new URLSearchParams(location.search).get('state')"))
    cookies = visitor.tab.call("Network.getCookies", urls=[visitor.url])["cookies"]
    header = "; ".join(f"{cookie['name']}={cookie['value']}" for cookie in cookies)
    address = f"{visitor.server.url}/u/context"
    told = httpx2.get(address, params={"state": state}, headers={"Cookie": header}).json()
    stranger = httpx2.get(address, params={"state": state})

    assert told["screen"] == "login"
    assert told["fields"] == ["identifier", "password"]
    assert told["parameters"]["layout"] == "combined"
    assert told["experiment"]["config"]["layout"] == "combined"
    assert told["experiment"]["variation_id"] == experiment["treatment"]
    assert stranger.status_code == 400


def test_an_account_is_linked_to_the_device_it_first_signs_in_on_and_keeps_what_it_saw(
    visitor: Visitor, api: httpx2.Client, experiment: dict[str, Any]
) -> None:
    assert api.patch(f"{BASE}/experiments/{experiment['id']}", json={"status": "completed"}).status_code == 200
    asked = {
        "name": "The first touch",
        "feature_flag_id": experiment["feature_flag_id"],
        "authentication_flow": "authentication",
        "assignment_config": {"subject": "first_touch"},
        "allocations": [
            {"variation_id": experiment["control"], "is_control": True, "weight": 50},
            {"variation_id": experiment["treatment"], "is_control": False, "weight": 50},
        ],
    }
    made = api.post(f"{BASE}/experiments", json=asked).json()
    assert api.patch(f"{BASE}/experiments/{made['id']}", json={"status": "active"}).status_code == 200
    begin_until(visitor, "login")
    visitor.click("a[href*=signup]")
    assert visitor.skip_to_the_end(visitor.send(email="ida@example.com", password=PASSWORD)) == "application"
    links = logs_of_type(api, "experiment_device_linked")

    begin_until(visitor, "identifier")  # another device, in the other arm
    visitor.send(identifier="ida@example.com")
    assert visitor.skip_to_the_end(visitor.send(password=PASSWORD)) == "application"
    after = visitor.begin(prompt="login")
    linked = logs_of_type(api, "experiment_device_linked")

    assert after == "login", "the second device shows what the account saw first"
    assert len(linked) == len(links) + 1
    assert linked[0]["details"]["link"]["unit"] == links[0]["details"]["link"]["device_id"]
    assert linked[0]["user_id"] == links[0]["user_id"]


def logs_of_type(api: httpx2.Client, kind: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api.get("/api/v2/logs", params={"q": f"type:{kind}", "sort": "date:-1"}).json()
    return found
