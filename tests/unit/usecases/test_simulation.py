"""A simulation counts what the plan would decide, and who moves when the experiment changes."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.sample_ratio import SampleRatio
from signpost.assignment import Candidate, Plan, prepare
from signpost.assignment.slots import ranges_for
from signpost.batch import ContextNeededError
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment
from signpost.usecases.simulation import Move, Simulation, change_experiment, simulate_requests, simulate_units

VARIATIONS = {v.id: v for v in map(a_variation, (1, 2, 3))}
A, B, C = VARIATIONS
SEGMENT = a_segment()
UNITS = [f"device-{i}" for i in range(20_000)]
ARMS = (
    Allocation(A, is_control=True, weight_slots=500_000),
    Allocation(B, is_control=False, weight_slots=300_000),
    Allocation(C, is_control=False, weight_slots=200_000),
)
WEIGHTLESS = tuple(replace(arm, weight_slots=None) for arm in ARMS)
PLAIN = an_experiment(allocations=ARMS)
ROLLOUT = an_experiment(allocations=WEIGHTLESS, levels=(10, 50))
COVERAGE = an_experiment(allocations=ARMS, levels=(10, 50), current_level=10)
BY_SEGMENT = an_experiment(
    strategy=Strategy.SEGMENT,
    allocations=(
        Allocation(A, is_control=True, is_fallback=True),
        Allocation(B, is_control=False, segment_id=SEGMENT.id, priority=1),
    ),
)


def candidate(experiment: Experiment) -> Candidate:
    return Candidate(experiment, a_flag(), VARIATIONS, {SEGMENT.id: SEGMENT})


def plan_of(experiment: Experiment) -> Plan:
    return prepare([candidate(replace(experiment, status=ExperimentStatus.ACTIVE))], revision=1).plan


def count_each(*experiments: Experiment, units: Sequence[str] = UNITS) -> Counter[tuple[str | None, ...]]:
    plans = [plan_of(experiment) for experiment in experiments]
    return Counter(tuple(plan.decide("authentication", unit, {})[0].variation_id for plan in plans) for unit in units)


def counts_of(simulation: Simulation) -> dict[tuple[str | None, ...], int]:
    return {(arm.variation_id,): arm.units for arm in simulation.before.arms if arm.units}


@pytest.mark.parametrize("experiment", [PLAIN, ROLLOUT, COVERAGE], ids=["plain", "rollout", "coverage"])
def test_units_are_counted_as_they_are_decided(experiment: Experiment) -> None:
    simulation = simulate_units(candidate(experiment), [UNITS[:7], np.array(UNITS[7:])])

    assert counts_of(simulation) == count_each(experiment)
    assert (simulation.units, simulation.unusable, simulation.after, simulation.flow) == (20_000, 0, None, ())


@pytest.mark.parametrize(
    ("experiment", "planned"),
    [
        (PLAIN, {A: 0.5, B: 0.3, C: 0.2}),
        (ROLLOUT, {A: 0.9, B: 0.05, C: 0.05}),
        (COVERAGE, {A: 0.05, B: 0.03, C: 0.02, None: 0.9}),
    ],
    ids=["plain", "rollout", "coverage"],
)
def test_shares_are_planned_of_all_units(experiment: Experiment, planned: dict[str | None, float]) -> None:
    picture = simulate_units(candidate(experiment), [UNITS]).before

    assert {arm.variation_id: arm.planned_ratio for arm in picture.arms} == pytest.approx(planned)
    assert isinstance(picture.sample_ratio, SampleRatio)
    assert not picture.sample_ratio.is_mismatch
    assert picture.sample_ratio.degrees_of_freedom == len(planned) - 1


def test_a_split_that_is_off_is_found() -> None:
    only_one_side = [unit for unit in UNITS if plan_of(PLAIN).decide("authentication", unit, {})[0].variation_id != C]

    ratio = simulate_units(candidate(PLAIN), [only_one_side]).before.sample_ratio

    assert isinstance(ratio, SampleRatio)
    assert ratio.is_mismatch


def test_new_weights_move_units_as_a_re_activation_would() -> None:
    changed = change_experiment(PLAIN, weights={A: 500_000, B: 100_000, C: 400_000}, level=None)

    simulation = simulate_units(candidate(PLAIN), [UNITS], changed)

    flow = {(move.before, move.after): move.units for move in simulation.flow}
    assert flow == count_each(replace(PLAIN, slot_ranges=ranges_for(PLAIN)), changed)
    assert {(move.before, move.after) for move in simulation.moves} == {(B, C)}


def test_ranges_that_are_stored_are_what_is_changed() -> None:
    running = replace(PLAIN, slot_ranges=change_experiment(PLAIN, weights={A: 1, B: 1, C: 2}, level=None).slot_ranges)

    changed = change_experiment(running, weights={A: 1, B: 1, C: 2}, level=None)

    assert simulate_units(candidate(running), [UNITS], changed).moves == ()


def test_a_variation_that_is_allocated_twice_has_its_weight_once() -> None:
    twice = an_experiment(allocations=(*ARMS[:2], replace(ARMS[2], variation_id=A)))

    changed = change_experiment(twice, weights={A: 500_000, B: 500_000}, level=None)

    owned = Counter[str]()
    for piece in changed.slot_ranges:
        owned[piece.variation_id] += piece.stop - piece.start
    assert owned == {A: 500_000, B: 500_000}


@pytest.mark.parametrize("experiment", [ROLLOUT, COVERAGE], ids=["rollout", "coverage"])
def test_a_level_raised_moves_nobody_between_treatments(experiment: Experiment) -> None:
    changed = change_experiment(experiment, weights=None, level=50)

    simulation = simulate_units(candidate(experiment), [UNITS], changed)

    assert {move.before for move in simulation.moves} == ({A} if experiment is ROLLOUT else {None})
    assert {(m.before, m.after): m.units for m in simulation.flow} == count_each(experiment, changed)
    assert simulation.after is not None
    assert simulation.after.experiment.current_level == 50


def test_moves_are_told_the_most_first() -> None:
    picture = simulate_units(candidate(PLAIN), [UNITS]).before
    simulation = Simulation(9, 0, picture, picture, (Move(A, B, 1), Move(A, A, 5), Move(B, A, 3)))

    assert simulation.moves == (Move(B, A, 3), Move(A, B, 1))


def test_what_is_no_unit_is_left_out() -> None:
    simulation = simulate_units(candidate(COVERAGE), [["", "device-1", "\ud800"], [""]])

    assert (simulation.units, simulation.unusable) == (1, 3)


def test_segments_can_t_be_simulated_from_ids() -> None:
    with pytest.raises(ContextNeededError):
        simulate_units(candidate(BY_SEGMENT), [UNITS])


def test_segments_are_simulated_from_requests() -> None:
    asked = [("a", {"device_type": "mobile"}), ("b", {"device_type": "desktop"}), ("c", {}), ("", {})]

    simulation = simulate_requests(candidate(BY_SEGMENT), [asked[:2], asked[2:]])

    assert counts_of(simulation) == {(A,): 2, (B,): 1}
    assert simulation.unusable == 1
    assert isinstance(simulation.before.sample_ratio, Missing)
    assert simulation.before.sample_ratio.code is MissingCode.NO_PLANNED_RATIO
    assert {arm.planned_ratio for arm in simulation.before.arms} == {None}


def test_requests_and_ids_give_the_same() -> None:
    changed = change_experiment(COVERAGE, weights={A: 200_000, B: 300_000, C: 500_000}, level=50)

    by_requests = simulate_requests(candidate(COVERAGE), [[(unit, {}) for unit in UNITS]], changed)

    assert by_requests == simulate_units(candidate(COVERAGE), [UNITS], changed)


@pytest.mark.parametrize("simulate", [simulate_units, simulate_requests])
def test_what_can_t_run_is_refused(simulate: object) -> None:
    assert callable(simulate)
    with pytest.raises(ValueError, match="no allocation"):
        simulate(candidate(an_experiment(allocations=())), [])
