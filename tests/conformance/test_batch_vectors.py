"""Columns get the answers in `conformance/assignment/v1`, too."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from signpost.batch import NOBODY, Assigned, assign, hash_units
from signpost.batch.xxh3 import LONGEST, SHORTEST, hash_rows
from tests.conformance.loading import load_experiment

FOLDER = Path(__file__).parents[2] / "conformance" / "assignment" / "v1"
UNDECIDED = {"no_experiment", "broken"}


def read(name: str) -> Any:
    return json.loads(FOLDER.joinpath(f"{name}.json").read_text())


DECISIONS = read("decisions")
PERCENTAGE = [
    e
    for e in DECISIONS["experiments"]
    if (e["allocation_strategy"], e["status"]) == ("percentage", "active")
    and e["flag"] is not None
    and e["variations"].keys() >= {a["variation_id"] for a in e["allocations"]}
]
"""Those that can be decided from ids, but for those whose flag or variation is gone, which a column does not ask for."""


def test_the_hash_is_the_one_that_xxhash_publishes() -> None:
    vectors = [(bytes.fromhex(v["bytes"]), v["hash"]) for group in read("xxh3")["groups"] for v in group["vectors"]]
    known = [(data, hashed) for data, hashed in vectors if SHORTEST <= len(data) <= LONGEST]

    for data, hashed in known:
        [found] = hash_rows(np.frombuffer(data, np.uint8).reshape(1, -1)).tolist()
        assert f"{found:016x}" == hashed
    assert {len(data) for data, _ in known} >= {SHORTEST, 128, 129, LONGEST}


def test_units_have_these_hashes() -> None:
    vectors = read("hash")["vectors"]
    salts = dict.fromkeys(v["salt"] for v in vectors)

    for salt in salts:
        mine = [v for v in vectors if v["salt"] == salt]
        assert [f"{h:016x}" for h in hash_units(salt, [v["unit"] for v in mine]).tolist()] == [v["hash"] for v in mine]


@pytest.mark.parametrize("experiment", PERCENTAGE, ids=lambda e: e["id"])
def test_who_asks_gets_this_decision(experiment: Any) -> None:
    asks = [
        v
        for v in DECISIONS["vectors"]
        if v["flow"] == experiment["authentication_flow"]
        and "override" not in v
        and v["decision"].get("declined_by", v["decision"].get("experiment_id")) in {experiment["id"], None}
    ]
    units = np.empty(len(asks), object)
    units[:] = [v["unit"] for v in asks]

    if any(v["decision"]["reason"] in UNDECIDED for v in asks):
        with pytest.raises(ValueError, match=r"."):
            assign(load_experiment(experiment), units)
    else:
        assigned = assign(load_experiment(experiment), units)
        assert name_each(assigned) == [v["decision"].get("variation_id") for v in asks]


def name_each(assigned: Assigned) -> list[str | None]:
    return [None if index == NOBODY else assigned.variation_ids[index] for index in assigned.indices.tolist()]
