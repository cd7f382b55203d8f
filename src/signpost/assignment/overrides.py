"""Overrides: forcing a decision for one transaction, in an experiment of any status."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from signpost.assignment.decisions import Decision, Outcome
from signpost.assignment.evaluation import Context, Evaluate
from signpost.assignment.hashing import hash_unit
from signpost.assignment.matching import Target, compile_targets
from signpost.model.experiments import Subject


@dataclass(frozen=True, slots=True)
class Override:
    """What a request forces. It counts as a whole: when a part of it leads nowhere, all of it is ignored.

    `experiment_id` alone forces that experiment, in any status, with its split and whatever its level; without it the
    flow's active experiment is meant; of several in an exclusion group the oldest that has what is named. `variation_id` forces that variation. `segment_id` makes that segment count as
    matched; those of a higher priority still go first.
    """

    experiment_id: str | None = None
    variation_id: str | None = None
    segment_id: str | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is forced."""
        return self.experiment_id is None and self.variation_id is None and self.segment_id is None


@dataclass(frozen=True, slots=True)
class SignedOverride:
    """An override that somebody answers for: who made it, why, and until when it is good."""

    id: str
    override: Override
    reason: str
    made_by: str
    expires_at: datetime


Enrol = Callable[[str, Context, str | None], Decision]
"""Decides for a unit and its context as if everybody took part, with one segment taken as matched."""


@dataclass(frozen=True, slots=True)
class Forcible:
    """One experiment as an override can force it. Its outcomes are marked as forced."""

    salt: str
    attributes: frozenset[str]
    variations: Mapping[str, Outcome]
    segments: frozenset[str]
    enrol: Enrol
    subject: Subject = Subject.DEVICE

    def force(self, unit: str, context: Context, override: Override) -> Decision | None:
        """Return what the override forces here, None where it names what this experiment does not have.

        Raises:
            TypeError, UnicodeEncodeError: the unit can't be hashed.
        """
        if not self.has(override):
            return None
        if override.variation_id is None:
            return self.enrol(unit, context, override.segment_id)
        return self.variations[override.variation_id], hash_unit(self.salt, unit)

    def has(self, override: Override) -> bool:
        """Return whether the variation and the segment that are named are there."""
        has_variation = override.variation_id is None or override.variation_id in self.variations
        return has_variation and (override.segment_id is None or override.segment_id in self.segments)


def enrol_by_split(evaluate: Evaluate) -> Enrol:
    """Return how a percentage experiment enrols: as it splits."""
    return lambda unit, context, _segment_id: evaluate(unit, context)


def enrol_by_segment(salt: str, targets: Sequence[Target], fallback: Outcome) -> Enrol:
    """Return how a segment experiment enrols.

    Compiled when it is asked, because hardly any experiment ever is. What comes after the forced segment can't be reached.
    """

    def enrol(unit: str, context: Context, segment_id: str | None) -> Decision:
        for i, (segment, outcome) in enumerate(targets):
            if segment.id == segment_id:
                return compile_targets(salt, targets[:i], outcome)(unit, context)
        return compile_targets(salt, targets, fallback)(unit, context)

    return enrol
