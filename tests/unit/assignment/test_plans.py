"""Plans: what applies where, what is forced, what is broken, and that asking never raises."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment import Candidate, Override, Plan, Prepared, Reason, prepare
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, SlotRange, Strategy
from signpost.model.segments import Condition, Operator, Rule, Segment
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment

FLOW = "authentication"
VARIATIONS = {v.id: v for v in (a_variation(1), a_variation(2, overrides={"title": "Welcome"}))}
CONTROL, TREATMENT = VARIATIONS
SPLIT = an_experiment(1, status=ExperimentStatus.ACTIVE)
SEGMENT = a_segment(
    1,
    rules=(
        Rule(
            match=(
                Condition("country", Operator.EQUALS, ("FR",)),
                Condition("user_agent", Operator.CONTAINS, ("phone",)),
            ),
            not_match=(Condition("anonymous_session_metadata.plan", Operator.EXISTS),),
        ),
    ),
)
TARGETED = an_experiment(
    2,
    status=ExperimentStatus.ACTIVE,
    flow="mfa_enrollment",
    strategy=Strategy.SEGMENT,
    allocations=(
        Allocation(CONTROL, is_control=True, is_fallback=True),
        Allocation(TREATMENT, is_control=False, segment_id=SEGMENT.id, priority=1),
    ),
)


def prepared(*experiments: Experiment, segment: Segment = SEGMENT) -> Prepared:
    candidates = [Candidate(experiment, a_flag(), VARIATIONS, {segment.id: segment}) for experiment in experiments]
    return prepare(candidates, revision=7)


PLAN = prepared(SPLIT, TARGETED).plan


def reason(plan: Plan, flow: Any = FLOW, unit: Any = "device", context: Any = None) -> Reason:
    return plan.decide(flow, unit, {} if context is None else context)[0].reason


def test_a_decision_says_everything() -> None:
    outcome, hashed = PLAN.decide(FLOW, "device-2", {})

    assert outcome.experiment_id == SPLIT.id
    assert outcome.variation_id in VARIATIONS
    assert outcome.variation_name == VARIATIONS[outcome.variation_id or ""].name
    assert outcome.is_control == (outcome.variation_id == CONTROL)
    assert set(outcome.config) == set(a_flag().parameters)
    assert (outcome.strategy, outcome.recipe_version, outcome.revision) == (Strategy.PERCENTAGE, 1, 7)
    assert hashed > 0


def test_who_gets_the_same_outcome_gets_the_same_object() -> None:
    outcomes = {id(PLAN.decide(FLOW, f"device-{i}", {})[0]) for i in range(100)}

    assert len(outcomes) == 2


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_equal_inputs_get_the_equal_decision(flow: str, unit: str, context: dict[str, str]) -> None:
    again = prepared(SPLIT, TARGETED).plan

    assert PLAN.decide(flow, unit, context) == PLAN.decide(flow, unit, dict(context))
    assert PLAN.decide(flow, unit, context)[1] == again.decide(flow, unit, context)[1]
    assert str(PLAN.decide(flow, unit, context)[0]) == str(again.decide(flow, unit, context)[0])


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
)
attributes = st.sampled_from(("country", "user_agent", "anonymous_session_metadata.plan", "client_id"))


@given(
    st.sampled_from((FLOW, "mfa_enrollment")) | anything,
    st.text() | anything,
    st.dictionaries(attributes, anything) | anything,
    st.builds(Override, *[st.none() | st.sampled_from((SPLIT.id, TARGETED.id, TREATMENT, SEGMENT.id)) | anything] * 3),
)
def test_asking_never_raises(flow: Any, unit: Any, context: Any, override: Any) -> None:
    plain, _ = PLAN.decide(flow, unit, context)
    forced, _ = PLAN.decide_forced(flow, unit, context, override)

    assert plain.reason in Reason
    assert forced.reason in Reason


@pytest.mark.parametrize("unit", ["", "\ud800", "a\udfffb", None, 0, 7, b"device", ["device"], {}, object()])
@pytest.mark.parametrize("flow", [FLOW, "mfa_enrollment"])
def test_a_unit_that_is_none_is_not_enrolled(flow: str, unit: Any) -> None:
    assert reason(PLAN, flow, unit) is Reason.BAD_UNIT


@pytest.mark.parametrize("unit", ["\0", "a\0b", " ", "x" * 5_000_000, "é" * 100_000])
def test_a_strange_unit_is_a_unit(unit: str) -> None:
    assert reason(PLAN, FLOW, unit) is Reason.SPLIT


@pytest.mark.parametrize("flow", [None, 1, [], {}, b"authentication", "Authentication", "authentication ", ""])
def test_a_flow_that_nothing_has_gets_nothing(flow: Any) -> None:
    assert reason(PLAN, flow) is Reason.NO_EXPERIMENT


def test_ten_thousand_attributes_change_nothing() -> None:
    many: dict[str, Any] = {f"attribute-{i}": i for i in range(10_000)} | {"country": "fr", "user_agent": "iPhone"}

    assert reason(PLAN, "mfa_enrollment", context=many) is Reason.SEGMENT


@pytest.mark.parametrize("value", [None, 5, 5.0, True, b"FR", ["FR"], {"FR": 1}, {"FR"}, ("FR",)])
@pytest.mark.parametrize("attribute", ["country", "user_agent"])
def test_an_attribute_that_is_no_text_is_missing(attribute: str, value: Any) -> None:
    context = {"country": "FR", "user_agent": "phone"} | {attribute: value}

    assert reason(PLAN, "mfa_enrollment", context=context) is Reason.FALLBACK


@pytest.mark.parametrize("context", [7, "country", ["country"], object()])
def test_a_context_that_is_none_has_no_attributes(context: Any) -> None:
    assert reason(PLAN, "mfa_enrollment", context=context) is Reason.FALLBACK


@pytest.mark.parametrize(
    "text", ["'", '"', "\\", "\n", "{}", "{0}", "' or True or '", "\0", "\ud800", "__import__('os')", "C1"]
)
def test_what_a_customer_writes_is_never_read_as_code(text: str) -> None:
    rule = Rule(
        (
            Condition(f"anonymous_session_metadata.{text}", Operator.EQUALS, (text,)),
            Condition("region", Operator.ENDS_WITH, (text,)),
        )
    )
    plan = prepared(TARGETED, segment=replace(SEGMENT, rules=(rule,))).plan

    matching = {f"anonymous_session_metadata.{text}": text, "region": f"x{text}"}

    assert reason(plan, "mfa_enrollment", context=matching) is Reason.SEGMENT
    assert reason(plan, "mfa_enrollment", context=matching | {"region": "another"}) is Reason.FALLBACK


def test_the_largest_rules_can_be_prepared() -> None:
    rules = tuple(
        Rule((Condition("region", Operator.CONTAINS, tuple(f"{i}-{j}" for j in range(10))),)) for i in range(400)
    )
    plan = prepared(TARGETED, segment=replace(SEGMENT, rules=rules)).plan

    assert reason(plan, "mfa_enrollment", context={"region": "x399-9"}) is Reason.SEGMENT
    assert reason(plan, "mfa_enrollment", context={"region": "x"}) is Reason.FALLBACK


def test_an_experiment_of_all_flows_has_every_flow() -> None:
    plan = prepared(replace(SPLIT, flow="all")).plan

    assert {reason(plan, flow) for flow in (FLOW, "mfa_challenge", "a flow of our own", "all")} == {Reason.SPLIT}


@pytest.mark.parametrize("status", [s for s in ExperimentStatus if s is not ExperimentStatus.ACTIVE])
def test_only_an_active_experiment_assigns(status: ExperimentStatus) -> None:
    assert reason(prepared(replace(SPLIT, status=status)).plan) is Reason.NO_EXPERIMENT


@pytest.mark.parametrize("flows", [(FLOW, FLOW), (FLOW, "all"), ("all", FLOW), ("all", "all")])
def test_of_two_active_experiments_the_older_one_has_the_flow(flows: tuple[str, str]) -> None:
    older = replace(SPLIT, flow=flows[0])
    newer = an_experiment(
        3, status=ExperimentStatus.ACTIVE, flow=flows[1], created_at=SPLIT.created_at + timedelta(days=1)
    )

    found = prepared(newer, older)

    assert found.plan.decide(FLOW, "device", {})[0].experiment_id == older.id
    assert [warning.experiment_id for warning in found.warnings] == [newer.id]
    assert FLOW in found.warnings[0].problem or "all" in found.warnings[0].problem


BROKEN = {
    "recipe version 2": replace(SPLIT, recipe_version=2),
    "base58": replace(SPLIT, salt="short"),
    "no allocation": replace(SPLIT, allocations=()),
    "gone": replace(SPLIT, allocations=(*SPLIT.allocations, Allocation("var_gone", is_control=False))),
    "end at 5": replace(SPLIT, slot_ranges=(SlotRange(0, 5, CONTROL),)),
    "not allocated": replace(SPLIT, slot_ranges=(SlotRange(0, 1_000_000, "var_stranger"),)),
    "negative": replace(SPLIT, allocations=(Allocation(CONTROL, is_control=True, weight_slots=-1), Allocation(TREATMENT, is_control=False, weight_slots=2))),
    "no control": replace(SPLIT, levels=(1,), allocations=(Allocation(TREATMENT, is_control=False),)),
    "no fallback": replace(TARGETED, flow=FLOW, allocations=TARGETED.allocations[1:]),
    "no priority": replace(TARGETED, flow=FLOW, allocations=(TARGETED.allocations[0], replace(TARGETED.allocations[1], priority=None))),
    "seg_gone is gone": replace(TARGETED, flow=FLOW, allocations=(TARGETED.allocations[0], replace(TARGETED.allocations[1], segment_id="seg_gone"))),
}  # fmt: skip


@pytest.mark.parametrize("problem", BROKEN)
def test_what_is_broken_enrols_nobody_and_is_warned_of(problem: str) -> None:
    found = prepared(BROKEN[problem], replace(TARGETED, id="exp_healthy"))

    outcome, hashed = found.plan.decide(FLOW, "device", {})

    assert (outcome.reason, outcome.is_enrolled, outcome.declined_by, hashed) == (
        Reason.BROKEN,
        False,
        BROKEN[problem].id,
        0,
    )
    assert [warning.experiment_id for warning in found.warnings] == [BROKEN[problem].id]
    assert problem in found.warnings[0].problem
    assert reason(found.plan, "mfa_enrollment") is Reason.FALLBACK


@pytest.mark.parametrize(
    "rules",
    [
        (),
        (Rule(),),
        (Rule((Condition("country", Operator.EQUALS),)),),
        (Rule((Condition("country", "like", ("x",)),)),),  # type: ignore[arg-type]
        (Rule((Condition("country", Operator.EQUALS, (5,)),)),),  # type: ignore[arg-type]
        (None,),
    ],
)
def test_a_broken_rule_enrols_nobody(rules: Any) -> None:
    found = prepared(TARGETED, segment=replace(SEGMENT, rules=rules))

    assert reason(found.plan, "mfa_enrollment") is Reason.BROKEN
    assert len(found.warnings) == 1


def test_a_flag_that_is_gone_enrols_nobody() -> None:
    found = prepare([Candidate(SPLIT, None, VARIATIONS, {})], revision=1)

    assert reason(found.plan) is Reason.BROKEN


@pytest.mark.parametrize("problem", BROKEN)
def test_a_draft_may_be_incomplete_without_a_warning(problem: str) -> None:
    found = prepared(replace(BROKEN[problem], status=ExperimentStatus.DRAFT))

    assert found.warnings == ()


def test_an_override_says_that_it_decided_or_that_it_was_ignored() -> None:
    forced, _ = PLAN.decide_forced(FLOW, "device", {}, Override(variation_id=TREATMENT))
    ignored, _ = PLAN.decide_forced(FLOW, "device", {}, Override(variation_id="var_nobody"))
    nothing, _ = PLAN.decide_forced(FLOW, "device", {}, Override())

    assert (forced.reason, forced.is_forced, forced.is_override_ignored) == (Reason.FORCED, True, False)
    assert (ignored.reason, ignored.is_forced, ignored.is_override_ignored) == (Reason.SPLIT, False, True)
    assert nothing is PLAN.decide(FLOW, "device", {})[0]


@given(st.text(min_size=1))
def test_an_experiment_that_is_forced_splits_as_it_will_when_it_runs(unit: str) -> None:
    draft = prepared(replace(SPLIT, status=ExperimentStatus.DRAFT, levels=(0,), current_level=0)).plan

    forced, hashed = draft.decide_forced("elsewhere", unit, {}, Override(experiment_id=SPLIT.id))

    assert (forced.variation_id, hashed) == (
        PLAN.decide(FLOW, unit, {})[0].variation_id,
        PLAN.decide(FLOW, unit, {})[1],
    )


def test_only_what_the_rules_ask_for_is_needed() -> None:
    asked = {"country", "user_agent", "anonymous_session_metadata.plan"}

    assert PLAN.attributes_needed("mfa_enrollment") == asked
    assert PLAN.attributes_needed(FLOW) == frozenset()
    assert PLAN.attributes_needed(FLOW, Override(experiment_id=TARGETED.id)) == asked
    assert PLAN.attributes_needed("mfa_enrollment", Override(experiment_id="exp_nobody")) == asked
    assert PLAN.attributes_needed("elsewhere") == frozenset()
