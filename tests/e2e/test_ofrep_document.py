"""schemathesis (an outside tool) holds the server against the OFREP document, as the protocol's authors publish it."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.core.result import Ok

from tests.e2e.conftest import Server, StartServer
from tests.e2e.flags import add_flag, split, target
from tests.e2e.test_openapi import CHECKS
from tests.suites import find_suite

OPERATIONS = 2
VALUES = {"boolean": True, "string": "Sign in", "integer": 10, "float": 0.5, "object": {"dark": True, "steps": [1, 2]}}


@pytest.fixture(scope="module")
def house(start_server: StartServer) -> Server:
    """A server with flags of every kind that the document knows, which has no arrays."""
    server = start_server()
    with server.client() as client:
        for kind, value in VALUES.items():
            add_flag(
                client, f"the {kind}", {"value": value, "note": "n", "other": 1.5}, {"One": {}, "Two": {"note": "m"}}
            )
        plain = add_flag(client, "welcome", {"value": "Sign in"}, {"Plain": {}, "Warm": {"value": "Welcome back"}})
        split(client, plain, "authentication")
        audience = add_flag(client, "audience", {"value": 1}, {"All": {}, "Few": {"value": 2.5}})
        target(client, audience, [{"match": {"country": ["CA"]}}], "Few", "All")
        add_flag(client, "retired", {"value": "old"}, {"One": {}, "Two": {"value": "new"}}, status="archived")
    return server


def load_document() -> dict[str, Any]:
    """Return the document with what it says in words of its six kinds of values said as a schema, too.

    As it stands no value can be of exactly one kind, as its `oneOf` wants: a flag that leaves the value to the code has no
    `value` by its description, but its schema takes every other flag as well; and each integer is a number, too.
    """
    document: dict[str, Any] = schemathesis.openapi.from_path(find_suite("ofrep") / "openapi.yaml").raw_schema
    schemas = document["components"]["schemas"]
    schemas["codeDefaultFlag"]["not"] = {"required": ["value"]}
    (kinds,) = (part["oneOf"] for part in schemas["evaluationSuccess"]["allOf"] if "oneOf" in part)
    kinds.remove({"$ref": "#/components/schemas/integerFlag"})
    return document


@pytest.mark.timeout(600)
def test_replies_are_what_the_ofrep_document_says(house: Server) -> None:
    schema = schemathesis.openapi.from_dict(load_document())
    headers = {"Authorization": f"Bearer {house.token()}"}
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]
    seen: set[int] = set()

    for operation in operations:
        seen |= check(operation, house.url, headers, known_keys(house, headers))

    assert len(operations) == OPERATIONS
    assert {200, 404} <= seen


def check(operation: Any, url: str, headers: dict[str, str], keys: Iterator[str]) -> set[int]:
    """Send an operation what its description allows, most of the time for a flag that is there; return the statuses."""
    seen = set()

    @settings(max_examples=150, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy(), change=st.sampled_from(["nothing", "key", "key", "key", "no unit", "country"]))
    def hold(case: Any, change: str) -> None:
        if change != "nothing" and "key" in case.path_parameters:
            case.path_parameters["key"] = next(keys)
        if change == "no unit":
            case.body = {"context": {"plan": "free"}}
        if change == "country":
            case.body = {"context": {"targetingKey": "device-1", "country": "CA"}}
        seen.add(case.call_and_validate(base_url=url, headers=headers, checks=CHECKS).status_code)

    hold()
    return seen


def known_keys(house: Server, headers: dict[str, str]) -> Iterator[str]:
    """Return what flags can be asked for, without end."""
    with house.client() as client:
        reply = client.post("/ofrep/v1/evaluate/flags", json={"context": {"targetingKey": "device-1"}}, headers=headers)
    return cycle([flag["key"] for flag in reply.json()["flags"]])
