"""A configuration with one experiment of each kind, each in a flow of its own, and who asks in it."""

from typing import Any

Json = dict[str, Any]

REVISION = 42
OWN_FLAG = {"type": "self", "parameters": {"title": "Sign in", "steps": 1, "layout": {"columns": 2}, "hints": []}}
SERVER_FLAG = {"type": "auth0", "parameters": {"primary": "#000000", "logo": "left"}}
VARIATIONS = {
    "var_baseline": {"name": "baseline", "overrides": {}},
    "var_short": {"name": "short", "overrides": {"steps": 2}},
    "var_long": {"name": "long", "overrides": {"title": "Welcome", "layout": {"columns": 1}}},
}
COLOURS = {
    "var_black": {"name": "black", "overrides": {}},
    "var_red": {"name": "red", "overrides": {"primary": "#ff0000"}},
}
SEGMENTS = {
    "seg_mobile": {"rules": [{"match": {"device_type": ["mobile", "tablet"]}}]},
    "seg_france": {"rules": [{"match": {"country": ["FR"]}}, {"match": {"region": {"starts_with": ["FR-"]}}}]},
}


def weighted(**slots: int | None) -> list[Json]:
    """The first is the control."""
    return [
        {"variation_id": f"var_{name}", "is_control": i == 0, "weight_slots": weight}
        for i, (name, weight) in enumerate(slots.items())
    ]


def experiment(flow: str, number: int, **changes: Any) -> Json:
    """Return an active experiment with an even split, but for what is said."""
    return {
        "id": f"exp_{number}",
        "salt": f"{number}".replace("0", "z").rjust(22, "A"),
        "recipe_version": 1,
        "authentication_flow": flow,
        "status": "active",
        "created_at": number,
        "allocation_strategy": "percentage",
        "default_config": None,
        "levels": [],
        "current_level": None,
        "slot_ranges": [],
        "allocations": weighted(baseline=500_000, short=500_000),
        "flag": OWN_FLAG,
        "variations": VARIATIONS,
        "segments": {},
    } | changes


def by_segment(flow: str, number: int, **changes: Any) -> Json:
    """Return an active experiment with two segments and a fallback, but for what is said."""
    allocations = [
        {"variation_id": "var_baseline", "is_control": True, "is_fallback": True},
        {"variation_id": "var_short", "is_control": False, "segment_id": "seg_france", "priority": 2},
        {"variation_id": "var_long", "is_control": False, "segment_id": "seg_mobile", "priority": 1},
    ]
    plain = {"allocation_strategy": "segment", "allocations": allocations, "segments": SEGMENTS}
    return experiment(flow, number, **(plain | changes))


COLOUR_SPLIT = {"flag": SERVER_FLAG, "variations": COLOURS, "allocations": weighted(black=500_000, red=500_000)}
RANGES = [[0, 250_000, "var_baseline"], [250_000, 500_000, "var_short"], [500_000, 1_000_000, "var_baseline"]]
THREE = weighted(baseline=None, short=None, long=None)

EXPERIMENTS: list[Json] = [
    experiment("split", 1),
    experiment("ranges", 2, slot_ranges=RANGES, allocations=weighted(baseline=750_000, short=250_000)),
    experiment("thirds", 3, allocations=weighted(baseline=1, short=1, long=1)),
    experiment(
        "twice", 4, allocations=[*weighted(baseline=400_000, short=300_000), *weighted(long=0, short=300_000)[1:]]
    ),
    experiment("rollout", 5, levels=[10, 50, 100], current_level=50, allocations=THREE),
    experiment("rollout at 0", 6, levels=[0, 100], current_level=0, allocations=THREE),
    experiment("rollout at 100", 7, levels=[100], current_level=100, allocations=THREE),
    experiment("coverage", 8, levels=[5, 30], current_level=30),
    experiment("tenant", 9, default_config="tenant", **COLOUR_SPLIT),
    experiment("flag", 10, default_config="flag", **COLOUR_SPLIT),
    experiment("unsaid", 11, default_config=None, **COLOUR_SPLIT),
    by_segment("segment", 12),
    experiment("draft", 13, status="draft"),
    by_segment("paused", 14, status="paused"),
    experiment("completed", 15, status="completed", levels=[1], current_level=1),
    experiment("archived", 16, status="archived", levels=[1], current_level=1, allocations=THREE),
    experiment("two", 17, status="active"),
    experiment("two", 18, status="active"),
    experiment("recipe 2", 19, recipe_version=2),
    experiment("salt", 20, salt="short"),
    experiment("no flag", 21, flag=None),
    experiment("no variation", 22, variations={"var_baseline": VARIATIONS["var_baseline"]}),
    experiment("gap", 23, slot_ranges=[[0, 1, "var_baseline"], [2, 1_000_000, "var_short"]]),
    experiment("end", 24, slot_ranges=[[0, 999_999, "var_baseline"]]),
    experiment("stranger", 25, slot_ranges=[[0, 1_000_000, "var_long"]]),
    experiment("nothing", 26, allocations=[]),
    experiment("weightless", 27, allocations=THREE),
    experiment("no control", 28, levels=[50], current_level=50, allocations=THREE[1:]),
    experiment("control last", 33, allocations=weighted(long=0, short=1, baseline=1)[1:] + weighted(short=2)),
    by_segment("no segment", 29, segments={}),
    by_segment("no rule", 30, segments=SEGMENTS | {"seg_mobile": {"rules": []}}),
    by_segment("no condition", 31, segments=SEGMENTS | {"seg_mobile": {"rules": [{}]}}),
    by_segment(
        "no fallback",
        32,
        allocations=[{"variation_id": "var_long", "is_control": True, "segment_id": "seg_france", "priority": 1}],
    ),
]

UNITS = [f"device-{i}" for i in range(12)]
BAD_UNITS: list[Any] = ["", "\ud800", None, 7, ["device-1"]]
MOBILE, FRENCH = {"device_type": "Mobile"}, {"region": "fr-idf"}


def ask(flow: str, unit: Any, context: Json | None = None, **override: str) -> Json:
    """Return one who asks, with an override if one is given."""
    return {"flow": flow, "unit": unit, "context": context or {}} | ({"override": override} if override else {})


ASKS: list[Json] = [
    *(ask(e["authentication_flow"], unit) for e in EXPERIMENTS[:11] for unit in UNITS),
    *(ask(e["authentication_flow"], "device-1") for e in EXPERIMENTS[11:]),
    *(ask("control last", unit) for unit in UNITS),
    *(
        ask("segment", "device-1", c)
        for c in (MOBILE, FRENCH, MOBILE | FRENCH, {"country": 7, "device_type": ["mobile"]})
    ),
    *(ask(flow, unit) for flow in ("split", "segment", "coverage", "no such flow", "gap") for unit in BAD_UNITS),
    *(ask("no such flow", unit, experiment_id=f"exp_{i}") for i in (1, 5, 8, 13, 15, 16) for unit in UNITS[:4]),
    *(ask("no such flow", "device-1", c, experiment_id="exp_14") for c in ({}, MOBILE, FRENCH)),
    ask("split", "device-1", experiment_id="exp_13", variation_id="var_short"),
    ask("split", "device-1", variation_id="var_short"),
    ask("split", "device-1", variation_id="var_baseline"),
    ask("split", "device-1", variation_id="var_long"),
    ask("split", "device-1", experiment_id="exp_0"),
    ask("split", "device-1", experiment_id="exp_1", variation_id="var_nobody"),
    ask("split", "device-1", segment_id="seg_mobile"),
    ask("no such flow", "device-1", variation_id="var_short"),
    ask("gap", "device-1", variation_id="var_short"),
    ask("split", "device-1", experiment_id="exp_23"),
    ask("rollout at 0", "device-1", variation_id="var_long"),
    ask("coverage", "device-0", variation_id="var_short"),
    ask("segment", "device-1", segment_id="seg_france"),
    ask("segment", "device-1", MOBILE, segment_id="seg_france"),
    ask("segment", "device-1", FRENCH, segment_id="seg_mobile"),
    ask("segment", "device-1", segment_id="seg_nobody"),
    ask("segment", "device-1", variation_id="var_short", segment_id="seg_mobile"),
    ask("segment", "device-1", variation_id="var_short", segment_id="seg_nobody"),
    *(ask("split", unit, variation_id="var_short") for unit in BAD_UNITS),
]
