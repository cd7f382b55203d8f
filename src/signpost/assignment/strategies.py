"""Turning an allocated experiment into functions: one that decides as it runs, and one that can be forced."""

from signpost.assignment.arms import Arms, Candidate
from signpost.assignment.decisions import Outcome, Reason
from signpost.assignment.evaluation import Evaluate, expose_first, split_by_slot
from signpost.assignment.matching import Target, attributes_of, check_segment, compile_targets
from signpost.assignment.overrides import Forcible, enrol_by_segment, enrol_by_split
from signpost.assignment.slots import check_ranges, ranges_for
from signpost.model.experiments import Allocation, Experiment
from signpost.model.segments import Segment


def run_percentage(experiment: Experiment, arms: Arms) -> Evaluate:
    """Return how a percentage experiment decides: plain, as a rollout or under coverage.

    Raises:
        ValueError: the slots don't fit the allocations, or a rollout has no control.
    """
    if not experiment.has_ramp:
        return _split(experiment, arms, Reason.SPLIT)
    level = experiment.levels[0] if experiment.current_level is None else experiment.current_level
    if experiment.is_rollout:
        control = arms.enrol(arms.control, Reason.ROLLOUT_CONTROL)
        return expose_first(level, _split(experiment, arms, Reason.ROLLOUT_TREATMENT), control)
    return expose_first(level, _split(experiment, arms, Reason.SPLIT), arms.decline(Reason.NOT_EXPOSED))


def force_percentage(experiment: Experiment, arms: Arms) -> Forcible:
    """Return how a percentage experiment is forced.

    Raises:
        ValueError: the slots don't fit the allocations.
    """
    return Forcible(
        salt=experiment.salt,
        attributes=frozenset(),
        variations=arms.forced,
        segments=frozenset(),
        enrol=enrol_by_split(_split(experiment, arms, Reason.FORCED)),
    )


def run_segments(candidate: Candidate, arms: Arms) -> Evaluate:
    """Return how a segment experiment decides.

    Raises:
        ValueError: an allocation lacks its segment or its priority, a segment's rules are broken, or there is no fallback.
    """
    fallback = _fall_back(arms, Reason.FALLBACK)
    return compile_targets(candidate.experiment.salt, _aim(candidate, arms, Reason.SEGMENT), fallback)


def force_segments(candidate: Candidate, arms: Arms) -> Forcible:
    """Return how a segment experiment is forced.

    Raises:
        ValueError: an allocation lacks its segment or its priority, a segment's rules are broken, or there is no fallback.
    """
    targets = _aim(candidate, arms, Reason.FORCED)
    segments = [segment for segment, _ in targets]
    return Forcible(
        salt=candidate.experiment.salt,
        attributes=attributes_of(segments),
        variations=arms.forced,
        segments=frozenset(segment.id for segment in segments),
        enrol=enrol_by_segment(candidate.experiment.salt, targets, _fall_back(arms, Reason.FORCED)),
    )


def _split(experiment: Experiment, arms: Arms, reason: Reason) -> Evaluate:
    ranges = experiment.slot_ranges or ranges_for(experiment)
    check_ranges(ranges)
    owners = {v: arms.enrol(arms.allocation_of(v), reason) for v in {piece.variation_id for piece in ranges}}
    return split_by_slot(experiment.salt, ranges, [owners[piece.variation_id] for piece in ranges])


def _aim(candidate: Candidate, arms: Arms, reason: Reason) -> list[Target]:
    targeted = sorted((a for a in candidate.experiment.allocations if not a.is_fallback), key=_priority_of)
    return [(_segment_of(allocation, candidate), arms.enrol(allocation, reason)) for allocation in targeted]


def _fall_back(arms: Arms, reason: Reason) -> Outcome:
    fallback = next((a for a in arms.experiment.allocations if a.is_fallback), None)
    if fallback is None:
        raise ValueError("there is no fallback")
    return arms.enrol(fallback, reason)


def _segment_of(allocation: Allocation, candidate: Candidate) -> Segment:
    segment = candidate.segments.get(allocation.segment_id or "")
    if segment is None:
        raise ValueError(f"the segment {allocation.segment_id} is gone")
    check_segment(segment)
    return segment


def _priority_of(allocation: Allocation) -> int:
    if allocation.priority is None:
        raise ValueError("an allocation that is no fallback has no priority")
    return allocation.priority
