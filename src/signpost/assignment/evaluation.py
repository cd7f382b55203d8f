"""The percentage strategies as functions from a unit and its context to a decision; `matching` has those by segment.

They expect what their types say and raise `TypeError`, `AttributeError` or `UnicodeEncodeError` for anything else; the plan
catches that, so that the common case pays for no check.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence

from xxhash import xxh3_64_intdigest

from signpost.assignment.decisions import Decision, Outcome
from signpost.assignment.hashing import MASK, exposure_limit, first_hash
from signpost.model.experiments import SlotRange

Context = Mapping[str, str | None]
"""The attributes of a request; None, or anything else that is no text, counts as missing."""

Evaluate = Callable[[str, Context], Decision]


def always(outcome: Outcome) -> Evaluate:
    """Decide the same for everybody, without a hash."""
    decision = (outcome, 0)
    return lambda _unit, _context: decision


def split_by_slot(salt: str, ranges: Sequence[SlotRange], owners: Sequence[Outcome]) -> Evaluate:
    """Percentage: the slot decides. `owners[i]` owns `ranges[i]`; the ranges are sorted and leave no gap."""
    bounds = tuple(first_hash(piece.start) for piece in ranges[1:])
    owned = tuple(owners)

    def evaluate(unit: str, _: Context) -> Decision:
        hashed = xxh3_64_intdigest((salt + unit).encode())  # hashing.hash_unit, without the call
        return owned[bisect_right(bounds, hashed)], hashed

    return evaluate


def expose_first(level: int, exposed: Evaluate, otherwise: Outcome) -> Evaluate:
    """Ramp: units exposed at the level go on, all others get one outcome.

    In a rollout that is the control; under coverage it is not being in the experiment.
    """
    limit = exposure_limit(level)

    def evaluate(unit: str, context: Context) -> Decision:
        decision = exposed(unit, context)
        return decision if decision[1] & MASK < limit else (otherwise, decision[1])

    return evaluate
