"""The management contract as a small program of its own, written from its text and sharing nothing with the server.

Things are kept as the bodies that today's generation shows. Every question answers with the problems that a request has,
as pairs of status and code; a request with none must succeed, one with several may be told any of them.
"""

from copy import deepcopy
from decimal import Decimal
from itertools import combinations
from typing import Any

Body = dict[str, Any]
Problems = set[tuple[int, str]]

FLAG_MOVES = {"draft": {"active", "archived"}, "active": {"archived"}, "archived": set[str]()}
SEGMENT_MOVES = {"active": {"archived"}, "archived": set[str]()}
EXPERIMENT_MOVES = {
    "draft": {"active", "archived"},
    "active": {"paused", "completed"},
    "paused": {"active", "completed", "archived"},
    "completed": {"archived"},
    "archived": set[str](),
}
TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "object": (dict,)}
ORDER = {
    "experiments": (
        "id name description feature_flag_id feature_flag_name authentication_flow allocation_strategy"
        " assignment_config default_config status is_valid feature_flag_snapshot allocations editable_fields levels"
        " current_level started_at ended_at created_at updated_at"
    ),
    "segments": "id name description type status rules created_at updated_at",
    "flags": "id name description type status parameters created_at updated_at",
    "variations": "id feature_flag_id name description overrides created_at updated_at",
}
EA_ONLY = {
    "feature_flag_name",
    "default_config",
    "feature_flag_snapshot",
    "editable_fields",
    "levels",
    "current_level",
    "variation_name",
    "segment_name",
    "variation_snapshot",
    "segment_snapshot",
}


class Contract:
    """What a tenant has, and what may be done with it."""

    def __init__(self, generation: str) -> None:
        self.is_beta = generation == "beta"
        self.flags: dict[str, Body] = {}
        self.variations: dict[str, Body] = {}
        self.segments: dict[str, Body] = {}
        self.experiments: dict[str, Body] = {}

    def flag_creation(self, body: Body) -> Problems:
        return _name_taken(self.flags, "feature_flag", body)

    def flag_change(self, flag_id: str, change: Body) -> Problems:
        flag = self.flags.get(flag_id)
        if flag is None:
            return {(404, "feature_flag_not_found")}
        problems = _name_taken(self.flags, "feature_flag", change, flag_id)
        for variation in self.variations_of(flag_id) if "parameters" in change else ():
            problems |= _override_problems(variation["overrides"], change["parameters"])
        if change.get("status", flag["status"]) != flag["status"]:
            problems |= self.flag_move(flag_id, change["status"])
        return problems

    def flag_move(self, flag_id: str, target: str) -> Problems:
        flag = self.flags.get(flag_id)
        if flag is None:
            return {(404, "feature_flag_not_found")}
        if target not in FLAG_MOVES[flag["status"]]:
            return {(400, "invalid_status_transition")}
        if target == "active" and len(self.variations_of(flag_id)) < 2:
            return {(400, "feature_flag_insufficient_variations")}
        return set()

    def flag_deletion(self, flag_id: str) -> Problems:
        is_used = any(e["feature_flag_id"] == flag_id for e in self._living())
        return {(409, "feature_flag_in_use")} if flag_id in self.flags and is_used else set()

    def variations_of(self, flag_id: str) -> list[Body]:
        return [v for v in self.variations.values() if v["feature_flag_id"] == flag_id]

    def variation_write(self, flag_id: str, variation_id: str | None, body: Body) -> Problems:
        if flag_id not in self.flags:
            return {(404, "feature_flag_not_found")}
        siblings = {v["id"]: v for v in self.variations_of(flag_id)}
        if variation_id is not None and variation_id not in siblings:
            return {(404, "variation_not_found")}
        problems = _name_taken(siblings, "variation", body, variation_id)
        if variation_id is None and len(siblings) >= 20:
            problems.add((400, "variation_limit_exceeded"))
        if "overrides" in body:
            bare = self.bare(flag_id, body["overrides"])
            problems |= _override_problems(bare, self.flags[flag_id]["parameters"])
        return problems

    def variation_deletion(self, flag_id: str, variation_id: str) -> Problems:
        if flag_id not in self.flags:
            return {(404, "feature_flag_not_found")}
        siblings = [v["id"] for v in self.variations_of(flag_id)]
        if variation_id not in siblings:
            return set()
        problems: Problems = {(400, "variation_last")} if len(siblings) == 1 else set()
        if any(a["variation_id"] == variation_id for e in self._living() for a in e["allocations"]):
            problems.add((409, "variation_in_use"))
        return problems

    def bare(self, flag_id: str, overrides: Body) -> Body:
        """Return overrides as they are stored."""
        parameters = self.flags[flag_id]["parameters"]
        found = {}
        for name, given in overrides.items():
            is_wrapped = isinstance(given, dict) and list(given) == ["value"]
            if is_wrapped and parameters.get(name, {}).get("type") == "object":
                is_wrapped = isinstance(given["value"], dict)
            found[name] = given["value"] if is_wrapped else given
        return found

    def segment_creation(self, body: Body) -> Problems:
        return _name_taken(self.segments, "segment", body)

    def segment_change(self, segment_id: str, change: Body) -> Problems:
        segment = self.segments.get(segment_id)
        if segment is None:
            return {(404, "segment_not_found")}
        problems = _name_taken(self.segments, "segment", change, segment_id)
        target = change.get("status", segment["status"])
        if target != segment["status"] and target not in SEGMENT_MOVES[segment["status"]]:
            problems.add((400, "invalid_status_transition"))
        return problems

    def segment_deletion(self, segment_id: str) -> Problems:
        is_used = any(a.get("segment_id") == segment_id for e in self._living() for a in e["allocations"])
        return {(409, "segment_in_use")} if segment_id in self.segments and is_used else set()

    def experiment_creation(self, body: Body) -> Problems:
        flag = self.flags.get(body["feature_flag_id"])
        if flag is None:
            return {(404, "feature_flag_not_found")}
        problems = _name_taken(self.experiments, "experiment", body)
        if flag["status"] == "archived":
            problems.add((400, "feature_flag_not_active"))
        return problems | self._allocation_problems(flag["id"], body.get("allocations", []), set())

    def experiment_change(self, experiment_id: str, change: Body) -> Problems:
        experiment = self.experiments.get(experiment_id)
        if experiment is None:
            return {(404, "experiment_not_found")}
        problems = _name_taken(self.experiments, "experiment", change, experiment_id)
        for field in change.keys() - {"status", "assignment_config", *self.editable(experiment)}:
            is_running = field == "allocations" and experiment["status"] == "active"
            problems.add((400, "experiment_requires_pause" if is_running else "experiment_field_not_editable"))
        if "allocations" in change:
            known = {a.get("segment_id") for a in experiment["allocations"]}
            problems |= self._allocation_problems(experiment["feature_flag_id"], change["allocations"], known)
        if change.get("status", experiment["status"]) != experiment["status"]:
            problems |= self._move(experiment | change, experiment["status"], change["status"])
        return problems

    def experiment_move(self, experiment_id: str, target: str) -> Problems:
        experiment = self.experiments.get(experiment_id)
        if experiment is None:
            return {(404, "experiment_not_found")}
        return self._move(experiment, experiment["status"], target)

    def experiment_deletion(self, experiment_id: str) -> Problems:
        is_active = self.experiments.get(experiment_id, {}).get("status") == "active"
        return {(400, "experiment_active")} if is_active else set()

    def advance(self, experiment_id: str, level: int) -> Problems:
        experiment = self.experiments.get(experiment_id)
        if experiment is None:
            return {(404, "experiment_not_found")}
        if not experiment.get("levels") or experiment["status"] not in {"active", "paused"}:
            return {(409, "ramp_not_running")}
        current, levels = experiment["current_level"], experiment["levels"]
        ahead = [other for other in levels if other > current]
        return set() if level in {current, *ahead[:1]} else {(400, "ramp_level_not_next")}

    def editable(self, experiment: Body) -> list[str]:
        match experiment["status"]:
            case "draft":
                fields = ["name", "description", "authentication_flow", "allocations"]
                return fields + (["levels"] if experiment["allocation_strategy"] == "percentage" else [])
            case "paused":
                return ["name", "description", "allocations"]
            case "active" | "completed":
                return ["name", "description"]
            case _:
                return []

    def blockers(self, experiment: Body) -> list[str]:
        """Return the codes of everything that keeps an experiment from being active, sorted."""
        allocations = experiment["allocations"]
        levels = experiment.get("levels")
        found = set()
        flag = self.flags.get(experiment["feature_flag_id"])
        if flag is None or flag["status"] != "active":
            found.add("feature_flag_not_active")
        if not allocations:
            found.add("experiment_missing_allocations")
        mine = {v["id"] for v in self.variations_of(experiment["feature_flag_id"])}
        if any(a["variation_id"] not in mine for a in allocations):
            found.add("variation_not_from_flag")
        if allocations and [a["is_control"] for a in allocations].count(True) != 1:
            found.add("experiment_missing_control")
        if experiment["allocation_strategy"] == "segment":
            found |= self._segment_blockers(allocations) | ({"experiment_invalid_ramp"} if levels else set())
        elif allocations:
            weights = [Decimal(str(a["weight"])) for a in allocations if "weight" in a]
            is_rollout = bool(levels) and not weights
            if not is_rollout and (len(weights) < len(allocations) or sum(weights) != 100):
                found.add("experiment_invalid_allocation_weights")
            if levels and all(a["is_control"] for a in allocations):
                found.add("experiment_invalid_ramp")
        flow = experiment["authentication_flow"]
        rivals = {
            e["authentication_flow"]
            for e in self.experiments.values()
            if e["status"] == "active" and e["id"] != experiment.get("id")
        }
        if experiment["status"] in {"draft", "active", "paused"} and (
            flow in rivals or (rivals and (self.is_beta or "all" in {flow, *rivals}))
        ):
            found.add("experiment_active_limit_exceeded")
        return sorted(found)

    def _segment_blockers(self, allocations: list[Body]) -> set[str]:
        if not allocations:
            return set()
        found = set()
        targeted = [a for a in allocations if not a.get("is_fallback")]
        if len(allocations) - len(targeted) != 1:
            found.add("experiment_missing_default")
        named = [self.segments.get(a["segment_id"]) for a in allocations if "segment_id" in a]
        is_half_said = any("segment_id" not in a or "priority" not in a for a in targeted)
        is_tied = any(a.get("priority") == b.get("priority") is not None for a, b in combinations(targeted, 2))
        if is_half_said or is_tied or any(s is None or s["status"] == "archived" for s in named):
            found.add("experiment_invalid_segment_allocation")
        return found

    def enter(self, experiment: Body, target: str, at: str) -> None:
        """Bring an experiment into a status, with what this brings about."""
        if target == "active":
            experiment["started_at"] = experiment.get("started_at", at)
            flag = self.flags[experiment["feature_flag_id"]]
            experiment["feature_flag_snapshot"] = experiment["feature_flag_snapshot"] or deepcopy(flag)
            if experiment.get("levels") and experiment["current_level"] is None:
                experiment["current_level"] = experiment["levels"][0]
            for allocation in experiment["allocations"]:
                if allocation["variation_snapshot"] is None:
                    allocation["variation_snapshot"] = deepcopy(self.variations[allocation["variation_id"]])
                if allocation["segment_snapshot"] is None and "segment_id" in allocation:
                    allocation["segment_snapshot"] = deepcopy(self.segments[allocation["segment_id"]])
        if target == "completed" or (target == "archived" and experiment["status"] == "paused"):
            experiment["ended_at"] = at
        experiment["status"] = target

    def frozen(self, allocations: list[Body], before: list[Body]) -> list[Body]:
        """Return given allocations with the snapshots that the same variations and segments had before."""
        variations = {a["variation_id"]: a["variation_snapshot"] for a in before}
        segments = {a.get("segment_id"): a["segment_snapshot"] for a in before}
        return [
            given
            | {
                "variation_snapshot": variations.get(given["variation_id"]),
                "segment_snapshot": segments.get(given["segment_id"]) if "segment_id" in given else None,
            }
            for given in allocations
        ]

    def show(self, kind: str, body: Body) -> Body:
        """Return a thing as a reply of the tenant's generation has it, its fields in their order."""
        shown = deepcopy(body)
        if kind == "experiments":
            flag = self.flags.get(body["feature_flag_id"]) or body["feature_flag_snapshot"] or {}
            shown |= {"feature_flag_name": flag.get("name"), "editable_fields": self.editable(body)}
            shown["assignment_config"] = {"subject": "device"}
            shown["allocations"] = [self._show_allocation(a) for a in shown["allocations"]]
            if not shown.get("levels"):
                shown.pop("levels", None)
        if self.is_beta and kind == "variations":
            shown["overrides"] = {name: {"value": value} for name, value in shown["overrides"].items()}
        if self.is_beta:
            hidden = EA_ONLY | ({"status"} if kind == "segments" else set())
            shown = {name: value for name, value in shown.items() if name not in hidden}
        null = {"feature_flag_snapshot", "current_level"}
        ordered = [name for name in ORDER[kind].split() if name in shown]
        return {name: shown[name] for name in ordered if shown[name] is not None or name in null}

    def _show_allocation(self, allocation: Body) -> Body:
        variation = self.variations.get(allocation["variation_id"]) or allocation["variation_snapshot"]
        segment_id = allocation.get("segment_id")
        segment = self.segments.get(segment_id or "") or allocation["segment_snapshot"]
        shown = allocation | ({"variation_name": variation["name"]} if variation else {})
        if segment_id and segment:
            shown["segment_name"] = segment["name"]
        return {name: value for name, value in shown.items() if not (self.is_beta and name in EA_ONLY)}

    def _move(self, experiment: Body, current: str, target: str) -> Problems:
        if target not in EXPERIMENT_MOVES[current]:
            return {(400, "invalid_status_transition")}
        codes = self.blockers(experiment | {"status": current}) if target == "active" else []
        if not codes:
            return set()
        return {(400, codes[0] if len(codes) == 1 else "experiment_not_ready")}

    def _allocation_problems(self, flag_id: str, allocations: list[Body], known: set[str | None]) -> Problems:
        problems: Problems = set()
        mine = {v["id"] for v in self.variations_of(flag_id)}
        for allocation in allocations:
            if allocation["variation_id"] not in mine:
                problems.add((400, "variation_not_from_flag"))
            if "segment_id" not in allocation:
                continue
            segment = self.segments.get(allocation["segment_id"])
            if segment is None:
                problems.add((400, "segment_not_found"))
            elif segment["status"] == "archived" and segment["id"] not in known:
                problems.add((400, "segment_archived"))
        return problems

    def _living(self) -> list[Body]:
        return [e for e in self.experiments.values() if e["status"] != "archived"]


def _name_taken(things: dict[str, Body], kind: str, body: Body, own_id: str | None = None) -> Problems:
    others = {thing["name"] for thing in things.values() if thing["id"] != own_id}
    return {(409, f"{kind}_exists")} if body.get("name") in others else set()


def _override_problems(overrides: Body, parameters: Body) -> Problems:
    problems: Problems = set()
    for name, value in overrides.items():
        parameter = parameters.get(name)
        if parameter is None:
            problems.add((400, "override_key_invalid"))
        elif not isinstance(value, TYPES[parameter["type"]]) or isinstance(value, bool):
            problems.add((400, "override_type_mismatch"))
        elif value == parameter["value"]:
            problems.add((400, "override_equals_default"))
    return problems
