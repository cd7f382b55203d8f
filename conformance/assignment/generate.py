"""Make the vectors anew: `python -m conformance.assignment.generate`.

The answers are those of the naive twin in `tests/conformance/twin`, never of the implementation that they test.
`xxh3.json` and `folding.json` come from outside and are not made here.
"""

import json
from pathlib import Path
from typing import Any

from conformance.assignment import groups, holdouts
from conformance.assignment.configurations import ASKS, EXPERIMENTS, REVISION
from conformance.assignment.rules import RULES
from tests.conformance.twin.coordinates import SLOTS, hash_of, is_exposed, slot_of, split_and_exposure
from tests.conformance.twin.decisions import decide
from tests.conformance.twin.ownership import claim, divide, lay_out, ranges_of, reweigh
from tests.conformance.twin.segments import is_in

FOLDER = Path(__file__).parent / "v1"
SALTS = ("1111111111111111111111", "7Fh2mVq9ZtXc4KdPnR8sWy", "zzzzzzzzzzzzzzzzzzzzzz")
UNITS = (
    "1",
    "device-1",
    "5a8b6aae-7b62-4c65-8d89-442e4e47c53d",
    "someone@example.com",
    "Zoë",
    "日本語",
    "e\u0301",
    "\u00e9",
    "🙂",
    "nul\u0000inside",
    " ",
    "x" * 74,
    "x" * 75,
    "x" * 106,
    "x" * 107,
    "x" * 218,
)
"""Of every length at which XXH3 goes another way, with the 22 characters of a salt before it."""
WEIGHTS = (
    [1],
    [1, 1],
    [500_000, 500_000],
    [1, 1, 1],
    [333_333, 333_333, 333_334],
    [0, 1],
    [1, 0, 2],
    [999_999, 1],
    [1, 999_999],
    [1, 1, 1, 1, 1, 1, 1],
    [3, 5, 7, 11, 13],
    [1] * 20,
    [10**18, 10**18, 1],
)
CHAINS = (
    [[("a", 500_000), ("b", 500_000)], [("a", 400_000), ("b", 600_000)], [("a", 500_000), ("b", 500_000)]],
    [[("a", 1), ("b", 1), ("c", 1)], [("a", 2), ("b", 1), ("c", 1)], [("b", 1), ("c", 1)], [("c", 1), ("b", 3)]],
    [[("a", 1), ("b", 1)], [("a", 1), ("c", 1)], [("d", 1)], [("d", 1), ("a", 1), ("b", 1), ("c", 1)]],
    [[("a", 900_000), ("b", 100_000)], [("b", 100_000), ("a", 900_000)], [("b", 0), ("a", 1)], [("b", 1), ("a", 0)]],
)
LEVELS = (0, 1, 5, 10, 33, 50, 99, 100)


def main() -> None:
    """Write every file that is made here."""
    write("hash", "salt and unit → 64-bit hash (hexadecimal), split point, exposure point, slot", make_hashes())
    write(
        "slots",
        "weights, in order → slots of each, by largest remainder",
        [{"weights": weights, "slots": divide(weights)} for weights in WEIGHTS],
    )
    write(
        "ranges",
        "chains of weights → ranges [first slot, slot after the last, owner]; the first step lays out, the others re-weigh",
        [make_chain(chain) for chain in CHAINS],
    )
    write("ramp", "exposure point and level → exposed or not; split point → slot", make_edges())
    write(
        "segments",
        "the rules of a segment, and a context → in it or not",
        [
            {"rules": rules, "contexts": [{"context": c, "is_in": is_in(rules, c)} for c in contexts]}
            for rules, contexts in RULES
        ],
    )
    asks = [ask | {"decision": shorten(decide(EXPERIMENTS, REVISION, ask))} for ask in ASKS]
    write("decisions", "a configuration, and who asks → decision", asks, revision=REVISION, experiments=EXPERIMENTS)
    about = "configurations with exclusion groups, and who asks → decision"
    configurations = ((groups.EXPERIMENTS, groups.ASKS), (groups.EVERYWHERE, groups.ASKS_EVERYWHERE))
    write("groups", about, [make_decisions(*given) for given in configurations], revision=REVISION)
    about = "configurations with a holdout, and who asks → decision"
    held = [make_decisions(holdouts.EXPERIMENTS, holdouts.ASKS, holdout=holdout) for holdout in holdouts.HOLDOUTS]
    write("holdout", about, held, revision=REVISION)
    write(
        "claims",
        "chains of who claims how many slots of a group → the spans [first slot, slot after the last] that each then has",
        [make_claims(chain) for chain in groups.CLAIMS],
    )


def make_decisions(experiments: list[Any], asks: list[Any], **more: Any) -> dict[str, Any]:
    """Return a configuration, and everybody who asks with what they get."""
    decided = [ask | {"decision": shorten(decide(experiments, REVISION, ask, **more))} for ask in asks]
    return {"experiments": experiments, **more, "asks": decided}


def make_claims(chain: list[tuple[str, int]]) -> list[dict[str, Any]]:
    """Return the steps of a chain."""
    owners: list[str | None] = [None] * SLOTS
    steps = []
    for member, count in chain:
        owners = claim(owners, member, count)
        spans: dict[str, list[list[int]]] = {}
        for start, stop, owner in ranges_of([owner or "" for owner in owners]):
            if owner:
                spans.setdefault(owner, []).append([start, stop])
        steps.append({"member": member, "slots": count, "spans": spans})
    return steps


def make_hashes() -> list[dict[str, Any]]:
    """Return each unit under each salt."""
    vectors = []
    for salt in SALTS:
        for unit in UNITS:
            hashed = hash_of(salt, unit)
            if hashed is None:
                raise ValueError(unit)
            split, exposure = split_and_exposure(hashed)
            coordinates = {"split": split, "exposure": exposure, "slot": slot_of(split)}
            vectors.append({"salt": salt, "unit": unit, "hash": f"{hashed:016x}"} | coordinates)
    return vectors


def make_chain(chain: list[list[tuple[str, int]]]) -> list[dict[str, Any]]:
    """Return the steps of a chain: laid out first, then re-weighed."""
    owners: list[str] = []
    steps = []
    for weights in chain:
        before = owners
        owners = reweigh(owners, weights) if owners else lay_out(weights)
        moved = sum(a != b for a, b in zip(before, owners, strict=True)) if before else 0
        steps.append({"weights": weights, "ranges": ranges_of(owners), "moved": moved})
    return steps


def make_edges() -> list[dict[str, Any]]:
    """Return the points at which exposure and slots change, and the points before them."""
    edges: list[dict[str, Any]] = []
    for level in LEVELS:
        limit = -(-level * 2**32 // 100)
        points = sorted({point for point in (0, limit - 1, limit, 2**32 - 1) if 0 <= point < 2**32})
        edges += [{"exposure": p, "level": level, "is_exposed": is_exposed(p, level)} for p in points]
    for slot in (0, 1, 2, 333_333, 499_999, 500_000, 999_998, SLOTS - 1):
        first = -(-slot * 2**32 // SLOTS)
        edges += [{"split": p, "slot": slot_of(p)} for p in (first - 1, first) if p >= 0]
    return [*edges, {"split": 2**32 - 1, "slot": slot_of(2**32 - 1)}]


def shorten(decision: dict[str, Any]) -> dict[str, Any]:
    """Return the decision without what is null, false or an empty config."""
    return {name: value for name, value in decision.items() if value is not None and value is not False and value != {}}


def write(name: str, about: str, vectors: list[Any], **more: Any) -> None:
    """Write one file."""
    document = {"version": 1, "about": about, "source": "tests/conformance/twin", **more, "vectors": vectors}
    FOLDER.joinpath(f"{name}.json").write_text(render(document) + "\n")


def render(value: Any, indent: str = "") -> str:
    """Return JSON with a line for each thing that is short enough to be read on one."""
    line = json.dumps(value)
    if len(line) <= 140 or not isinstance(value, dict | list):
        return line
    inner = indent + " "
    if isinstance(value, dict):
        parts = [f"{json.dumps(key)}: {render(part, inner)}" for key, part in value.items()]
        return "{\n" + ",\n".join(inner + part for part in parts) + "\n" + indent + "}"
    return "[\n" + ",\n".join(inner + render(part, inner) for part in value) + "\n" + indent + "]"


if __name__ == "__main__":
    main()
