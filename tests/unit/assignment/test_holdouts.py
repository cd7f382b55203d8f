"""Holdouts: who is held out, that a larger share only adds, and that nothing else depends on it."""

from collections import Counter
from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chi2

from signpost.assignment import Candidate, Override, Plan, Prepared, Reason, prepare
from signpost.assignment.flags import FlagReason, KnownFlag
from signpost.model.experiments import ExperimentStatus, SlotRange
from signpost.model.holdouts import Holdout
from signpost.model.limits import SLOTS
from signpost.testing.builders import a_flag, a_variation, an_experiment
from signpost.testing.repeatable import START

FLOW = "authentication"
HOLDOUT = Holdout(200_000, "H" * 22, START)


def prepared(holdout: Holdout | None, **changes: Any) -> Prepared:
    halves = (SlotRange(0, SLOTS // 2, a_variation(1).id), SlotRange(SLOTS // 2, SLOTS, a_variation(2).id))
    experiment = an_experiment(**({"status": ExperimentStatus.ACTIVE, "slot_ranges": halves} | changes))
    variations = {v.id: v for v in (a_variation(1), a_variation(2, overrides={"title": "Hello"}))}
    candidate = Candidate(experiment, a_flag(), variations, {})
    return prepare([candidate], revision=1, flags=[KnownFlag(a_flag(), a_variation(1))], holdout=holdout)


def plan_with(slots: int, **changes: Any) -> Plan:
    return prepared(replace(HOLDOUT, slots=slots), **changes).plan


def units_of(count: int) -> list[str]:
    return [f"device-{i}" for i in range(count)]


def held_by(plan: Plan, units: list[str]) -> set[str]:
    return {unit for unit in units if plan.decide(FLOW, unit, {})[0].reason is Reason.HOLDOUT}


@given(st.integers(0, SLOTS), st.integers(0, SLOTS), st.lists(st.text(min_size=1), max_size=30))
def test_a_larger_share_only_adds_units(one: int, other: int, units: list[str]) -> None:
    smaller, larger = sorted((one, other))

    assert held_by(plan_with(smaller), units) <= held_by(plan_with(larger), units)


@given(st.integers(0, SLOTS), st.text(min_size=1))
def test_who_is_not_held_out_gets_what_there_would_be_without_it(slots: int, unit: str) -> None:
    outcome, hashed = plan_with(slots).decide(FLOW, unit, {})
    without, without_hash = prepared(None).plan.decide(FLOW, unit, {})

    if outcome.reason is Reason.HOLDOUT:
        assert outcome.declined_by == without.experiment_id
    else:
        assert (outcome.variation_id, outcome.reason, hashed) == (without.variation_id, without.reason, without_hash)


def test_the_share_is_held_out_whatever_the_split_gives() -> None:
    units = units_of(100_000)
    held, without = held_by(plan_with(200_000), units), prepared(None).plan

    table = Counter((unit in held, without.decide(FLOW, unit, {})[1] * 10 >> 64) for unit in units)

    expected = {cell: (2_000 if cell[0] else 8_000) for cell in table}
    assert len(table) == 20
    statistic = sum((table[cell] - n) ** 2 / n for cell, n in expected.items())
    assert statistic < float(chi2.ppf(0.999, 19))


def test_who_would_not_be_enrolled_is_not_held_out() -> None:
    plan = plan_with(SLOTS, levels=(10,), current_level=10)

    reasons = Counter(plan.decide(FLOW, unit, {})[0].reason for unit in units_of(500))

    assert set(reasons) == {Reason.HOLDOUT, Reason.NOT_EXPOSED}
    assert plan.decide("another", "device-1", {})[0].reason is Reason.NO_EXPERIMENT
    assert plan.decide(FLOW, "", {})[0].reason is Reason.BAD_UNIT


def test_a_held_out_unit_is_recorded_but_in_no_experiment() -> None:
    outcome, hashed = plan_with(SLOTS).decide(FLOW, "device-1", {})

    assert outcome.is_exposure
    assert not outcome.is_enrolled
    assert (outcome.experiment_id, outcome.config, outcome.declined_by) == (None, {}, an_experiment().id)
    assert hashed != 0


def test_force_goes_before_the_holdout() -> None:
    outcome, _ = plan_with(SLOTS).decide_forced(FLOW, "device-1", {}, Override(variation_id=a_variation(2).id))

    assert (outcome.variation_id, outcome.is_forced) == (a_variation(2).id, True)


def test_a_flag_has_its_default_for_who_is_held_out() -> None:
    found = plan_with(SLOTS).evaluate("flag-1.title", "device-1", {})

    assert found is not None
    assert (found.resolution.value, found.resolution.reason) == ("Sign in", FlagReason.SPLIT)
    assert found.resolution.metadata["reason"] == "holdout"
    assert found.resolution.metadata["experiment_id"] == an_experiment().id


def test_a_holdout_without_a_salt_holds_nobody_out() -> None:
    found = prepared(replace(HOLDOUT, slots=SLOTS, salt="short"))

    assert found.plan.decide(FLOW, "device-1", {})[0].reason is Reason.SPLIT
    assert [warning.problem for warning in found.warnings] == ["nobody is held out: the salt of the holdout is none"]
