"""Drives every experimentation call of the installed auth0-python against a server; needs nothing but that package.

Usage: drive.py URL TOKEN. Prints one JSON object: the calls that were made, those that the package has and were not made, and
what came back, as the package's own types understood it.
"""

import inspect
import json
import sys
from typing import Any

from auth0.management import Auth0
from auth0.management.core.api_error import ApiError

URL, TOKEN = sys.argv[1:3]
made: set[str] = set()
seen: dict[str, Any] = {}


class Recorder:
    """A client of the package that notes which of its methods are called."""

    def __init__(self, client: Any, name: str) -> None:
        self._client, self._name = client, name

    def __getattr__(self, method: str) -> Any:
        made.add(f"{self._name}.{method}")
        return getattr(self._client, method)


def methods_of(client: Any, name: str) -> set[str]:
    """Return the methods that call the server; properties lead to other clients."""
    found = inspect.getmembers(type(client), inspect.isfunction)
    return {f"{name}.{method}" for method, _ in found if not method.startswith("_")}


def error_of(call: Any, *args: Any, **fields: Any) -> dict[str, Any]:
    """Return the error body that the package raised."""
    try:
        call(*args, **fields, request_options={"max_retries": 0})
    except ApiError as error:
        return dict(error.body, headers={k.lower(): v for k, v in (error.headers or {}).items()})
    raise AssertionError("no error")


def same(left: Any, right: Any) -> bool:
    """Return whether two of the package's values, of whatever types, hold the same."""
    return bool(left.model_dump() == right.model_dump())


root = Auth0(base_url=f"{URL}/api/v2", token=TOKEN)
clients = {
    "experiments": root.experimentation.experiments,
    "feature_flags": root.experimentation.feature_flags,
    "variations": root.experimentation.feature_flags.variations,
    "segments": root.experimentation.segments,
}
known = set().union(*(methods_of(client, name) for name, client in clients.items()))
experiments, flags, variations, segments = (Recorder(client, name) for name, client in clients.items())
by_post = "experiments.update_status" in known

# A flag with its variations.
parameters = {
    "title": {"type": "string", "value": "Sign in", "description": "The heading"},
    "steps": {"type": "number", "value": 1},
    "passkeys": {"type": "boolean", "value": False},
    "order": {"type": "array", "value": ["password", "passkey"]},
    "theme": {"type": "object", "value": {"dark": False}},
}
flag = flags.create(name="Sign-in page", description="What the page shows", parameters=parameters)
assert same(flags.get(flag.id), flags.update(flag.id, description="What the page shows"))
assert flags.update(flag.id, description=None).description is None
control = variations.create(flag.id, name="Baseline", overrides={})
treatment = variations.create(flag.id, name="Welcome", overrides={"title": "Welcome back", "theme": {"dark": True}})
treatment = variations.update(flag.id, treatment.id, overrides={"title": "Hello", "passkeys": True})
assert same(variations.get(flag.id, treatment.id), treatment)
assert [v.name for v in variations.list(flag.id).variations] == ["Baseline", "Welcome"]
seen["exists"] = error_of(flags.create, name="Sign-in page", parameters=parameters)

# Segments.
rules = [
    {"match": {"device_type": ["mobile", "tablet"], "country": {"starts_with": ["F"]}}},
    {"match": {"browser": {"contains": ["chrome"]}}, "not_match": {"organization_id": {"exists": True}}},
]
segment = segments.create(name="Mobile", rules=rules)
assert same(segments.get(segment.id), segment)
assert segments.update(segment.id, name="On the move").name == "On the move"
for number in range(3):
    segments.create(name=f"Segment {number}", rules=[{"match": {"platform": ["ios"]}}])
assert len({s.id for s in segments.list(take=2)}) == 4

# An experiment, through its whole life.
halves = [
    {"variation_id": control.id, "is_control": True, "weight": 50},
    {"variation_id": treatment.id, "is_control": False, "weight": 50},
]
fields = {"feature_flag_id": flag.id, "authentication_flow": "authentication"}
experiment = experiments.create(name="Welcome", allocation_strategy="percentage", allocations=halves, **fields)
verdict = experiments.validate(experiment.id)
seen["verdict"] = [error.code for error in verdict.errors]
if by_post:
    seen["not_ready"] = error_of(experiments.update_status, experiment.id, status="active")
    assert flags.update_status(flag.id, status="active").status == "active"
    running = experiments.update_status(experiment.id, status="active")
else:
    seen["not_ready"] = error_of(experiments.update, experiment.id, status="active")
    assert flags.update(flag.id, status="active").status == "active"
    running = experiments.update(experiment.id, status="active")
assert running.status == "active"
assert running.is_valid
assert running.started_at is not None
assert running.editable_fields == ["name", "description"]
assert running.feature_flag_snapshot["parameters"]["title"]["value"] == "Sign in"
assert [a.variation_name for a in running.allocations] == ["Baseline", "Welcome"]
assert same(experiments.get(experiment.id), running)
seen["active"] = error_of(experiments.delete, experiment.id)
seen["in_use"] = error_of(variations.delete, flag.id, treatment.id)
targeted = experiments.create(
    name="Mobile first",
    allocation_strategy="segment",
    allocations=[
        {"variation_id": control.id, "is_control": True, "is_fallback": True},
        {"variation_id": treatment.id, "is_control": False, "segment_id": segment.id, "priority": 1},
    ],
    **fields,
)
assert targeted.allocations[1].segment_name == "On the move"
assert experiments.update(targeted.id, description="Only on the move").description == "Only on the move"
ramp = experiments.create(
    name="Slowly",
    allocations=[{"variation_id": a["variation_id"], "is_control": a["is_control"]} for a in halves],
    levels=[5, 25, 100],
    feature_flag_id=flag.id,
    authentication_flow="password_reset",
)
seen["not_running"] = error_of(experiments.advance_ramp, ramp.id, target_level=25)


def move(id: str, status: str) -> Any:
    return experiments.update_status(id, status=status) if by_post else experiments.update(id, status=status)


assert move(ramp.id, "active").current_level == 5
step = experiments.advance_ramp(ramp.id, target_level=25)
assert (step.from_level, step.to_level, step.current_level) == (5, 25, 25)
seen["not_next"] = error_of(experiments.advance_ramp, ramp.id, target_level=26)
assert {e.name for e in experiments.list(take=1)} == {"Welcome", "Mobile first", "Slowly"}
assert [e.id for e in experiments.list(status="active", authentication_flow="password_reset")] == [ramp.id]
assert [f.id for f in flags.list(status="active", type="self")] == [flag.id]
for status in ("paused", "completed"):
    assert move(experiment.id, status).status == status
seen["reactivated"] = error_of(
    experiments.update_status if by_post else experiments.update, experiment.id, status="active"
)
assert move(experiment.id, "archived").editable_fields == []

# And everything goes away again, twice.
assert move(ramp.id, "paused").status == "paused"
for _ in range(2):
    for gone in (experiment, targeted, ramp):
        experiments.delete(gone.id)
    segments.delete(segment.id)
    variations.delete(flag.id, control.id)
seen["last"] = error_of(variations.delete, flag.id, treatment.id)
for _ in range(2):
    flags.delete(flag.id)
seen["gone"] = error_of(flags.get, flag.id)
seen["logs"] = [entry.type for entry in root.logs.list(per_page=5)]

print(json.dumps({"made": sorted(made), "missed": sorted(known - made), "seen": seen}))
