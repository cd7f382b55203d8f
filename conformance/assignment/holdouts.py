"""Holdouts of several sizes beside experiments of several kinds, and who asks."""

from conformance.assignment.configurations import FRENCH, Json, ask, by_segment, experiment
from conformance.assignment.groups import NORTH, group

SALT = "H" * 22
HOLDOUTS: list[Json] = [
    *({"slots": slots, "salt": SALT} for slots in (0, 1, 50_000, 200_000, 500_000, 999_999, 1_000_000)),
    {"slots": 1_000_000, "salt": "short"},
]
EXPERIMENTS: list[Json] = [
    experiment("split", 1),
    by_segment("segment", 2),
    experiment("coverage", 3, levels=[30], current_level=30),
    experiment("grouped", 4, **group(NORTH, (0, 400_000))),
    experiment("grouped", 5, **group(NORTH, (400_000, 600_000))),
    experiment("broken", 6, flag=None),
    experiment("draft", 7, status="draft"),
]
UNITS = [f"device-{i}" for i in range(10)]
ASKS: list[Json] = [
    *(ask(flow, unit) for flow in ("split", "coverage", "grouped") for unit in UNITS),
    *(ask("segment", unit, FRENCH) for unit in UNITS[:4]),
    *(ask(flow, "device-1") for flow in ("broken", "draft", "no such flow")),
    *(ask("split", unit) for unit in ("", "\ud800")),
    *(ask("split", unit, variation_id="var_short") for unit in UNITS[:2]),
    ask("split", "device-1", variation_id="var_nobody"),
    ask("draft", "device-1", experiment_id="exp_7"),
]
