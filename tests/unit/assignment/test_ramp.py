"""Ramps: raising a level only adds, and never moves a unit between treatments."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment import Candidate, Outcome, Reason, prepare
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus
from signpost.testing.builders import a_flag, a_variation, an_experiment

VARIATIONS = {
    v.id: v for v in (a_variation(1), a_variation(2, overrides={"steps": 2}), a_variation(3, overrides={"steps": 3}))
}
CONTROL, FIRST, SECOND = VARIATIONS
ROLLOUT = an_experiment(
    status=ExperimentStatus.ACTIVE,
    levels=tuple(range(101)),
    current_level=0,
    allocations=(
        Allocation(CONTROL, is_control=True),
        Allocation(FIRST, is_control=False),
        Allocation(SECOND, is_control=False),
    ),
)
COVERAGE = replace(
    ROLLOUT,
    allocations=(
        Allocation(CONTROL, is_control=True, weight_slots=500_000),
        Allocation(FIRST, is_control=False, weight_slots=300_000),
        Allocation(SECOND, is_control=False, weight_slots=200_000),
    ),
)
levels = st.tuples(st.integers(0, 100), st.integers(0, 100)).map(sorted)
units = st.text(min_size=1, max_size=20)


def decide(experiment: Experiment, level: int, unit: str) -> Outcome:
    at_level = replace(experiment, current_level=level)
    plan = prepare([Candidate(at_level, a_flag(), VARIATIONS, {})], revision=1).plan
    return plan.decide("authentication", unit, {})[0]


@given(levels, units)
def test_a_level_raised_leaves_who_has_a_treatment_where_they_are(pair: list[int], unit: str) -> None:
    lower, higher = (decide(ROLLOUT, level, unit) for level in pair)

    assert lower.is_enrolled
    assert higher.is_enrolled
    assert lower.reason is Reason.ROLLOUT_CONTROL or lower.variation_id == higher.variation_id
    assert (higher.reason is Reason.ROLLOUT_CONTROL) == higher.is_control == (higher.variation_id == CONTROL)


@given(levels, units)
def test_coverage_raised_leaves_who_is_covered_where_they_are(pair: list[int], unit: str) -> None:
    lower, higher = (decide(COVERAGE, level, unit) for level in pair)

    assert lower.reason is Reason.NOT_EXPOSED or lower.variation_id == higher.variation_id


@given(units)
def test_nobody_is_exposed_at_0_and_everybody_at_100(unit: str) -> None:
    assert decide(ROLLOUT, 0, unit).variation_id == CONTROL
    assert decide(ROLLOUT, 100, unit).reason is Reason.ROLLOUT_TREATMENT
    assert decide(COVERAGE, 0, unit).reason is Reason.NOT_EXPOSED
    assert decide(COVERAGE, 100, unit).reason is Reason.SPLIT


def test_about_the_share_of_the_level_is_exposed() -> None:
    exposed = sum(decide(COVERAGE, 30, f"device-{i}").is_enrolled for i in range(4_000))

    assert 1_080 < exposed < 1_320  # 30 % of 4,000, and four standard deviations on each side
