"""Who owns which slot, as a list of a million owners."""

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction
from itertools import groupby
from math import floor

from tests.conformance.twin.coordinates import SLOTS

Weights = Sequence[tuple[str, int]]
Range = tuple[int, int, str]


def divide(weights: Sequence[int]) -> list[int]:
    quotas = [Fraction(weight * SLOTS, sum(weights)) for weight in weights]
    slots = [floor(quota) for quota in quotas]
    while sum(slots) < SLOTS:
        left = [quota - count for quota, count in zip(quotas, slots, strict=True)]
        slots[left.index(max(left))] += 1
    return slots


def lay_out(weights: Weights) -> list[str]:
    owners: list[str] = []
    for (variation, _), count in zip(weights, divide([weight for _, weight in weights]), strict=True):
        owners += [variation] * count
    return owners


def reweigh(owners: Sequence[str], weights: Weights) -> list[str]:
    target = dict(zip([variation for variation, _ in weights], divide([weight for _, weight in weights]), strict=True))
    owned = Counter(owners)
    result: list[str | None] = list(owners)
    for slot in reversed(range(SLOTS)):
        variation = owners[slot]
        if owned[variation] > target.get(variation, 0):
            owned[variation] -= 1
            result[slot] = None
    wanting = [variation for variation in target for _ in range(target[variation] - owned[variation])]
    given = iter(wanting)
    return [next(given) if owner is None else owner for owner in result]


def ranges_of(owners: Sequence[str]) -> list[Range]:
    ranges: list[Range] = []
    start = 0
    for variation, run in groupby(owners):
        stop = start + len(list(run))
        ranges.append((start, stop, variation))
        start = stop
    return ranges


def owner_of(slot: int, ranges: Sequence[Range]) -> str:
    return next(variation for start, stop, variation in ranges if start <= slot < stop)


def claim(owners: Sequence[str | None], member: str, count: int) -> list[str | None]:
    """The slots of a group after a member has claimed so many of them; None is nobody's."""
    result = list(owners)
    owned = [slot for slot in range(SLOTS) if result[slot] == member]
    for slot in owned[count:]:
        result[slot] = None
    missing = max(0, count - len(owned))
    for slot in [slot for slot in range(SLOTS) if result[slot] is None][:missing]:
        result[slot] = member
    return result
