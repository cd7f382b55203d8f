"""schemathesis (an outside tool) holds the server against the OpenAPI document that it serves."""

from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.e2e.conftest import Server, StartServer

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
KINDS = {"experiments": "experiments", "feature-flags": "feature_flags", "segments": "segments"}
"""Each kind of thing by its path, and the name of its list."""


@pytest.fixture(scope="module")
def crowded(start_server: StartServer) -> Server:
    """A server with a few things of each kind."""
    server = start_server()
    base = "/api/v2/experimentation"
    with server.client() as client:
        for number in range(3):
            parameters = {"title": {"type": "string", "value": "Sign in"}, "steps": {"type": "number", "value": number}}
            new_flag = {"name": f"Flag {number}", "parameters": parameters}
            flag = client.post(f"{base}/feature-flags", json=new_flag).raise_for_status().json()
            variations = [
                client.post(
                    f"{base}/feature-flags/{flag['id']}/variations", json={"name": name, "overrides": overrides}
                )
                .raise_for_status()
                .json()["id"]
                for name, overrides in {"Baseline": {}, "Welcome": {"title": f"Welcome {number}"}}.items()
            ]
            client.post(f"{base}/feature-flags/{flag['id']}/status", json={"status": "active"}).raise_for_status()
            rules = [{"match": {"device_type": ["mobile"]}}]
            client.post(f"{base}/segments", json={"name": f"Segment {number}", "rules": rules}).raise_for_status()
            body = {
                "name": f"Experiment {number}",
                "feature_flag_id": flag["id"],
                "authentication_flow": f"flow-{number}",
                "allocations": [
                    {"variation_id": variation, "is_control": variation == variations[0], "weight": 50}
                    for variation in variations
                ],
            }
            client.post(f"{base}/experiments", json=body).raise_for_status()
    return server


@pytest.mark.timeout(600)
def test_replies_are_what_the_document_says(crowded: Server) -> None:
    schema = schemathesis.openapi.from_url(f"{crowded.url}/openapi.json")
    headers = {"Authorization": f"Bearer {crowded.token()}"}
    ids = known_ids(crowded)
    operations = [result.ok() for result in schema.get_all_operations() if isinstance(result, Ok)]

    for operation in operations:
        check(operation, headers, ids)

    assert len(operations) > 31


def check(operation: Any, headers: dict[str, str], ids: dict[str, Iterator[str]]) -> None:
    """Send an operation what its description allows, and half of the time to a thing that is there."""
    kind = next((kind for kind in KINDS if f"/{kind}/{{id}}" in operation.path), None)

    @settings(max_examples=25, phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None)
    @given(case=operation.as_strategy(), is_there=st.booleans())
    def hold(case: Any, is_there: bool) -> None:
        if kind is not None and is_there:
            case.path_parameters["id"] = next(ids[kind])
        if "{key}" in operation.path and is_there:
            case.path_parameters["key"] = "Flag 0"
        case.call_and_validate(headers=headers, checks=CHECKS)

    hold()


def known_ids(server: Server) -> dict[str, Iterator[str]]:
    """Return the ids of what is there, without end."""
    with server.client() as client:
        return {
            kind: cycle([thing["id"] for thing in client.get(f"/api/v2/experimentation/{kind}").json()[listed]])
            for kind, listed in KINDS.items()
        }
