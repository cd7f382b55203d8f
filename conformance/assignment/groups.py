"""Exclusion groups: configurations in which several experiments are active in one flow, who asks, and how slots are claimed."""

from typing import Any

from conformance.assignment.configurations import FRENCH, MOBILE, Json, ask, by_segment, experiment

NORTH, SOUTH = "N" * 22, "S" * 22


def group(salt: str, *spans: tuple[int, int], name: str = "north") -> Json:
    """Return what an experiment has of its group."""
    return {"exclusion_group": {"name": name, "salt": salt, "spans": [list(span) for span in spans]}}


EXPERIMENTS: list[Json] = [
    experiment("grouped", 1, **group(NORTH, (0, 300_000))),
    by_segment("grouped", 2, **group(NORTH, (300_000, 400_000), (500_000, 700_000))),
    experiment("grouped", 3, levels=[50], current_level=50, **group(NORTH, (400_000, 500_000))),
    experiment("grouped", 4, status="paused", **group(NORTH, (700_000, 800_000))),
    experiment("grouped", 5, **group(SOUTH, (0, 1_000_000))),
    experiment("grouped", 6, **group(NORTH, (0, 1_000_000), name="south")),
    experiment("grouped", 7),
    experiment("whole", 8, **group(SOUTH, (0, 1_000_000), name="whole")),
    experiment("none", 9, **group(SOUTH, name="none")),
    experiment("overlap", 10, **group(SOUTH, (200_000, 600_000), name="overlap")),
    experiment("overlap", 11, **group(SOUTH, (0, 1_000_000), name="overlap")),
    experiment("outside", 12, **group(SOUTH, (-5, 10), (900_000, 2_000_000), (50, 40), name="outside")),
    experiment("no salt", 13, **group("short", (0, 1_000_000), name="no salt")),
    experiment("no salt", 14, **group(NORTH, (0, 1_000_000), name="no salt")),
    experiment("broken", 15, flag=None, **group(SOUTH, (0, 500_000), name="broken")),
    experiment("broken", 16, **group(SOUTH, (500_000, 1_000_000), name="broken")),
    experiment("loner", 17),
    experiment("loner", 18, **group(SOUTH, (0, 1_000_000), name="loner")),
]
EVERYWHERE: list[Json] = [
    experiment("all", 1, **group(NORTH, (0, 500_000))),
    experiment("some", 2, **group(NORTH, (500_000, 900_000))),
]
UNITS = [f"device-{i}" for i in range(24)]
BAD_UNITS: list[Any] = ["", "\ud800", None]
ASKS: list[Json] = [
    *(ask("grouped", unit) for unit in UNITS),
    *(ask("grouped", unit, context) for unit in UNITS[:8] for context in (MOBILE, FRENCH)),
    *(ask(flow, unit) for flow in ("none", "overlap", "outside", "broken", "loner") for unit in UNITS[:8]),
    *(ask(flow, unit) for flow in ("whole", "no salt") for unit in UNITS[:3]),
    *(ask(flow, unit) for flow in ("grouped", "none", "no salt", "broken") for unit in BAD_UNITS),
    *(ask("grouped", unit, experiment_id="exp_3") for unit in UNITS[:3]),
    *(ask("grouped", unit, variation_id="var_short") for unit in UNITS[:3]),
    *(ask("grouped", unit, segment_id="seg_mobile") for unit in UNITS[:3]),
    *(ask("grouped", unit, variation_id="var_nobody") for unit in UNITS[:3]),
    ask("broken", "device-1", variation_id="var_short"),
    ask("overlap", "device-1", experiment_id="exp_11"),
]
ASKS_EVERYWHERE: list[Json] = [ask(flow, unit) for flow in ("some", "another") for unit in UNITS[:12]]
CLAIMS: tuple[list[tuple[str, int]], ...] = (
    [("a", 250_000), ("b", 250_000), ("c", 500_000)],
    [("a", 250_000), ("b", 250_000), ("a", 100_000), ("c", 400_000), ("a", 250_000)],
    [("a", 1), ("b", 1), ("c", 1), ("b", 0), ("d", 3), ("c", 0), ("a", 999_000)],
    [("a", 300_000), ("b", 300_000), ("a", 0), ("c", 100_000), ("b", 200_000), ("c", 800_000)],
)
"""Chains of who claims how many slots; 0 frees them, as the end of an experiment does."""
