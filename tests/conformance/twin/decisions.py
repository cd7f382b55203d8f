"""Decisions, over configurations in the form of `conformance/assignment/v1/decisions.json`."""

from collections.abc import Mapping, Sequence
from typing import Any

from tests.conformance.twin.coordinates import hash_of, is_exposed, slot_of, split_and_exposure
from tests.conformance.twin.ownership import lay_out, owner_of, ranges_of
from tests.conformance.twin.segments import is_in

Json = Mapping[str, Any]
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


def decide(experiments: Sequence[Json], revision: int, ask: Json, holdout: Json | None = None) -> dict[str, Any]:
    """Everything that a decision says; what it does not say is None."""
    context = {name: value for name, value in ask["context"].items() if isinstance(value, str)}
    active = [e for e in experiments if e["status"] == "active" and e["authentication_flow"] in (ask["flow"], "all")]
    active.sort(key=lambda e: (e["created_at"], e["id"]))
    applying = [e for e in active if e is active[0] or are_together(active[0], e)]
    override = {key: value for key, value in ask.get("override", {}).items() if value is not None}
    if override:
        wanted = override.get("experiment_id")
        named = [e for e in experiments if e["id"] == wanted] if wanted else applying
        named = [e for e in named if not is_broken(e) and resolves(e, override)]
        if named:
            return force(named[0], ask["unit"], context, override) | {"revision": revision}
    if applying and applying[0].get("exclusion_group"):
        decision = run_group(applying, ask["unit"], context)
    else:
        decision = run(applying[0] if applying else None, ask["unit"], context)
    if decision["experiment_id"] is not None and holdout is not None and is_salt(holdout["salt"]):
        split, exposure = split_and_exposure(hash_of(holdout["salt"], ask["unit"]) or 0)
        if slot_of(split) < holdout["slots"]:
            decision = declined("holdout", decision["experiment_id"]) | {"split": split, "exposure": exposure}
    return decision | {"revision": revision, "is_override_ignored": bool(override)}


def run_group(members: Sequence[Json], unit: object, context: Json) -> dict[str, Any]:
    salt = members[0]["exclusion_group"]["salt"]
    if not is_salt(salt):
        return declined("broken", members[0]["id"])
    hashed = hash_of(salt, unit)
    if hashed is None:
        return declined("bad_unit", None)
    split, exposure = split_and_exposure(hashed)
    for member in members:
        if any(start <= slot_of(split) < stop for start, stop in member["exclusion_group"]["spans"]):
            return run(member, unit, context)
    return declined("excluded", None) | {"split": split, "exposure": exposure}


def are_together(oldest: Json, other: Json) -> bool:
    ours, theirs = oldest.get("exclusion_group"), other.get("exclusion_group")
    return bool(ours and theirs and ours["name"] == theirs["name"] and ours["salt"] == theirs["salt"])


def run(experiment: Json | None, unit: object, context: Json) -> dict[str, Any]:  # noqa: PLR0911  one for each reason
    if experiment is None:
        return declined("no_experiment", None)
    if is_broken(experiment) or (
        is_rollout(experiment) and not any(a["is_control"] for a in experiment["allocations"])
    ):
        return declined("broken", experiment["id"])
    hashed = hash_of(experiment["salt"], unit)
    if hashed is None:
        return declined("bad_unit", None)
    split, exposure = split_and_exposure(hashed)
    coordinates = {"split": split, "exposure": exposure}
    if experiment["allocation_strategy"] == "segment":
        allocation = find_by_segment(experiment, context)
        reason = "fallback" if allocation.get("is_fallback") else "segment"
        return enrolled(experiment, allocation, reason) | coordinates
    exposed = not experiment["levels"] or is_exposed(exposure, level_of(experiment))
    if is_rollout(experiment):
        if exposed:
            return enrolled(experiment, find_by_slot(experiment, split), "rollout_treatment") | coordinates
        return enrolled(experiment, control_of(experiment), "rollout_control") | coordinates
    if not exposed:
        return declined("not_exposed", experiment["id"]) | coordinates
    return enrolled(experiment, find_by_slot(experiment, split), "split") | coordinates


def force(experiment: Json, unit: object, context: Json, override: Json) -> dict[str, Any]:
    hashed = hash_of(experiment["salt"], unit)
    if hashed is None:
        return declined("bad_unit", None)
    split, exposure = split_and_exposure(hashed)
    if "variation_id" in override:
        decision = enrolled(experiment, allocation_of(experiment, override["variation_id"]), "forced")
        decision["segment_id"] = None
    elif experiment["allocation_strategy"] == "segment":
        decision = enrolled(experiment, find_by_segment(experiment, context, override.get("segment_id")), "forced")
    else:
        decision = enrolled(experiment, find_by_slot(experiment, split), "forced")
    return decision | {"split": split, "exposure": exposure, "is_forced": True}


def resolves(experiment: Json, override: Json) -> bool:
    variations = [a["variation_id"] for a in experiment["allocations"]]
    by_segment = experiment["allocation_strategy"] == "segment"
    segments = [a["segment_id"] for a in experiment["allocations"] if by_segment and not a.get("is_fallback")]
    return override.get("variation_id", variations[0]) in variations and (
        "segment_id" not in override or override["segment_id"] in segments
    )


def is_broken(experiment: Json) -> bool:
    allocations = experiment["allocations"]
    if experiment["recipe_version"] != 1 or experiment["flag"] is None or not allocations:
        return True
    if not is_salt(experiment["salt"]):
        return True
    if any(a["variation_id"] not in experiment["variations"] for a in allocations):
        return True
    if experiment["allocation_strategy"] == "segment":
        targeted = [a for a in allocations if not a.get("is_fallback")]
        return len(targeted) == len(allocations) or any(
            a.get("priority") is None or is_segment_broken(experiment["segments"].get(a.get("segment_id")))
            for a in targeted
        )
    ranges = ranges_for(experiment)
    expected = 0
    for start, stop, variation in ranges:
        if start != expected or stop <= start or variation not in [a["variation_id"] for a in allocations]:
            return True
        expected = stop
    return expected != 1_000_000


def is_salt(text: str) -> bool:
    return len(text) == 22 and all(character in BASE58 for character in text)


def is_segment_broken(segment: Json | None) -> bool:
    if segment is None or not segment["rules"]:
        return True
    for rule in segment["rules"]:
        expressions = [*rule.get("match", {}).values(), *rule.get("not_match", {}).values()]
        if not expressions or any([] in e.values() if isinstance(e, dict) else e == [] for e in expressions):
            return True
    return False


def is_rollout(experiment: Json) -> bool:
    return bool(experiment["levels"]) and all(a.get("weight_slots") is None for a in experiment["allocations"])


def level_of(experiment: Json) -> int:
    level: int = experiment["levels"][0] if experiment["current_level"] is None else experiment["current_level"]
    return level


def ranges_for(experiment: Json) -> list[tuple[int, int, str]]:
    if experiment["slot_ranges"]:
        return [(start, stop, variation) for start, stop, variation in experiment["slot_ranges"]]
    weights: dict[str, int] = {}
    for allocation in experiment["allocations"]:
        variation = allocation["variation_id"]
        if is_rollout(experiment):
            if not allocation["is_control"]:
                weights[variation] = 1
        else:
            weights[variation] = weights.get(variation, 0) + (allocation.get("weight_slots") or 0)
    return ranges_of(lay_out(list(weights.items()))) if sum(weights.values()) else []


def find_by_slot(experiment: Json, split: int) -> Json:
    return allocation_of(experiment, owner_of(slot_of(split), ranges_for(experiment)))


def find_by_segment(experiment: Json, context: Json, forced: str | None = None) -> Json:
    fallback: Json = next(a for a in experiment["allocations"] if a.get("is_fallback"))
    targeted: list[Json] = [a for a in experiment["allocations"] if not a.get("is_fallback")]
    for allocation in sorted(targeted, key=lambda a: a["priority"]):
        segment_id = allocation["segment_id"]
        if segment_id == forced or is_in(experiment["segments"][segment_id]["rules"], context):
            return allocation
    return fallback


def allocation_of(experiment: Json, variation_id: str) -> Json:
    owned: list[Json] = [a for a in experiment["allocations"] if a["variation_id"] == variation_id]
    return next((a for a in owned if a["is_control"]), owned[0])


def control_of(experiment: Json) -> Json:
    control: Json = next(a for a in experiment["allocations"] if a["is_control"])
    return control


def enrolled(experiment: Json, allocation: Json, reason: str) -> dict[str, Any]:
    variation = experiment["variations"][allocation["variation_id"]]
    return blank() | {
        "reason": reason,
        "experiment_id": experiment["id"],
        "variation_id": allocation["variation_id"],
        "variation_name": variation["name"],
        "is_control": allocation["is_control"],
        "config": config_of(experiment, variation),
        "allocation_strategy": experiment["allocation_strategy"],
        "segment_id": None if allocation.get("is_fallback") else allocation.get("segment_id"),
        "recipe_version": 1,
    }


def config_of(experiment: Json, variation: Json) -> dict[str, Any]:
    flag = experiment["flag"]
    config = {}
    for name, default in flag["parameters"].items():
        if name in variation["overrides"]:
            config[name] = {"value": variation["overrides"][name]}
        elif flag["type"] == "self" or experiment["default_config"] == "flag":
            config[name] = {"value": default}
    return config


def declined(reason: str, by: str | None) -> dict[str, Any]:
    return blank() | {"reason": reason, "declined_by": by}


def blank() -> dict[str, Any]:
    nothing = ("experiment_id", "variation_id", "variation_name", "allocation_strategy", "segment_id", "recipe_version")
    return dict.fromkeys((*nothing, "declined_by", "split", "exposure")) | {
        "is_control": False,
        "config": {},
        "is_forced": False,
        "is_override_ignored": False,
    }
