"""Slots: who owns which of the million, and how ownership changes with the fewest moves."""

from collections.abc import Iterable, Mapping, Sequence

from signpost.model.experiments import Experiment, SlotRange, Strategy
from signpost.model.limits import SLOTS


def divide_slots(shares: Sequence[int]) -> tuple[int, ...]:
    """Divide the million slots in proportion to whole-number shares, by largest remainder; ties go to who is first.

    Raises:
        ValueError: a share is negative, or all are zero.
    """
    total = sum(shares)
    if total <= 0 or min(shares) < 0:
        message = "shares must be positive somewhere and negative nowhere"
        raise ValueError(message)
    slots = [share * SLOTS // total for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda i: (-(shares[i] * SLOTS % total), i))
    for i in by_remainder[: SLOTS - sum(slots)]:
        slots[i] += 1
    return tuple(slots)


def lay_out(slots: Mapping[str, int]) -> tuple[SlotRange, ...]:
    """Return one range after another, in the order of the mapping; who has no slots gets no range."""
    ranges: list[SlotRange] = []
    start = 0
    for variation_id, count in slots.items():
        if count:
            ranges.append(SlotRange(start, start + count, variation_id))
        start += count
    return tuple(ranges)


def reweigh(ranges: Sequence[SlotRange], slots: Mapping[str, int]) -> tuple[SlotRange, ...]:
    """Return the ranges after a change of weights, with as few slots moved as can be.

    Who shrinks gives up slots from the end of what it owns; who grows takes them, lowest first, in the order of the
    mapping; who is not in the mapping any more gives up all. Nobody else moves.
    """
    kept: list[SlotRange] = []
    freed: list[tuple[int, int]] = []
    missing = dict(slots)
    for piece in sorted(ranges, key=lambda piece: piece.start):
        keep = min(piece.stop - piece.start, missing.get(piece.variation_id, 0))
        if keep:
            kept.append(SlotRange(piece.start, piece.start + keep, piece.variation_id))
            missing[piece.variation_id] -= keep
        if piece.start + keep < piece.stop:
            freed.append((piece.start + keep, piece.stop))
    return _merge([*kept, *_hand_out(freed, missing)])


def ranges_for(experiment: Experiment) -> tuple[SlotRange, ...]:
    """Return the ranges that the experiment's allocations ask for, moved as little as can be from what it has.

    Empty for the segment strategy, and where there is nothing to divide.
    """
    if experiment.strategy is not Strategy.PERCENTAGE:
        return ()
    shares = _shares(experiment)
    if not sum(shares.values()):
        return ()
    slots = dict(zip(shares, divide_slots(tuple(shares.values())), strict=True))
    return reweigh(experiment.slot_ranges, slots) if experiment.slot_ranges else lay_out(slots)


def _shares(experiment: Experiment) -> dict[str, int]:
    """Return each variation's share: its weights together, or in a rollout one for each treatment."""
    shares: dict[str, int] = {}
    for allocation in experiment.allocations:
        if experiment.is_rollout:
            if not allocation.is_control:
                shares[allocation.variation_id] = 1
        else:
            weight = allocation.weight_slots or 0
            shares[allocation.variation_id] = shares.get(allocation.variation_id, 0) + weight
    return shares


def _hand_out(freed: Sequence[tuple[int, int]], missing: Mapping[str, int]) -> Iterable[SlotRange]:
    pieces = iter(freed)
    start, stop = 0, 0
    for variation_id, wanted in missing.items():
        remaining = wanted
        while remaining:
            if start == stop:
                start, stop = next(pieces)
            taken = min(remaining, stop - start)
            yield SlotRange(start, start + taken, variation_id)
            start += taken
            remaining -= taken


def _merge(ranges: Iterable[SlotRange]) -> tuple[SlotRange, ...]:
    merged: list[SlotRange] = []
    for piece in sorted(ranges, key=lambda piece: piece.start):
        if merged and merged[-1].variation_id == piece.variation_id and merged[-1].stop == piece.start:
            merged[-1] = SlotRange(merged[-1].start, piece.stop, piece.variation_id)
        else:
            merged.append(piece)
    return tuple(merged)
