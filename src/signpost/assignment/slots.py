"""Slots: who owns which of the million, and how ownership changes with the fewest moves.

Ranges are always canonical: sorted, without a gap, over all slots, neighbours of one owner merged.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from signpost.model.experiments import Experiment, SlotRange, Strategy
from signpost.model.limits import SLOTS


def divide_slots(weights: Sequence[int]) -> tuple[int, ...]:
    """Divide the million slots in proportion to whole-number weights, by largest remainder; ties go to who is first.

    Raises:
        ValueError: a weight is negative, or none is positive.
    """
    total = sum(weights)
    if total <= 0 or min(weights) < 0:
        raise ValueError("weights must be positive somewhere and negative nowhere")
    slots = [weight * SLOTS // total for weight in weights]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(weights[i] * SLOTS % total), i))
    for i in by_remainder[: SLOTS - sum(slots)]:
        slots[i] += 1
    return tuple(slots)


def lay_out(weights: Mapping[str, int]) -> tuple[SlotRange, ...]:
    """Return the ranges of a first activation: one variation after another, in the order of the mapping.

    Raises:
        ValueError: a weight is negative, or none is positive.
    """
    return reweigh((SlotRange(0, SLOTS, ""),), weights)


def reweigh(ranges: Sequence[SlotRange], weights: Mapping[str, int]) -> tuple[SlotRange, ...]:
    """Return the ranges after a change of weights, with as few slots moved as can be.

    Who shrinks gives up slots from the end of what it owns, who has no weight any more all; who grows takes them, lowest
    first, in the order of the mapping. Nobody else moves.

    Raises:
        ValueError: a weight is negative, or none is positive, or the ranges leave gaps or overlap.
    """
    check_ranges(ranges)
    missing = dict(zip(weights, divide_slots(tuple(weights.values())), strict=True))
    kept: list[SlotRange] = []
    freed: list[SlotRange] = []
    for piece in ranges:
        cut = piece.start + min(piece.stop - piece.start, missing.get(piece.variation_id, 0))
        if piece.start < cut:
            kept.append(SlotRange(piece.start, cut, piece.variation_id))
            missing[piece.variation_id] -= cut - piece.start
        if cut < piece.stop:
            freed.append(SlotRange(cut, piece.stop, piece.variation_id))
    return _merge([*kept, *_hand_out(freed, missing)])


def check_ranges(ranges: Sequence[SlotRange]) -> None:
    """Check that the ranges own every slot exactly once, in order.

    Raises:
        ValueError: they don't.
    """
    expected = 0
    for piece in ranges:
        if piece.start != expected or piece.stop <= piece.start:
            raise ValueError(f"the slot range {piece.start} to {piece.stop} comes where {expected} is expected")
        expected = piece.stop
    if expected != SLOTS:
        raise ValueError(f"the slot ranges end at {expected}")


def ranges_for(experiment: Experiment) -> tuple[SlotRange, ...]:
    """Return the ranges that the experiment's allocations ask for, moved as little as can be from what it has.

    Call it when an experiment is first activated, and when the allocations of one that has ranges change. A variation that
    is allocated twice has both weights; in a rollout the treatments share the slots evenly. Empty for the segment
    strategy; where no allocation has a weight, what is there stays.

    Raises:
        ValueError: a weight is negative, or the ranges it has leave gaps or overlap.
    """
    if experiment.strategy is not Strategy.PERCENTAGE:
        return ()
    weights = _weights_of(experiment)
    if not any(weights.values()):
        return experiment.slot_ranges
    return reweigh(experiment.slot_ranges, weights) if experiment.slot_ranges else lay_out(weights)


def _weights_of(experiment: Experiment) -> dict[str, int]:
    if experiment.is_rollout:
        return {a.variation_id: 1 for a in experiment.allocations if not a.is_control}
    weights: dict[str, int] = {}
    for allocation in experiment.allocations:
        weights[allocation.variation_id] = weights.get(allocation.variation_id, 0) + (allocation.weight_slots or 0)
    return weights


def _hand_out(freed: Iterable[SlotRange], missing: Mapping[str, int]) -> Iterator[SlotRange]:
    pieces = iter(freed)
    start, stop = 0, 0
    for variation_id, count in missing.items():
        remaining = count
        while remaining:
            if start == stop:
                piece = next(pieces)
                start, stop = piece.start, piece.stop
            taken = min(remaining, stop - start)
            yield SlotRange(start, start + taken, variation_id)
            start += taken
            remaining -= taken


def _merge(ranges: Iterable[SlotRange]) -> tuple[SlotRange, ...]:
    merged: list[SlotRange] = []
    for piece in sorted(ranges, key=lambda piece: piece.start):
        if merged and merged[-1].variation_id == piece.variation_id:
            merged[-1] = SlotRange(merged[-1].start, piece.stop, piece.variation_id)
        else:
            merged.append(piece)
    return tuple(merged)
