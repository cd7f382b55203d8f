"""A column gets what each of its units would get from the plan."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment import Candidate, Reason, prepare
from signpost.assignment.hashing import exposure_of, hash_unit, split_of
from signpost.assignment.slots import lay_out, ranges_for, reweigh
from signpost.batch import NOBODY, ContextNeededError, assign
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, SlotRange, Strategy
from signpost.testing.builders import a_flag, a_variation, an_experiment

VARIATIONS = {v.id: v for v in map(a_variation, range(1, 5))}
A, B, C, D = VARIATIONS
UNITS = [f"device-{i}" for i in range(2_000)]
THREE = (
    Allocation(A, is_control=True, weight_slots=500_000),
    Allocation(B, is_control=False, weight_slots=300_000),
    Allocation(C, is_control=False, weight_slots=200_000),
)
WEIGHTLESS = tuple(replace(allocation, weight_slots=None) for allocation in THREE)
MANY = tuple(SlotRange(i * 25_000, (i + 1) * 25_000, (A, B, C)[i % 3]) for i in range(40))
EXPERIMENTS = {
    "plain": an_experiment(),
    "three": an_experiment(allocations=THREE),
    "twice": an_experiment(allocations=(*THREE[:2], replace(THREE[2], variation_id=A))),
    "nothing for one": an_experiment(allocations=(*THREE, Allocation(D, is_control=False, weight_slots=0))),
    "re-weighed": an_experiment(allocations=THREE, slot_ranges=reweigh(lay_out({A: 1, B: 1}), {C: 3, B: 1, A: 2})),
    "many ranges": an_experiment(allocations=THREE, slot_ranges=MANY),
    "rollout": an_experiment(allocations=WEIGHTLESS, levels=(10, 40), current_level=40),
    "rollout at its first level": an_experiment(allocations=WEIGHTLESS, levels=(10, 40)),
    "rollout at 0": an_experiment(allocations=WEIGHTLESS, levels=(0, 40), current_level=0),
    "rollout at 100": an_experiment(allocations=WEIGHTLESS, levels=(0, 100), current_level=100),
    "coverage": an_experiment(allocations=THREE, levels=(10, 40), current_level=40),
}


def decide_each(experiment: Experiment, units: list[Any]) -> list[str | None]:
    active = replace(experiment, status=ExperimentStatus.ACTIVE)
    prepared = prepare([Candidate(active, a_flag(), VARIATIONS, {})], revision=1)
    assert not prepared.warnings
    return [prepared.plan.decide("authentication", unit, {})[0].variation_id for unit in units]


def decide_together(experiment: Experiment, units: list[Any]) -> list[str | None]:
    assigned = assign(experiment, units)
    return [None if index == NOBODY else assigned.variation_ids[index] for index in assigned.indices.tolist()]


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_a_column_is_decided_as_its_units_are(name: str) -> None:
    experiment = EXPERIMENTS[name]

    assert decide_together(experiment, UNITS) == decide_each(experiment, UNITS)


@given(st.sampled_from(sorted(EXPERIMENTS)), st.lists(st.text() | st.just("\ud800"), max_size=20))
def test_any_units_are_decided_as_one_by_one(name: str, units: list[str]) -> None:
    experiment = EXPERIMENTS[name]

    assert decide_together(experiment, units) == decide_each(experiment, units)


@st.composite
def experiments(draw: st.DrawFn) -> Experiment:
    chosen = draw(st.lists(st.sampled_from((A, B, C, D)), min_size=2, max_size=6, unique=True))
    weights = draw(st.lists(st.integers(1, 9), min_size=len(chosen), max_size=len(chosen)))
    weightless = draw(st.booleans())
    levels = tuple(sorted(draw(st.sets(st.integers(0, 100), min_size=int(weightless), max_size=3))))
    allocations = tuple(
        Allocation(v, is_control=i == 0, weight_slots=None if weightless else w * 1_000)
        for i, (v, w) in enumerate(zip(chosen, weights, strict=True))
    )
    experiment = an_experiment(
        draw(st.integers(0, 2**64)),
        allocations=allocations,
        levels=levels,
        current_level=draw(st.sampled_from((None, *levels))),
    )
    before = draw(st.dictionaries(st.sampled_from((A, B, C, D)), st.integers(1, 5), min_size=1))
    return replace(experiment, slot_ranges=ranges_for(replace(experiment, slot_ranges=lay_out(before))))


@given(experiments(), st.lists(st.text(max_size=30), min_size=1, max_size=20))
def test_any_experiment_is_decided_as_one_by_one(experiment: Experiment, units: list[str]) -> None:
    assert decide_together(experiment, units) == decide_each(experiment, units)


def test_hashes_are_kept_when_asked_for() -> None:
    experiment = EXPERIMENTS["coverage"]
    hashes = [hash_unit(experiment.salt, unit) for unit in UNITS]

    assigned = assign(experiment, np.array(UNITS), keep_hashes=True)

    assert assigned.hashes is not None
    assert assigned.hashes.tolist() == hashes
    assert assigned.splits.tolist() == list(map(split_of, hashes))
    assert assigned.exposures.tolist() == list(map(exposure_of, hashes))


def test_points_that_were_not_kept_are_refused() -> None:
    with pytest.raises(ValueError, match="keep_hashes=True"):
        _ = assign(an_experiment(), UNITS).splits


def test_an_empty_column_has_an_empty_answer() -> None:
    assigned = assign(an_experiment(), [], keep_hashes=True)

    assert assigned.indices.tolist() == []
    assert assigned.splits.tolist() == []


def test_segments_need_more_than_ids() -> None:
    experiment = an_experiment(strategy=Strategy.SEGMENT)

    with pytest.raises(ContextNeededError, match="attributes of each request") as caught:
        assign(experiment, UNITS)

    assert caught.value.experiment_id == experiment.id


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"recipe_version": 2}, "recipe version 2"),
        ({"salt": "short"}, "22 base58"),
        ({"allocations": ()}, "no allocation"),
        ({"allocations": WEIGHTLESS}, "end at 0"),
        ({"slot_ranges": (SlotRange(0, 1, A), SlotRange(2, 1_000_000, B))}, "where 1 is expected"),
        ({"slot_ranges": (SlotRange(0, 1_000_000, D),)}, "not allocated"),
        ({"allocations": WEIGHTLESS[1:], "levels": (50,)}, "no control"),
    ],
    ids=str,
)
def test_what_the_plan_calls_broken_is_refused(change: dict[str, Any], complaint: str) -> None:
    experiment = an_experiment(status=ExperimentStatus.ACTIVE, **change)
    plan = prepare([Candidate(experiment, a_flag(), VARIATIONS, {})], revision=1).plan
    assert plan.decide("authentication", "device-1", {})[0].reason is Reason.BROKEN

    with pytest.raises(ValueError, match=complaint):
        assign(experiment, UNITS)
