"""Readiness: everything that stands between an experiment and its activation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from signpost.model.errors import Blocker, BlockerCode
from signpost.model.experiments import (
    WEIGHT_ALL,
    Experiment,
    ExperimentStatus,
    Span,
    Strategy,
    are_grouped,
    can_run_together,
    can_share_salt,
)
from signpost.model.flags import Flag, FlagStatus
from signpost.model.segments import Segment, SegmentStatus
from signpost.model.variations import Variation

ENDED = {ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED}

RivalRule = Callable[[Experiment, Experiment], bool]
"""Says of two experiments whether they may be active at the same time."""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What an experiment is checked against, as it is now.

    Its flag, that flag's variations, the segments it names, and the other experiments that are active or paused.
    """

    flag: Flag | None
    variations: Mapping[str, Variation]
    segments: Mapping[str, Segment]
    others: Sequence[Experiment]
    may_run_together: RivalRule = can_run_together


def find_blockers(experiment: Experiment, around: Surroundings) -> tuple[Blocker, ...]:
    """Return every reason why the experiment can't be active, in the order of the contract; none means ready."""
    checks = (
        _check_flag,
        _check_variations,
        _check_control,
        _check_split,
        _check_ramp,
        _check_rivals,
        _check_salt,
        _check_group,
    )
    return tuple(blocker for check in checks for blocker in check(experiment, around))


def _check_flag(_: Experiment, around: Surroundings) -> Iterator[Blocker]:
    if around.flag is None:
        yield Blocker(BlockerCode.FLAG_NOT_ACTIVE, "The feature flag is gone.")
    elif around.flag.status is not FlagStatus.ACTIVE:
        yield Blocker(BlockerCode.FLAG_NOT_ACTIVE, f"The feature flag is {around.flag.status}.")


def _check_variations(experiment: Experiment, around: Surroundings) -> Iterator[Blocker]:
    if not experiment.allocations:
        yield Blocker(BlockerCode.MISSING_ALLOCATIONS, "There is no allocation.")
    strangers = sorted({a.variation_id for a in experiment.allocations} - around.variations.keys())
    if strangers:
        found = f"Not a variation of the feature flag: {', '.join(strangers)}."
        yield Blocker(BlockerCode.VARIATION_NOT_FROM_FLAG, found)


def _check_control(experiment: Experiment, _: Surroundings) -> Iterator[Blocker]:
    controls = sum(a.is_control for a in experiment.allocations)
    if experiment.allocations and controls != 1:
        yield Blocker(BlockerCode.MISSING_CONTROL, f"{controls} allocations are marked as control.")


def _check_split(experiment: Experiment, around: Surroundings) -> Iterator[Blocker]:
    if not experiment.allocations:
        return
    if experiment.strategy is Strategy.PERCENTAGE:
        yield from _check_weights(experiment)
    else:
        yield from _check_segments(experiment, around)


def _check_weights(experiment: Experiment) -> Iterator[Blocker]:
    weights = [a.weight_slots for a in experiment.allocations if a.weight_slots is not None]
    missing = len(experiment.allocations) - len(weights)
    if experiment.has_ramp and not weights:
        return
    if missing:
        yield Blocker(BlockerCode.INVALID_WEIGHTS, f"{missing} allocations have no weight.")
    elif sum(weights) != WEIGHT_ALL:
        yield Blocker(BlockerCode.INVALID_WEIGHTS, f"The weights sum to {_percent(sum(weights))}.")


def _check_segments(experiment: Experiment, around: Surroundings) -> Iterator[Blocker]:
    fallbacks = sum(bool(a.is_fallback) for a in experiment.allocations)
    if fallbacks != 1:
        yield Blocker(BlockerCode.MISSING_DEFAULT, f"{fallbacks} allocations are marked as fallback.")
    problems = sorted(set(_describe_segment_problems(experiment, around.segments)))
    if problems:
        yield Blocker(BlockerCode.INVALID_SEGMENT_ALLOCATION, " ".join(problems))


def _describe_segment_problems(experiment: Experiment, segments: Mapping[str, Segment]) -> Iterator[str]:
    targeted = [a for a in experiment.allocations if not a.is_fallback]
    priorities = [a.priority for a in targeted if a.priority is not None]
    if any(a.segment_id is None for a in targeted):
        yield "An allocation that is no fallback has no segment."
    if len(priorities) < len(targeted):
        yield "An allocation that is no fallback has no priority."
    if len(set(priorities)) < len(priorities):
        yield "Two allocations have the same priority."
    for allocation in experiment.allocations:
        if allocation.segment_id is None:
            continue
        segment = segments.get(allocation.segment_id)
        if segment is None:
            yield f"Segment {allocation.segment_id} is gone."
        elif segment.status is SegmentStatus.ARCHIVED:
            yield f"Segment {allocation.segment_id} is archived."


def _check_ramp(experiment: Experiment, _: Surroundings) -> Iterator[Blocker]:
    if not experiment.has_ramp:
        return
    if experiment.strategy is Strategy.SEGMENT:
        yield Blocker(BlockerCode.INVALID_RAMP, "Levels need the percentage strategy.")
    elif experiment.allocations and all(a.is_control for a in experiment.allocations):
        yield Blocker(BlockerCode.INVALID_RAMP, "There is no treatment to ramp.")


def _check_rivals(experiment: Experiment, around: Surroundings) -> Iterator[Blocker]:
    if experiment.status in ENDED:
        return
    active = (other for other in around.others if other.status is ExperimentStatus.ACTIVE)
    rival = next((other for other in active if not around.may_run_together(experiment, other)), None)
    if rival is not None:
        found = f"Another experiment is active in the flow {rival.flow}."
        yield Blocker(BlockerCode.ACTIVE_LIMIT_EXCEEDED, found)


def _check_salt(experiment: Experiment, around: Surroundings) -> Iterator[Blocker]:
    if experiment.status in ENDED:
        return
    twin = next((other for other in around.others if not can_share_salt(experiment, other)), None)
    if twin is not None:
        yield Blocker(BlockerCode.SALT_IN_USE, f"The experiment {twin.name} is {twin.status} with it.")


def _check_group(experiment: Experiment, around: Surroundings) -> Iterator[Blocker]:
    group = experiment.exclusion_group
    if experiment.status in ENDED or group is None:
        return
    taken = [span for other in around.others if are_grouped(experiment, other) for span in _spans_of(other)]
    free = WEIGHT_ALL - sum(span.stop - span.start for span in taken)
    if group.weight_slots > free:
        found = (
            f"It is to have {_percent(group.weight_slots)} % of the group {group.name}, {_percent(free)} % are free."
        )
        yield Blocker(BlockerCode.GROUP_FULL, found)


def _spans_of(experiment: Experiment) -> tuple[Span, ...]:
    return experiment.exclusion_group.spans if experiment.exclusion_group is not None else ()


def _percent(slots: int) -> str:
    return f"{slots * 100 / WEIGHT_ALL:.4f}".rstrip("0").rstrip(".")
