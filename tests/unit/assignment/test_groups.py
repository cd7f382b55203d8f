"""Exclusion groups: no unit is in two experiments, and being in one says nothing about what one gets there."""

from collections import Counter
from dataclasses import replace
from itertools import combinations, pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from scipy.stats import chi2

from signpost.assignment import Candidate, Override, Prepared, Reason, prepare
from signpost.assignment.groups import claim_spans, merge_spans
from signpost.model.experiments import (
    ExclusionGroup,
    Experiment,
    ExperimentStatus,
    SlotRange,
    Span,
    Strategy,
)
from signpost.model.limits import SLOTS
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment

SALTS = ("G" * 22, "H" * 22)
FLOW = "authentication"
ACTIVE, PAUSED = ExperimentStatus.ACTIVE, ExperimentStatus.PAUSED


def a_member(
    number: int, *spans: tuple[int, int], name: str = "group", salt: str = SALTS[0], **changes: Any
) -> Experiment:
    owned = tuple(Span(*span) for span in spans)
    weight = sum(span.stop - span.start for span in owned)
    halves = (SlotRange(0, SLOTS // 2, a_variation(1).id), SlotRange(SLOTS // 2, SLOTS, a_variation(2).id))
    group = ExclusionGroup(name, weight, salt, owned)
    return an_experiment(number, **({"status": ACTIVE, "slot_ranges": halves, "exclusion_group": group} | changes))


def prepared(*experiments: Experiment) -> Prepared:
    variations = {v.id: v for v in (a_variation(1), a_variation(2))}
    return prepare([Candidate(e, a_flag(), variations, {}) for e in experiments], revision=1)


def units_of(count: int) -> list[str]:
    return [f"device-{i}" for i in range(count)]


spans = st.lists(
    st.tuples(st.integers(-5, SLOTS + 5), st.integers(-5, SLOTS + 5)).map(lambda pair: Span(*pair)), max_size=5
)


@given(st.lists(spans, min_size=2, max_size=3), st.lists(st.text(min_size=1), min_size=1, max_size=20))
def test_whatever_slots_they_have_a_unit_is_in_one_experiment_at_most(
    owned: list[list[Span]], units: list[str]
) -> None:
    members = [
        a_member(i, exclusion_group=ExclusionGroup("group", 1, SALTS[0], tuple(mine))) for i, mine in enumerate(owned)
    ]
    plan = prepared(*members).plan
    alone = [prepared(member).plan for member in members]

    for unit in units:
        outcome, _ = plan.decide(FLOW, unit, {})
        taking = [i for i, one in enumerate(alone) if one.decide(FLOW, unit, {})[0].is_enrolled]
        assert outcome.experiment_id == (members[taking[0]].id if taking else None)
        assert outcome.reason in {Reason.EXCLUDED, Reason.SPLIT, Reason.BAD_UNIT}


def test_a_members_share_of_the_units_is_its_weight_and_its_split_does_not_know_the_group() -> None:
    plan = prepared(a_member(1, (0, 250_000)), a_member(2, (250_000, 500_000)), a_member(3, (500_000, 750_000))).plan

    cells = Counter((o.experiment_id, o.variation_id) for o, _ in (plan.decide(FLOW, u, {}) for u in units_of(200_000)))

    # Four equal shares of the units, three of them split in halves: cells of 25,000, and one of 50,000 outside.
    expected = {cell: 50_000 if cell == (None, None) else 25_000 for cell in cells}
    assert len(cells) == 7
    statistic = sum((cells[cell] - n) ** 2 / n for cell, n in expected.items())
    assert statistic < float(chi2.ppf(0.999, 6))


def test_the_slot_in_the_group_says_nothing_about_the_slot_in_the_experiment() -> None:
    plan = prepared(a_member(1, (0, SLOTS))).plan
    lower = prepared(a_member(1, (0, SLOTS // 2))).plan

    table = Counter(
        (lower.decide(FLOW, unit, {})[0].is_enrolled, plan.decide(FLOW, unit, {})[1] >> 60)
        for unit in units_of(100_000)
    )

    statistic = sum((n - 100_000 / 32) ** 2 / (100_000 / 32) for n in table.values())
    assert len(table) == 32
    assert statistic < float(chi2.ppf(0.999, 31))


def test_a_member_decides_as_it_would_alone() -> None:
    member, plain = a_member(1, (0, 500_000)), a_member(1, exclusion_group=None)
    grouped, alone = prepared(member).plan, prepared(plain).plan

    for unit in units_of(200):
        outcome, hashed = grouped.decide(FLOW, unit, {})
        if outcome.is_enrolled:
            other, other_hash = alone.decide(FLOW, unit, {})
            assert (outcome.variation_id, hashed) == (other.variation_id, other_hash)


def test_an_excluded_unit_is_in_nothing_and_told_so() -> None:
    outcome, hashed = prepared(a_member(1)).plan.decide(FLOW, "device-1", {})

    assert outcome.reason is Reason.EXCLUDED
    assert not outcome.is_enrolled
    assert outcome.declined_by is None
    assert hashed != 0


def test_a_group_asks_for_what_its_members_ask_for() -> None:
    segment = a_segment()
    first = a_variation(1).id
    allocations = (
        replace(an_experiment().allocations[0], is_fallback=True, weight_slots=None),
        replace(an_experiment().allocations[1], segment_id=segment.id, priority=1, weight_slots=None),
    )
    member = a_member(1, (0, 10), strategy=Strategy.SEGMENT, allocations=allocations, slot_ranges=())
    variations = {v.id: v for v in (a_variation(1), a_variation(2))}
    candidates = [Candidate(e, a_flag(), variations, {segment.id: segment}) for e in (member, a_member(2, (10, 20)))]

    plan = prepare(candidates, revision=1).plan

    assert plan.attributes_needed(FLOW) == {"device_type"}
    assert first in plan.experiments[member.id].variations


def test_who_is_of_another_group_has_no_place_in_the_flow_and_is_warned_of() -> None:
    found = prepared(a_member(1, (0, 10)), a_member(2, (10, SLOTS), name="other"), a_member(3, (10, 20), salt=SALTS[1]))

    assert [(w.experiment_id, "older experiment" in w.problem) for w in found.warnings] == [
        (an_experiment(2).id, True),
        (an_experiment(3).id, True),
    ]
    reasons = {found.plan.decide(FLOW, unit, {})[0].reason for unit in units_of(20)}
    assert reasons == {Reason.EXCLUDED}


def test_a_group_without_a_salt_enrols_nobody() -> None:
    found = prepared(a_member(1, (0, SLOTS), salt="short"))

    assert found.plan.decide(FLOW, "device-1", {})[0].reason is Reason.BROKEN
    assert [w.problem for w in found.warnings] == ["nobody is enrolled: the salt of the group group is none"]


def test_a_member_without_slots_is_warned_of() -> None:
    assert [w.problem for w in prepared(a_member(1)).warnings] == [
        "nobody is enrolled: it has no slots in the group group"
    ]


def test_force_goes_before_the_group() -> None:
    plan = prepared(a_member(1), a_member(2)).plan

    named = plan.decide_forced(FLOW, "device-1", {}, Override(experiment_id=an_experiment(2).id))[0]
    unnamed = plan.decide_forced(FLOW, "device-1", {}, Override(variation_id=a_variation(2).id))[0]

    assert (named.experiment_id, named.is_forced) == (an_experiment(2).id, True)
    assert (unnamed.experiment_id, unnamed.is_forced) == (an_experiment(1).id, True)


@given(st.lists(spans, max_size=3))
def test_spans_have_one_form(given_spans: list[list[Span]]) -> None:
    merged = merge_spans(span for some in given_spans for span in some)

    assert all(0 <= span.start < span.stop <= SLOTS for span in merged)
    assert all(one.stop < other.start for one, other in pairwise(merged))
    assert merge_spans(reversed(merged)) == merged


def size_of(owned: tuple[Span, ...]) -> int:
    return sum(span.stop - span.start for span in owned)


def common_to(one: tuple[Span, ...], other: tuple[Span, ...]) -> int:
    return sum(max(0, min(a.stop, b.stop) - max(a.start, b.start)) for a in one for b in other)


class GroupLife(RuleBasedStateMachine):
    """Experiments of one group that are activated, paused, re-weighed and ended in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.living: dict[int, Experiment] = {}
        self.made = 0

    def group_of(self, number: int) -> ExclusionGroup:
        group = self.living[number].exclusion_group
        assert group is not None
        return group

    def others(self, number: int) -> list[Experiment]:
        return [e for n, e in self.living.items() if n != number]

    def activate(self, experiment: Experiment, others: list[Experiment]) -> Experiment | None:
        group = experiment.exclusion_group
        assert group is not None
        free = SLOTS - sum(size_of(e.exclusion_group.spans) for e in others if e.exclusion_group)
        try:
            claimed = claim_spans(experiment, others)
        except ValueError:
            assert group.weight_slots > free
            return None
        assert group.weight_slots <= free
        assert size_of(claimed) == group.weight_slots
        assert common_to(claimed, group.spans) == min(size_of(group.spans), group.weight_slots)
        return replace(experiment, status=ACTIVE, exclusion_group=replace(group, spans=claimed))

    @rule(weight=st.integers(1, SLOTS) | st.sampled_from((1, 100_000, 250_000)))
    def start(self, weight: int) -> None:
        self.made += 1
        active = self.activate(
            a_member(self.made, exclusion_group=ExclusionGroup("group", weight, SALTS[0])), self.others(0)
        )
        if active is not None:
            self.living[self.made] = active

    @precondition(lambda self: self.living)
    @rule(data=st.data(), weight=st.integers(1, SLOTS) | st.sampled_from((50_000, 200_000)))
    def pause_and_resume_with_another_weight(self, data: st.DataObject, weight: int) -> None:
        number = data.draw(st.sampled_from(sorted(self.living)))
        changed = replace(self.living[number], exclusion_group=replace(self.group_of(number), weight_slots=weight))
        paused = replace(changed, status=PAUSED)
        self.living[number] = self.activate(paused, self.others(number)) or paused

    @precondition(lambda self: self.living)
    @rule(data=st.data())
    def end(self, data: st.DataObject) -> None:
        del self.living[data.draw(st.sampled_from(sorted(self.living)))]

    @invariant()
    def no_slot_is_anothers(self) -> None:
        groups = [self.group_of(number) for number in self.living]
        assert all(not common_to(one.spans, other.spans) for one, other in combinations(groups, 2))
        assert all(merge_spans(group.spans) == group.spans for group in groups)


TestGroupLife = GroupLife.TestCase
TestGroupLife.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
