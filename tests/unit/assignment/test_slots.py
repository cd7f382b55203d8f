"""Slots: every one has one owner, weights are kept exactly, and re-weighting moves as few as can be."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment.slots import divide_slots, lay_out, ranges_for, reweigh
from signpost.model.experiments import Allocation, SlotRange, Strategy
from signpost.model.limits import SLOTS
from signpost.testing.builders import an_experiment

weight_lists = st.lists(st.integers(0, 10**6), min_size=1, max_size=20).filter(any)
weight_maps = st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 10**6), min_size=1).filter(
    lambda w: any(w.values())
)


def count(ranges: Sequence[SlotRange]) -> Mapping[str, int]:
    owned: dict[str, int] = {}
    for piece in ranges:
        owned[piece.variation_id] = owned.get(piece.variation_id, 0) + piece.stop - piece.start
    return owned


def count_moved(before: Sequence[SlotRange], after: Sequence[SlotRange]) -> int:
    stayed = sum(
        max(0, min(a.stop, b.stop) - max(a.start, b.start))
        for a in before
        for b in after
        if a.variation_id == b.variation_id
    )
    return SLOTS - stayed


@given(weight_lists)
def test_slots_add_up_and_are_within_one_of_the_exact_share(weights: list[int]) -> None:
    slots = divide_slots(weights)

    assert sum(slots) == SLOTS
    assert all(
        abs(count * sum(weights) - weight * SLOTS) < sum(weights) for count, weight in zip(slots, weights, strict=True)
    )
    assert all(count == 0 for count, weight in zip(slots, weights, strict=True) if weight == 0)


@given(weight_lists.filter(lambda weights: sum(weights) <= SLOTS))
def test_weights_that_are_whole_slots_stay_exactly_what_they_are(weights: list[int]) -> None:
    complete = [*weights, SLOTS - sum(weights)]

    assert list(divide_slots(complete)) == complete


@pytest.mark.parametrize("weights", [[], [0], [0, 0], [-1, 2]])
def test_weights_that_can_not_be_divided_are_refused(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        divide_slots(weights)


@given(st.lists(weight_maps, min_size=1, max_size=6))
def test_every_slot_has_one_owner_after_any_chain_of_weights(chain: list[dict[str, int]]) -> None:
    ranges = lay_out(chain[0])
    for weights in chain[1:]:
        ranges = reweigh(ranges, weights)

    assert ranges[0].start == 0
    assert ranges[-1].stop == SLOTS
    for left, right in pairwise(ranges):
        assert left.stop == right.start
        assert left.variation_id != right.variation_id
    assert all(piece.start < piece.stop for piece in ranges)
    wanted = dict(zip(chain[-1], divide_slots(list(chain[-1].values())), strict=True))
    assert count(ranges) == {variation: slots for variation, slots in wanted.items() if slots}


@given(weight_maps, weight_maps, weight_maps)
def test_re_weighting_moves_exactly_the_difference(
    first: dict[str, int], second: dict[str, int], third: dict[str, int]
) -> None:
    before = reweigh(lay_out(first), second)

    after = reweigh(before, third)

    had, has = count(before), count(after)
    assert count_moved(before, after) == sum(max(0, slots - has.get(variation, 0)) for variation, slots in had.items())


@given(weight_maps, weight_maps)
def test_re_weighting_to_the_same_weights_changes_nothing(first: dict[str, int], second: dict[str, int]) -> None:
    ranges = reweigh(lay_out(first), second)

    assert reweigh(ranges, second) == ranges


@pytest.mark.parametrize(
    "ranges",
    [
        (SlotRange(0, 10, "a"), SlotRange(11, SLOTS, "b")),
        (SlotRange(0, 10, "a"), SlotRange(9, SLOTS, "b")),
        (SlotRange(1, SLOTS, "a"),),
        (SlotRange(0, SLOTS - 1, "a"),),
        (SlotRange(0, 0, "a"), SlotRange(0, SLOTS, "b")),
    ],
)
def test_ranges_with_a_gap_or_an_overlap_are_refused(ranges: tuple[SlotRange, ...]) -> None:
    with pytest.raises(ValueError, match="slot range"):
        reweigh(ranges, {"a": 1})


def test_an_experiment_is_laid_out_by_its_weights() -> None:
    allocations = (
        Allocation("a", is_control=True, weight_slots=200_000),
        Allocation("b", is_control=False, weight_slots=300_000),
        Allocation("a", is_control=False, weight_slots=500_000),
    )

    ranges = ranges_for(an_experiment(allocations=allocations, slot_ranges=()))

    assert ranges == (SlotRange(0, 700_000, "a"), SlotRange(700_000, SLOTS, "b"))


def test_an_experiment_with_ranges_moves_as_little_as_it_can() -> None:
    allocations = (
        Allocation("a", is_control=True, weight_slots=400_000),
        Allocation("b", is_control=False, weight_slots=600_000),
    )
    before = (SlotRange(0, 500_000, "a"), SlotRange(500_000, SLOTS, "b"))

    ranges = ranges_for(an_experiment(allocations=allocations, slot_ranges=before))

    assert ranges == (SlotRange(0, 400_000, "a"), SlotRange(400_000, SLOTS, "b"))


def test_the_treatments_of_a_rollout_share_the_slots_and_the_control_has_none() -> None:
    allocations = (
        Allocation("a", is_control=True),
        Allocation("b", is_control=False),
        Allocation("c", is_control=False),
    )

    ranges = ranges_for(an_experiment(allocations=allocations, levels=(10, 100), slot_ranges=()))

    assert ranges == (SlotRange(0, 500_000, "b"), SlotRange(500_000, SLOTS, "c"))


def test_an_experiment_by_segment_has_no_ranges() -> None:
    assert ranges_for(an_experiment(strategy=Strategy.SEGMENT, slot_ranges=())) == ()


def test_without_a_weight_what_is_there_stays() -> None:
    weightless = (Allocation("a", is_control=True), Allocation("b", is_control=False))
    experiment = an_experiment(allocations=weightless, slot_ranges=())

    assert ranges_for(experiment) == ()
    assert ranges_for(replace(experiment, slot_ranges=lay_out({"a": 1}))) == lay_out({"a": 1})
