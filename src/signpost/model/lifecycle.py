"""Which status leads to which."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar

from signpost.model.errors import InvalidTransitionError, Kind
from signpost.model.experiments import ExperimentStatus
from signpost.model.flags import FlagStatus
from signpost.model.segments import SegmentStatus

S = TypeVar("S", bound=StrEnum)

EXPERIMENT_TRANSITIONS: Mapping[ExperimentStatus, frozenset[ExperimentStatus]] = {
    ExperimentStatus.DRAFT: frozenset({ExperimentStatus.ACTIVE, ExperimentStatus.ARCHIVED}),
    ExperimentStatus.ACTIVE: frozenset({ExperimentStatus.PAUSED, ExperimentStatus.COMPLETED}),
    ExperimentStatus.PAUSED: frozenset(
        {ExperimentStatus.ACTIVE, ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED}
    ),
    ExperimentStatus.COMPLETED: frozenset({ExperimentStatus.ARCHIVED}),
    ExperimentStatus.ARCHIVED: frozenset(),
}

FLAG_TRANSITIONS: Mapping[FlagStatus, frozenset[FlagStatus]] = {
    FlagStatus.DRAFT: frozenset({FlagStatus.ACTIVE, FlagStatus.ARCHIVED}),
    FlagStatus.ACTIVE: frozenset({FlagStatus.ARCHIVED}),
    FlagStatus.ARCHIVED: frozenset(),
}

SEGMENT_TRANSITIONS: Mapping[SegmentStatus, frozenset[SegmentStatus]] = {
    SegmentStatus.ACTIVE: frozenset({SegmentStatus.ARCHIVED}),
    SegmentStatus.ARCHIVED: frozenset(),
}


def check_transition(kind: Kind, transitions: Mapping[S, frozenset[S]], current: S, target: S) -> None:
    """Check that the target is one step from the current status.

    Raises:
        InvalidTransitionError: it is not; staying where one is counts as no step.
    """
    if target not in transitions[current]:
        raise InvalidTransitionError(kind=kind, current=current, target=target)
