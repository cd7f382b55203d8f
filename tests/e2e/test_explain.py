"""`signpost explain` over what a real server has decided and recorded."""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import Server, StartServer

EXPERIMENTS = "/api/v2/experimentation/experiments"
FLAGS = "/api/v2/experimentation/feature-flags"
SEGMENTS = "/api/v2/experimentation/segments"
WEIGHTS = ((50, 50), (90, 10), (20, 80))
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


@pytest.fixture(scope="module")
def server(start_server: StartServer) -> Server:
    """A server of this module's own."""
    return start_server()


@pytest.fixture(scope="module")
def api(server: Server) -> Iterator[httpx2.Client]:
    with server.client() as client:
        yield client


def ask(api: httpx2.Client, method: str, path: str, body: Any) -> Any:
    reply = api.request(method, path, json=body)
    assert reply.status_code < 300, reply.text
    return reply.json()


def make_flag(api: httpx2.Client, name: str) -> tuple[str, str, str]:
    """Return the ids of an active flag and its two variations."""
    flag = ask(api, "POST", FLAGS, {"name": name, "parameters": {"title": {"type": "string", "value": "Sign in"}}})[
        "id"
    ]
    control = ask(api, "POST", f"{FLAGS}/{flag}/variations", {"name": "As it is", "overrides": {}})["id"]
    welcome = {"name": "Welcome", "overrides": {"title": {"value": "Welcome"}}}
    treatment = ask(api, "POST", f"{FLAGS}/{flag}/variations", welcome)["id"]
    ask(api, "PATCH", f"{FLAGS}/{flag}", {"status": "active"})
    return flag, control, treatment


def weigh(variations: Sequence[str], weights: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {"variation_id": variation, "is_control": variation == variations[0], "weight": weight}
        for variation, weight in zip(variations, weights, strict=True)
    ]


def run(server: Server, *words: str, code: int = 0) -> str:
    done = server.run("explain", *words, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    return done.stdout


def explain(server: Server, *words: str, code: int = 0) -> Any:
    return json.loads(run(server, *words, "--json", code=code))


def newest_log_id(api: httpx2.Client) -> str:
    (entry,) = api.get("/api/v2/logs?per_page=1").json()
    return str(entry["log_id"])


def find_exposures(api: httpx2.Client, unit: str) -> list[str]:
    """Return the log ids of a unit's exposures, oldest first."""
    entries = [entry for page in (1, 0) for entry in api.get(f"/api/v2/logs?per_page=100&page={page}").json()[::-1]]
    return [str(entry["log_id"]) for entry in entries if entry["details"]["assignment"]["unit"] == unit]


def tamper(server: Server, log_id: str, old: str, new: str) -> None:
    """Change the body of a log entry behind the server's back."""
    for path in (server.data / "events").glob("writer-*.sqlite"):
        with sqlite3.connect(path) as events:
            events.execute(
                "UPDATE events SET body = CAST(REPLACE(CAST(body AS TEXT), ?, ?) AS BLOB) WHERE id = ?",
                (old, new, int(log_id)),
            )
        events.close()


def test_decisions_are_proved_after_the_experiment_has_moved_on(server: Server, api: httpx2.Client) -> None:
    flag, *variations = make_flag(api, "Moves on")
    about = {"name": "Moves on", "feature_flag_id": flag, "authentication_flow": "authentication"}
    experiment = ask(api, "POST", EXPERIMENTS, {**about, "allocations": weigh(variations, WEIGHTS[0])})["id"]
    units = [{"unit": f"device-{number}"} for number in range(50)]
    rounds: list[dict[str, Any]] = []
    for weights in WEIGHTS:
        ask(api, "PATCH", f"{EXPERIMENTS}/{experiment}", {"allocations": weigh(variations, weights)})
        ask(api, "PATCH", f"{EXPERIMENTS}/{experiment}", {"status": "active"})
        decided = ask(api, "POST", "/runtime/v1/decisions", {"flow": "authentication", "units": units})
        rounds.append({decision["unit"]: decision for decision in decided["decisions"]})
        ask(api, "PATCH", f"{EXPERIMENTS}/{experiment}", {"status": "paused"})
    shown = [{unit: decision["experiment"]["variation_id"] for unit, decision in made.items()} for made in rounds]
    moved = next(unit for unit in shown[1] if shown[1][unit] != shown[2][unit])
    log_ids = find_exposures(api, moved)

    explained = [explain(server, log_id) for log_id in log_ids]

    assert len({made[moved]["revision"] for made in rounds}) == len(log_ids) == 3
    for made, log_id, explanation in zip(rounds, log_ids, explained, strict=True):
        assert explanation["log_id"] == log_id
        assert (explanation["verdict"], explanation["differences"]) == ("agrees", [])
        assert explanation["revision"] == made[moved]["revision"]
        assert explanation["decision"]["variation_id"] == made[moved]["experiment"]["variation_id"]
        assert explanation["decision"]["config"] == made[moved]["experiment"]["config"]
    assert "The log agrees" in run(server, log_ids[0])
    revision = str(explained[1]["revision"])
    by_unit = explain(server, "--unit", moved, "--experiment", experiment, "--revision", revision)
    assert by_unit["decision"] == explained[1]["decision"]
    assert explain(server, "--unit", moved, "--experiment", experiment)["decision"]["reason"] == "no_experiment"


def test_a_changed_log_is_found_out(server: Server, api: httpx2.Client) -> None:
    flag, *variations = make_flag(api, "Changed")
    about = {"name": "Changed", "feature_flag_id": flag, "authentication_flow": "password_reset"}
    experiment = ask(api, "POST", EXPERIMENTS, {**about, "allocations": weigh(variations, WEIGHTS[0])})["id"]
    ask(api, "PATCH", f"{EXPERIMENTS}/{experiment}", {"status": "active"})
    decision = ask(api, "POST", "/runtime/v1/decisions", {"flow": "password_reset", "unit": "device-1"})
    log_id = newest_log_id(api)
    shown = decision["experiment"]["variation_id"]
    other = next(variation for variation in variations if variation != shown)

    before = explain(server, log_id)
    tamper(server, log_id, shown, other)
    after = explain(server, log_id, code=1)

    assert before["verdict"] == "agrees"
    assert after["verdict"] == "differs"
    assert after["differences"] == [{"field": "variation_id", "logged": other, "recomputed": shown}]
    said = run(server, log_id, code=1)
    assert f"variation_id: the log says {other}, recomputed is {shown}" in " ".join(said.split())


def test_what_a_phone_was_is_kept_and_asked_again(server: Server, api: httpx2.Client) -> None:
    flag, control, treatment = make_flag(api, "Phones")
    rules = [{"match": {"device_type": ["mobile"]}, "not_match": {"country": ["CA"]}}]
    phones = ask(api, "POST", SEGMENTS, {"name": "Phones", "rules": rules})["id"]
    allocations = [
        {"variation_id": treatment, "is_control": False, "segment_id": phones, "priority": 1},
        {"variation_id": control, "is_control": True, "is_fallback": True},
    ]
    about = {"name": "Phones", "feature_flag_id": flag, "authentication_flow": "mfa_enrollment"}
    body = {**about, "allocation_strategy": "segment", "allocations": allocations}
    experiment = ask(api, "POST", EXPERIMENTS, body)["id"]
    ask(api, "PATCH", f"{EXPERIMENTS}/{experiment}", {"status": "active"})
    asked = {"flow": "mfa_enrollment", "unit": "device-1", "user_agent": PHONE, "context": {"browser": "x"}}
    decision = ask(api, "POST", "/runtime/v1/decisions", asked)
    log_id = newest_log_id(api)

    found = explain(server, log_id)
    refused = server.run("explain", log_id, "--context", "country=FR", check=False)
    tamper(server, log_id, ',"attributes":{"device_type":"mobile"}', "")
    untold = explain(server, log_id, code=1)
    told = explain(server, log_id, "--context", "device_type=Mobile", "--context", "country")

    assert decision["experiment"]["variation_id"] == treatment
    assert (found["verdict"], found["decision"]["segment_id"]) == ("agrees", phones)
    assert {"title": 'match: device_type is "mobile"', "value": "holds", "note": 'it was "mobile"'}.items() <= next(
        step for step in found["steps"] if step["title"].startswith("match")
    ).items()
    assert "has kept what segments asked for" in refused.stderr
    assert (untold["verdict"], untold["decision"]) == ("untold", None)
    assert untold["missing_attributes"] == ["country", "device_type"]
    assert "country is not known" in " ".join(run(server, log_id, code=1).split())
    assert told["verdict"] == "agrees"


def test_a_terminal_shows_what_it_would_obey(server: Server, api: httpx2.Client) -> None:
    unit = "\x1b[2J[red]device\u202e"
    flag, *variations = make_flag(api, "Terminal")
    about = {"name": "Terminal", "feature_flag_id": flag, "authentication_flow": "passkey_enrollment"}
    experiment = ask(api, "POST", EXPERIMENTS, {**about, "allocations": weigh(variations, WEIGHTS[0])})["id"]

    said = run(server, "--unit", unit, "--experiment", experiment)

    assert "\\x1b[2J[red]device\\u202e" in said
    assert "\x1b" not in said
    assert "if it were active here" in said
    assert explain(server, "--unit", unit, "--experiment", experiment)["unit"] == unit


def test_another_tenants_entries_are_not_there(server: Server, api: httpx2.Client) -> None:
    server.run("tenants", "create", "second", "--domain", "second.example")
    log_id = newest_log_id(api)

    done = server.run("explain", log_id, "--tenant", "second", check=False)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"signpost: There is no log entry {log_id} in this tenant.\n"
