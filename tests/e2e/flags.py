"""Flags and experiments, made through the management API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx2

BASE = "/api/v2/experimentation"
TYPES: Mapping[type, str] = {
    bool: "boolean",
    str: "string",
    int: "number",
    float: "number",
    list: "array",
    dict: "object",
}


@dataclass(frozen=True)
class MadeFlag:
    """A flag, and its variations' ids by their names."""

    id: str
    name: str
    variations: Mapping[str, str]


def add_flag(
    client: httpx2.Client,
    name: str,
    values: Mapping[str, Any],
    variations: Mapping[str, Mapping[str, Any]],
    status: str = "active",
) -> MadeFlag:
    """Make a flag of parameters with these values, and its variations by their overrides."""
    parameters = {key: {"type": TYPES[type(value)], "value": value} for key, value in values.items()}
    flag_id = send(client, f"{BASE}/feature-flags", {"name": name, "parameters": parameters})["id"]
    made = {
        variation: send(
            client, f"{BASE}/feature-flags/{flag_id}/variations", {"name": variation, "overrides": overrides}
        )["id"]
        for variation, overrides in variations.items()
    }
    if status != "draft":
        send(client, f"{BASE}/feature-flags/{flag_id}/status", {"status": status})
    return MadeFlag(flag_id, name, made)


def split(client: httpx2.Client, flag: MadeFlag, flow: str) -> str:
    """Activate an experiment that shares the flow evenly between the flag's variations; the first is the control."""
    share = 100 // len(flag.variations)
    allocations = [
        {"variation_id": variation, "is_control": not number, "weight": share}
        for number, variation in enumerate(flag.variations.values())
    ]
    return activate(client, flag, flow, "percentage", allocations)


def target(client: httpx2.Client, flag: MadeFlag, rules: Sequence[Mapping[str, Any]], matched: str, other: str) -> str:
    """Activate an experiment, in a flow of its own, that shows one variation where a rule holds and another elsewhere."""
    segment = send(client, f"{BASE}/segments", {"name": f"For {flag.name}", "rules": rules})["id"]
    allocations = [
        {"variation_id": flag.variations[other], "is_control": True, "is_fallback": True},
        {"variation_id": flag.variations[matched], "is_control": False, "segment_id": segment, "priority": 1},
    ]
    return activate(client, flag, f"flow of {flag.name}", "segment", allocations)


def activate(
    client: httpx2.Client, flag: MadeFlag, flow: str, strategy: str, allocations: Sequence[Mapping[str, Any]]
) -> str:
    """Make an experiment and activate it; return its id."""
    body = {
        "name": f"Experiment with {flag.name}",
        "feature_flag_id": flag.id,
        "authentication_flow": flow,
        "allocation_strategy": strategy,
        "allocations": allocations,
    }
    experiment: str = send(client, f"{BASE}/experiments", body)["id"]
    send(client, f"{BASE}/experiments/{experiment}/status", {"status": "active"})
    return experiment


def send(client: httpx2.Client, path: str, body: Mapping[str, Any]) -> Any:
    """Post a body and return the reply's, which has to be a success."""
    reply = client.post(path, json=body)
    assert reply.is_success, reply.text
    return reply.json()
