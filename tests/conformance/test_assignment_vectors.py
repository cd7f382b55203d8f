"""The implementation, and the twin that made them, give the answers in `conformance/assignment/v1`."""

import json
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from xxhash import xxh3_64_intdigest

from conformance.assignment.generate import shorten
from signpost.assignment.decisions import Outcome, Reason
from signpost.assignment.folding import fold
from signpost.assignment.groups import claim_spans
from signpost.assignment.hashing import (
    exposure_limit,
    exposure_of,
    first_hash,
    hash_unit,
    is_exposed,
    slot_of,
    split_of,
)
from signpost.assignment.matching import compile_targets
from signpost.assignment.slots import divide_slots, lay_out, reweigh
from signpost.model.experiments import ExclusionGroup, Experiment
from signpost.testing.builders import an_experiment
from tests.conformance.loading import decide, load_plan, load_segment
from tests.conformance.twin import coordinates, ownership, segments
from tests.conformance.twin.decisions import decide as decide_naively
from tests.conformance.twin.xxh3 import xxh3_64

FOLDER = Path(__file__).parents[2] / "conformance" / "assignment" / "v1"


def read(name: str) -> Any:
    return json.loads(FOLDER.joinpath(f"{name}.json").read_text())


DECISIONS = read("decisions")
PLAN = load_plan(DECISIONS["experiments"], DECISIONS["revision"])


@pytest.mark.parametrize("vector", [v for g in read("xxh3")["groups"] for v in g["vectors"]])
def test_the_hash_is_the_one_that_xxhash_publishes(vector: Mapping[str, str]) -> None:
    data = bytes.fromhex(vector["bytes"])

    assert f"{xxh3_64_intdigest(data):016x}" == vector["hash"]
    assert f"{xxh3_64(data):016x}" == vector["hash"]


@pytest.mark.parametrize("vector", read("hash")["vectors"])
def test_a_unit_has_these_coordinates(vector: Mapping[str, Any]) -> None:
    hashed = hash_unit(vector["salt"], vector["unit"])

    assert f"{hashed:016x}" == vector["hash"]
    assert (split_of(hashed), exposure_of(hashed)) == (vector["split"], vector["exposure"])
    assert slot_of(split_of(hashed)) == vector["slot"]
    assert first_hash(vector["slot"]) <= hashed < first_hash(vector["slot"] + 1)


@pytest.mark.parametrize("vector", read("hash")["vectors"])
def test_the_twin_gives_a_unit_the_same_coordinates(vector: Mapping[str, Any]) -> None:
    assert coordinates.hash_of(vector["salt"], vector["unit"]) == int(vector["hash"], 16)


@pytest.mark.parametrize("vector", read("slots")["vectors"])
def test_weights_are_divided_into_these_slots(vector: Mapping[str, Any]) -> None:
    assert list(divide_slots(vector["weights"])) == vector["slots"]


@pytest.mark.parametrize("chain", read("ranges")["vectors"])
def test_weights_are_laid_out_and_re_weighed_into_these_ranges(chain: list[Mapping[str, Any]]) -> None:
    ranges = None
    for step in chain:
        ranges = reweigh(ranges, dict(step["weights"])) if ranges else lay_out(dict(step["weights"]))

        assert [[piece.start, piece.stop, piece.variation_id] for piece in ranges] == step["ranges"]


@pytest.mark.parametrize("vector", read("ramp")["vectors"])
def test_exposure_and_slots_change_at_these_points(vector: Mapping[str, Any]) -> None:
    if "level" in vector:
        assert is_exposed(vector["exposure"], vector["level"]) == vector["is_exposed"]
        assert (vector["exposure"] < exposure_limit(vector["level"])) == vector["is_exposed"]
    else:
        assert slot_of(vector["split"]) == vector["slot"]
        assert first_hash(vector["slot"]) <= vector["split"] << 32 < first_hash(vector["slot"] + 1)


def test_case_folds_as_unicode_says() -> None:
    foldings: Mapping[str, str] = read("folding")["foldings"]

    assert {c: fold(c) for c in foldings} == foldings
    assert {c: segments.fold(c) for c in foldings} == foldings
    assert all(fold(chr(i)) == chr(i) for i in range(0x3000) if chr(i) not in foldings)


@pytest.mark.parametrize("vector", read("segments")["vectors"])
def test_contexts_are_in_these_segments(vector: Mapping[str, Any]) -> None:
    inside, outside = Outcome(Reason.SEGMENT, 1), Outcome(Reason.FALLBACK, 1)
    segment = load_segment("seg", vector["rules"])
    evaluate = compile_targets("1" * 22, [(segment, inside)], outside)

    found = [evaluate("unit", v["context"])[0] is inside for v in vector["contexts"]]

    assert found == [v["is_in"] for v in vector["contexts"]]


@pytest.mark.parametrize("vector", read("segments")["vectors"])
def test_the_twin_finds_contexts_in_the_same_segments(vector: Mapping[str, Any]) -> None:
    assert [segments.is_in(vector["rules"], v["context"]) for v in vector["contexts"]] == [
        v["is_in"] for v in vector["contexts"]
    ]


@pytest.mark.parametrize("vector", DECISIONS["vectors"])
def test_who_asks_gets_this_decision(vector: Mapping[str, Any]) -> None:
    assert shorten(decide(PLAN, vector)) == vector["decision"]


@pytest.mark.parametrize("vector", DECISIONS["vectors"][::7])
def test_the_twin_still_gives_the_same_decision(vector: Mapping[str, Any]) -> None:
    assert shorten(decide_naively(DECISIONS["experiments"], DECISIONS["revision"], vector)) == vector["decision"]


@pytest.mark.parametrize("vector", read("groups")["vectors"])
def test_who_asks_in_a_group_gets_this_decision(vector: Mapping[str, Any]) -> None:
    revision = read("groups")["revision"]
    plan = load_plan(vector["experiments"], revision)

    expected = [ask["decision"] for ask in vector["asks"]]

    assert [shorten(decide(plan, ask)) for ask in vector["asks"]] == expected
    assert [shorten(decide_naively(vector["experiments"], revision, ask)) for ask in vector["asks"]] == expected


@pytest.mark.parametrize("vector", read("holdout")["vectors"])
def test_who_asks_beside_a_holdout_gets_this_decision(vector: Mapping[str, Any]) -> None:
    revision, holdout = read("holdout")["revision"], vector["holdout"]
    plan = load_plan(vector["experiments"], revision, holdout)

    expected = [ask["decision"] for ask in vector["asks"]]

    assert [shorten(decide(plan, ask)) for ask in vector["asks"]] == expected
    assert [
        shorten(decide_naively(vector["experiments"], revision, ask, holdout)) for ask in vector["asks"]
    ] == expected


@pytest.mark.parametrize("chain", read("claims")["vectors"])
def test_slots_of_a_group_are_claimed_so(chain: Sequence[Mapping[str, Any]]) -> None:
    members: dict[str, Experiment] = {}

    for step in chain:
        name = step["member"]
        spans = members[name].exclusion_group.spans if name in members else ()  # type: ignore[union-attr]
        members[name] = an_experiment(1, exclusion_group=ExclusionGroup("group", step["slots"], "1" * 22, spans))
        claimed = claim_spans(members[name], [e for other, e in members.items() if other != name])
        members[name] = an_experiment(1, exclusion_group=ExclusionGroup("group", step["slots"], "1" * 22, claimed))

        found = {
            n: [[s.start, s.stop] for s in e.exclusion_group.spans] for n, e in members.items() if e.exclusion_group
        }
        assert {n: listed for n, listed in found.items() if listed} == step["spans"]


def test_weights_move_as_few_slots_as_can_be() -> None:
    for chain in read("ranges")["vectors"]:
        for before, after in pairwise(chain):
            held, wanted = ({v: 0 for v, _ in after["weights"] + before["weights"]} for _ in range(2))
            for start, stop, variation in before["ranges"]:
                held[variation] += stop - start
            for start, stop, variation in after["ranges"]:
                wanted[variation] += stop - start

            assert after["moved"] == sum(max(0, held[v] - wanted[v]) for v in held)


def test_the_twin_lays_out_the_same_ranges() -> None:
    [first, *_] = read("ranges")["vectors"]

    owners = ownership.lay_out([tuple(pair) for pair in first[0]["weights"]])

    assert [list(piece) for piece in ownership.ranges_of(owners)] == first[0]["ranges"]
