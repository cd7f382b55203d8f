"""Recomputes a decision with nothing but its log entry, the experiment, and the published recipe."""

from collections.abc import Iterator
from typing import Any

import xxhash

SLOTS = 1_000_000


def recompute(entry: dict[str, Any], experiment: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return the steps from a device's id to what it was shown: what is done, and what comes out.

    The weights of this experiment were never changed, so its variations own one range of slots each, in order.
    """
    logged = entry["details"]
    salt = experiment["id"].removeprefix("exp_")
    split = xxhash.xxh3_64_intdigest(f"{salt}{logged['assignment']['unit']}".encode()) >> 32
    slot = split * SLOTS >> 32
    yield "upper half of XXH3_64(salt + device), × 1,000,000 ÷ 2³²", f"slot {slot:,}"
    stop = 0
    owner: dict[str, Any] = {}
    for allocation in experiment["allocations"]:
        stop += allocation["weight"] * SLOTS // 100
        if not owner and slot < stop:
            owner = allocation
    yield "which belongs to", str(owner["variation_name"])
    agrees = (logged["assignment"]["split"], logged["experiment"]["variation_id"]) == (split, owner["variation_id"])
    yield "the log", "says the same" if agrees else f"says otherwise: {logged}"
