"""The published recipe written out: from a salt and a unit to a variation, one step after another.

Nothing here calls the code that decides. An explanation holds what comes out here against it, so neither can be wrong alone.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from xxhash import xxh3_64_intdigest

from signpost.assignment import Candidate, Reason
from signpost.assignment.slots import ranges_for
from signpost.model.experiments import Experiment


@dataclass(frozen=True, slots=True)
class Step:
    """One step in words: what was looked at, what came out, and how."""

    title: str
    value: str
    note: str = ""
    depth: int = 0
    """How deep it lies within the steps above it."""
    is_hit: bool = False
    """Whether it is the one of several that decides."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the steps lead to; no reason when it can't be told without what is missing."""

    reason: Reason | None
    variation_id: str | None = None
    segment_id: str | None = None


@dataclass(frozen=True, slots=True)
class Coordinates:
    """Where a unit is in an experiment."""

    hashed: int
    split: int
    exposure: int
    slot: int

    @classmethod
    def of(cls, salt: str, unit: str) -> "Coordinates | None":
        """Return the coordinates, None for a unit that has none: an empty one, or one without a UTF-8 form."""
        try:
            key = (salt + unit).encode("utf-8")
        except UnicodeEncodeError:
            return None
        hashed = xxh3_64_intdigest(key)
        split = hashed >> 32
        return cls(hashed, split, hashed & 0xFFFF_FFFF, (split * 1_000_000) >> 32) if unit else None


def walk_coordinates(salt: str, unit: str, found: Coordinates) -> Iterator[Step]:
    """Tell how the coordinates come about."""
    yield Step("salt + unit", f"{salt} + {unit}", "with nothing between them")
    yield Step("hash", f"{found.hashed:#018x}", "XXH3_64 of its UTF-8, seed 0")
    yield Step("split point", f"{found.split} = {found.split:#010x}", "hash >> 32")
    yield Step("exposure point", f"{found.exposure} = {found.exposure:#010x}", "hash & 0xffffffff")
    yield Step("slot", f"{found.slot:,}", f"{found.split} × 1,000,000 >> 32")


def walk_slots(candidate: Candidate, found: Coordinates) -> tuple[list[Step], Answer]:
    """Tell how a percentage experiment decides: plain, as a rollout, or under coverage."""
    experiment = candidate.experiment
    steps: list[Step] = []
    is_exposed = True
    if experiment.levels:
        level = experiment.levels[0] if experiment.current_level is None else experiment.current_level
        percent = (found.exposure * 100) >> 32
        is_exposed = percent < level
        shown = f"{percent} < {level}: exposed" if is_exposed else f"{percent} ≥ {level}: not exposed"
        steps.append(Step("level", shown, f"{found.exposure} × 100 >> 32 = {percent}; the level is {level} %"))
    owner = ""
    for piece in experiment.slot_ranges or ranges_for(experiment):
        is_owner = piece.start <= found.slot < piece.stop
        owner = piece.variation_id if is_owner else owner
        name = candidate.variations[piece.variation_id].name
        note = f"slot {found.slot:,} is here" if is_owner else ""
        title = f"slots {piece.start:,} to {piece.stop - 1:,}"
        steps.append(Step(title, name, note, depth=1, is_hit=is_owner and is_exposed))
    if not experiment.slot_ranges:
        steps.append(Step("ranges", "not stored yet", "laid out by the weights, as an activation would"))
    return steps, _answer(experiment, owner, is_exposed=is_exposed)


def _answer(experiment: Experiment, owner: str, *, is_exposed: bool) -> Answer:
    if experiment.is_rollout:
        control = next(a.variation_id for a in experiment.allocations if a.is_control)
        return Answer(Reason.ROLLOUT_TREATMENT, owner) if is_exposed else Answer(Reason.ROLLOUT_CONTROL, control)
    return Answer(Reason.SPLIT, owner) if is_exposed else Answer(Reason.NOT_EXPOSED)
