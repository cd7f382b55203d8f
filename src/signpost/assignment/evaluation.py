"""The strategies, each as a function from a unit and its context to a decision.

Slots and levels are compared as thresholds of the hash itself, worked out once: `slot >= s` is `hash >= first_hash(s)`, and
`exposed at L` is `exposure < exposure_limit(L)`. Both are exact in integers, and save the arithmetic on every question.
"""

from bisect import bisect_right
from collections.abc import Sequence

from xxhash import xxh3_64_intdigest

from signpost.assignment.decisions import Decision, Outcome
from signpost.assignment.matching import Context, Matcher, keep_texts
from signpost.assignment.plans import Evaluate
from signpost.model.experiments import SlotRange
from signpost.model.limits import SLOTS


def first_hash(slot: int) -> int:
    """Return the smallest 64-bit hash whose slot is not below this one."""
    return -(-(slot << 32) // SLOTS) << 32


def exposure_limit(level: int) -> int:
    """Return the smallest 32-bit exposure point that is not exposed at this level."""
    return -(-(level << 32) // 100)


def split_by_slot(salt: str, ranges: Sequence[SlotRange], arms: Sequence[Outcome]) -> Evaluate:
    """Percentage: the slot decides. `arms[i]` owns `ranges[i]`; ranges are sorted and leave no gap."""
    bounds = tuple(first_hash(piece.start) for piece in ranges[1:])
    outcomes = tuple(arms)

    def evaluate(unit: str, _: Context) -> Decision:
        hashed = xxh3_64_intdigest((salt + unit).encode())
        return Decision((outcomes[bisect_right(bounds, hashed)], hashed))

    def evaluate_two(unit: str, _: Context) -> Decision:
        hashed = xxh3_64_intdigest((salt + unit).encode())
        return Decision((low if hashed < bound else high, hashed))

    if len(outcomes) != 2:
        return evaluate
    (low, high), (bound,) = outcomes, bounds
    return evaluate_two


def expose_first(level: int, exposed: Evaluate, otherwise: Outcome) -> Evaluate:
    """Ramp: units exposed at the level go on, all others get one outcome.

    In a rollout that is the control; under coverage it is not being in the experiment.
    """
    limit = exposure_limit(level)

    def evaluate(unit: str, context: Context) -> Decision:
        decision = exposed(unit, context)
        return decision if decision.exposure < limit else Decision((otherwise, decision.hashed))

    return evaluate


def match_in_turn(salt: str, targets: Sequence[tuple[Matcher, Outcome]], fallback: Outcome) -> Evaluate:
    """Segment: the first target whose segment has the request, else the fallback."""
    ordered = tuple(targets)

    def evaluate(unit: str, context: Context) -> Decision:
        hashed = xxh3_64_intdigest((salt + unit).encode())
        try:
            get = context.get
            for matches, outcome in ordered:
                if matches(get):
                    return Decision((outcome, hashed))
        except (AttributeError, TypeError):  # a value that is no text: ask again without it
            return evaluate(unit, keep_texts(context))
        return Decision((fallback, hashed))

    return evaluate
