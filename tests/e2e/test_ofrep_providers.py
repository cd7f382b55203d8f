"""The published OFREP providers, unmodified, ask a real server."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from tests.conftest import miss
from tests.e2e.conftest import Server, StartServer
from tests.e2e.flags import MadeFlag, add_flag, split, target

NODE = Path(__file__).parents[1] / "sdk" / "node"
FLOW = "authentication"
UNITS = [f"device-{number}" for number in range(20)]
PER_MINUTE = 3
LOGIN = {
    "title": "Sign in",
    "steps": 10,
    "ratio": 0.5,
    "passkeys": False,
    "order": ["password", "passkey"],
    "theme": {"dark": True},
}


class House(NamedTuple):
    """A server with a flag of every kind, and one that soon says that it is too much."""

    server: Server
    token: str
    limited: Server
    limited_token: str
    login: MadeFlag


@pytest.fixture(scope="module")
def house(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> House:
    server = start_server()
    with server.client() as client:
        login = add_flag(client, "login", LOGIN, {"Baseline": {}, "Other": {"title": "Hello"}})
        add_flag(client, "retired", {"value": "old"}, {"Baseline": {}, "Other": {"value": "new"}}, status="archived")
        welcome = add_flag(client, "welcome", {"value": "Sign in"}, {"Plain": {}, "Warm": {"value": "Welcome back"}})
        split(client, welcome, FLOW)
        audience = add_flag(client, "audience", {"value": "EXTERNAL"}, {"External": {}, "Own": {"value": "INTERNAL"}})
        rules = [
            {"match": {f"anonymous_session_metadata.{name}": [text] for name, text in wanted.items()}}
            for wanted in ({"plan": "premium"}, {"age": "30"})
        ]
        target(client, audience, rules, "Own", "External")
    settings = tmp_path_factory.mktemp("settings") / "signpost.toml"
    settings.write_text(f"runtime_rate_limit = {PER_MINUTE}\n")
    limited = start_server("--config", str(settings))
    return House(server, server.token(), limited, limited.token(), login)


@contextmanager
def connect(server: Server, token: str, unit: str | None = "device-1") -> Iterator[tuple[OpenFeatureClient, Any]]:
    """Yield a client of the Python SDK, and the provider that it asks."""
    provider = OFREPProvider(server.url, headers_factory=lambda: {"Authorization": f"Bearer {token}"})
    api.set_provider_and_wait(provider, "test")
    client = api.get_client("test")
    client.context = EvaluationContext(unit)
    try:
        yield client, provider
    finally:
        api.shutdown()
        provider.session.close()


@pytest.fixture
def python(house: House) -> Iterator[OpenFeatureClient]:
    with connect(house.server, house.token) as (client, _):
        yield client


def decide(house: House, *units: str) -> list[str]:
    """Return the names of the variations that the decision route gives."""
    body = {"flow": FLOW, "units": [{"unit": unit} for unit in units], "record": False}
    headers = {"Authorization": f"Bearer {house.token}"}
    decisions = httpx2.post(f"{house.server.url}/runtime/v1/decisions", json=body, headers=headers).json()["decisions"]
    return [decision["experiment"]["variation_name"] for decision in decisions]


def test_python_gets_each_type(python: OpenFeatureClient) -> None:
    assert python.get_boolean_value("login.passkeys", True) is False
    assert python.get_string_value("login.title", "-") == "Sign in"
    assert python.get_integer_value("login.steps", 0) == 10
    assert python.get_float_value("login.ratio", 0.0) == 0.5
    assert python.get_object_value("login.theme", {}) == {"dark": True}
    assert python.get_object_value("login.order", []) == ["password", "passkey"]
    assert python.get_object_value("login", {}) == LOGIN


def test_python_falls_back_to_the_code_where_a_flag_is_disabled(python: OpenFeatureClient) -> None:
    details = python.get_string_details("retired", "from the code")

    assert (details.value, details.reason, details.error_code) == ("from the code", Reason.DISABLED, None)


@pytest.mark.parametrize(
    ("key", "code"), [("nothing", ErrorCode.FLAG_NOT_FOUND), ("login.title", ErrorCode.TYPE_MISMATCH)]
)
def test_python_gets_an_error_where_there_is_no_such_value(
    python: OpenFeatureClient, key: str, code: ErrorCode
) -> None:
    details = python.get_integer_details(key, 13)

    assert (details.value, details.reason, details.error_code) == (13, Reason.ERROR, code)


@pytest.mark.parametrize(
    ("context", "value"), [({"plan": "premium"}, "INTERNAL"), ({"age": 30}, "INTERNAL"), ({"age": 29}, "EXTERNAL")]
)
def test_python_is_targeted_by_its_context(python: OpenFeatureClient, context: dict[str, Any], value: str) -> None:
    details = python.get_string_details("audience", "-", EvaluationContext(attributes=context))

    assert (details.value, details.reason) == (value, Reason.TARGETING_MATCH)


def test_python_shares_units_as_the_decision_route_does(house: House, python: OpenFeatureClient) -> None:
    decided = decide(house, *UNITS)

    found = [python.get_string_details("welcome", "-", EvaluationContext(unit)) for unit in UNITS]

    assert [details.variant for details in found] == decided
    assert {(details.variant, details.value) for details in found} == {("Plain", "Sign in"), ("Warm", "Welcome back")}
    assert {details.reason for details in found} == {Reason.SPLIT}
    assert all(details.flag_metadata["is_control"] is (details.variant == "Plain") for details in found)


def test_python_is_told_that_an_experiment_needs_a_unit(house: House) -> None:
    with connect(house.server, house.token, unit=None) as (client, _):
        details = client.get_string_details("welcome", "from the code")

    assert (details.value, details.error_code) == ("from the code", ErrorCode.TARGETING_KEY_MISSING)


def test_python_without_a_token_is_turned_away(house: House) -> None:
    with connect(house.server, "no token") as (client, _):
        details = client.get_string_details("login.title", "from the code")

    assert (details.value, details.error_code, details.error_message) == (
        "from the code",
        ErrorCode.GENERAL,
        "unauthorized",
    )


def test_python_waits_as_long_as_it_is_told_to(house: House) -> None:
    with connect(house.limited, house.limited_token) as (client, provider):
        errors = [client.get_string_details("nothing", "-").error_message or "" for _ in range(2 * PER_MINUTE + 2)]

        assert provider.retry_after is not None

    limited = next(number for number, error in enumerate(errors) if error.startswith("Rate limited"))
    assert all("paused due to TooManyRequests" in error for error in errors[limited + 1 :])


def drive(script: str, *words: str) -> Any:
    """Return what a script prints."""
    node = shutil.which("node")
    if node is None or not (NODE / "node_modules" / "@openfeature" / "ofrep-web-provider").exists():
        miss("node with npm @openfeature/ofrep-provider and ofrep-web-provider (install node, then run 'make sdks')")
    command = [str(node), str(NODE / script), *words]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_npm_for_servers_gets_what_the_server_says(house: House) -> None:
    decided = decide(house, *UNITS)

    done = drive("ofrep.mjs", house.server.url, house.token, house.limited.url, house.limited_token, *UNITS)

    seen = done["seen"]
    types = {"boolean": "passkeys", "string": "title", "number": "ratio", "object": "theme", "list": "order"}
    assert {kind: seen[kind]["value"] for kind in types} == {kind: LOGIN[name] for kind, name in types.items()}
    assert seen["whole"]["value"] == LOGIN
    assert (seen["unknown"]["value"], seen["unknown"]["errorCode"]) == ("from the code", "FLAG_NOT_FOUND")
    assert (seen["wrong"]["value"], seen["wrong"]["errorCode"]) == (13, "TYPE_MISMATCH")
    assert (seen["targeted"]["value"], seen["targeted"]["variant"]) == ("INTERNAL", "Own")
    assert (seen["fallback"]["value"], seen["fallback"]["variant"]) == ("EXTERNAL", "External")
    assert [details["variant"] for details in done["split"].values()] == decided
    # This release (0.1.3, the only one) takes a success without `value`, which OFREP 0.3 has, for an unexpected reply.
    assert (seen["disabled"]["value"], seen["disabled"]["errorCode"]) == ("from the code", "GENERAL")
    assert (seen["unauthorized"]["value"], seen["unauthorized"]["reason"]) == ("from the code", "ERROR")
    assert "rate limit exceeded" in seen["limited"]["errorMessage"]
    assert "paused due to TooManyRequests" in seen["paused"]["errorMessage"]
    assert (done["wasSent"], done["last"]) == (False, 429)


def test_npm_for_pages_polls_with_tags_and_fetches_again_when_a_change_is_announced(house: House) -> None:
    (decided,) = decide(house, "device-1")

    done = drive("ofrep-web.mjs", house.server.url, house.token, house.login.id)

    seen = done["seen"]
    types = {"boolean": "passkeys", "string": "title", "number": "ratio", "object": "theme"}
    assert {kind: seen[kind]["value"] for kind in types} == {kind: LOGIN[name] for kind, name in types.items()}
    assert seen["whole"]["value"] == LOGIN
    assert (seen["disabled"]["value"], seen["disabled"]["reason"]) == ("from the code", "DISABLED")
    assert (seen["unknown"]["value"], seen["unknown"]["errorCode"]) == ("from the code", "FLAG_NOT_FOUND")
    assert (seen["wrong"]["value"], seen["wrong"]["errorCode"]) == (13, "TYPE_MISMATCH")
    assert (seen["targeted"]["value"], seen["targeted"]["reason"]) == ("INTERNAL", "TARGETING_MATCH")
    assert (seen["split"]["variant"], seen["split"]["reason"]) == (decided, "SPLIT")
    assert [request["status"] for request in done["polled"][:2]] == [200, 304]
    assert done["polled"][1]["known"] == done["polled"][0]["etag"]
    assert done["patched"] == 200
    assert {"login", "login.title"} <= set(done["flagsChanged"])
    assert not {"login.ratio", "retired"} & set(done["flagsChanged"])
    assert seen["changed"]["value"] == "Changed"
    (refetched,) = done["refetched"][:1]
    assert refetched["status"] == 200
    assert refetched["etag"].startswith(f'"{refetched["announced"]}-')
    assert "401" in done["refused"] or "Initialization failed" in done["refused"]
