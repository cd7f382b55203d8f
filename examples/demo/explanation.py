"""Recomputes a decision with nothing but its log entry, the experiment, and the published recipe."""

from collections.abc import Iterator
from typing import Any

import xxhash

SLOTS = 1_000_000


def explain(entry: dict[str, Any], experiment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the steps from a device's id to what it was shown: what is done, and what comes out.

    The weights of this experiment were never changed, so its variations own one range of slots each, in order.
    """
    logged = entry["details"]
    unit = logged["assignment"]["unit"]
    salt = experiment["id"].removeprefix("exp_")
    hashed = xxhash.xxh3_64_intdigest(f"{salt}{unit}".encode())
    split = hashed >> 32
    slot = split * SLOTS >> 32
    yield "salt of the experiment + device", f"{salt} + {unit}"
    yield "XXH3_64 of that", f"{hashed:#018x}"
    yield "its upper half: the split point", f"{split:#010x}"
    yield f"× {SLOTS:,} ÷ 2³²: the slot", f"{slot:,}"
    start, owner = 0, ""
    for allocation in experiment["allocations"]:
        stop = start + allocation["weight"] * SLOTS // 100
        is_owner = start <= slot < stop
        owner = allocation["variation_id"] if is_owner else owner
        yield f"slots {start:,} … {stop - 1:,}", allocation["variation_name"] + (" ◀ this one" if is_owner else "")
        start = stop
    agrees = (logged["assignment"]["split"], logged["experiment"]["variation_id"]) == (split, owner)
    yield "the log", "says the same" if agrees else f"says otherwise: {logged}"
