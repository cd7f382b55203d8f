"""Experiments on the wire, as they go out."""

from datetime import UTC, datetime
from typing import Any, Literal

from pydantic import Field

from signpost.api.wire.analysis_plans import AnalysisPlanReply, render_plan
from signpost.api.wire.common import ReplyBody, leave_out_none, render_time
from signpost.api.wire.experiments import (
    BEYOND,
    SLOTS_PER_PERCENT,
    AssignmentConfig,
    DefaultConfigName,
    Status,
    StrategyName,
)
from signpost.api.wire.flags import FlagReply, render_flag
from signpost.api.wire.segments import SegmentReply, render_segment
from signpost.api.wire.variations import VariationReply, render_variation
from signpost.model.experiments import Allocation, Experiment, Subject, editable_fields, extension_fields
from signpost.model.tenants import Generation
from signpost.usecases.experiment_lives import RampStep
from signpost.usecases.experiment_views import ExperimentView

NEVER = datetime.fromtimestamp(0, UTC)
EA_ONLY = "Left out in the beta generation."


class AllocationReply(ReplyBody):
    """One share of the traffic."""

    variation_id: str
    variation_name: str = Field("", description=EA_ONLY)
    segment_id: str = ""
    segment_name: str = Field("", description=EA_ONLY)
    weight: float = Field(0, description="An integer when it is whole.")
    priority: int = 1
    is_control: bool
    is_fallback: bool = False
    variation_snapshot: VariationReply | None = Field(None, description=EA_ONLY)
    segment_snapshot: SegmentReply | None = Field(None, description=EA_ONLY)


class ExclusionGroupReply(ReplyBody):
    """The group of an experiment, and its share in percent."""

    name: str
    weight: float


class ExperimentReply(ReplyBody):
    """An experiment."""

    id: str
    name: str
    description: str = ""
    feature_flag_id: str
    feature_flag_name: str = Field("", description=EA_ONLY)
    authentication_flow: str
    allocation_strategy: StrategyName
    assignment_config: AssignmentConfig
    default_config: DefaultConfigName = Field("tenant", description=EA_ONLY)
    status: Status
    is_valid: bool
    feature_flag_snapshot: FlagReply | None = Field(None, description=EA_ONLY)
    allocations: list[AllocationReply]
    editable_fields: list[str] = Field([], description=EA_ONLY)
    levels: list[int] = Field([], description=EA_ONLY)
    current_level: int | None = Field(None, description=EA_ONLY)
    salt_of: str = Field("", description=BEYOND)
    allow_shared_salt: bool = Field(False, description=BEYOND)
    exclusion_group: ExclusionGroupReply = Field(ExclusionGroupReply(name="", weight=0), description=BEYOND)
    analysis_plan: AnalysisPlanReply | None = Field(None, description=BEYOND)
    started_at: datetime = NEVER
    ended_at: datetime = NEVER
    created_at: datetime
    updated_at: datetime


class ExperimentList(ReplyBody):
    """A page of experiments."""

    experiments: list[ExperimentReply]
    next: str = Field("", description="The checkpoint of the next page; left out on the last one.")


class Blocker(ReplyBody):
    """One reason why an experiment can't be activated."""

    code: Literal[
        "feature_flag_not_active",
        "experiment_missing_allocations",
        "variation_not_from_flag",
        "experiment_missing_control",
        "experiment_invalid_allocation_weights",
        "experiment_missing_default",
        "experiment_invalid_segment_allocation",
        "experiment_invalid_ramp",
        "experiment_active_limit_exceeded",
        "salt_in_use",
        "exclusion_group_full",
    ]
    message: str


class Validation(ReplyBody):
    """Whether an experiment could be activated, and everything that stands in the way."""

    is_valid: bool
    errors: list[Blocker]


class RampReply(ReplyBody):
    """What an advance of a ramp did."""

    experiment_id: str
    from_level: int
    to_level: int
    current_level: int


def render_experiment(view: ExperimentView, generation: Generation) -> dict[str, Any]:
    """Return the body of an experiment."""
    return _render_beta(view) if generation is Generation.BETA else _render_ea(view)


def render_step(step: RampStep) -> dict[str, Any]:
    """Return the body of an advance."""
    return {
        "experiment_id": step.experiment_id,
        "from_level": step.from_level,
        "to_level": step.to_level,
        "current_level": step.to_level,
    }


def _render_ea(view: ExperimentView) -> dict[str, Any]:
    experiment = view.experiment
    optional = leave_out_none(
        {
            "id": experiment.id,
            "name": experiment.name,
            "description": experiment.description,
            "feature_flag_id": experiment.flag_id,
            "feature_flag_name": view.flag_name,
            "authentication_flow": experiment.flow,
            "allocation_strategy": experiment.strategy.value,
            "assignment_config": {"subject": experiment.subject.value},
            "default_config": experiment.default_config.value if experiment.default_config else None,
        }
    )
    snapshot = experiment.flag_snapshot
    return optional | {
        "status": experiment.status.value,
        "is_valid": experiment.is_valid,
        "feature_flag_snapshot": render_flag(snapshot) if snapshot is not None else None,
        "allocations": [_render_allocation(allocation, view) for allocation in experiment.allocations],
        "editable_fields": _list_editable(view),
        **({"levels": list(experiment.levels)} if experiment.has_ramp else {}),
        "current_level": experiment.current_level,
        **_render_extensions(experiment),
        **_render_times(view),
    }


def _list_editable(view: ExperimentView) -> list[str]:
    """Return the contract's fields, and those beyond it only where they are used."""
    experiment = view.experiment
    listed = editable_fields(experiment.status, experiment.strategy, view.flag_origin)
    used = {*_render_extensions(experiment)}
    if experiment.subject is not Subject.DEVICE:
        used.add("assignment_config")
    return [*listed, *(field for field in extension_fields(experiment) if field in used)]


def _render_extensions(experiment: Experiment) -> dict[str, Any]:
    """Return the fields beyond the contract that the experiment uses: one that uses none looks as the contract has it."""
    shares = experiment.salt_of is not None or experiment.allow_shared_salt
    group = experiment.exclusion_group
    return leave_out_none(
        {
            "salt_of": experiment.salt_of,
            "allow_shared_salt": experiment.allow_shared_salt if shares else None,
            "exclusion_group": group and {"name": group.name, "weight": _render_weight(group.weight_slots)},
            "analysis_plan": None if experiment.analysis_plan is None else render_plan(experiment.analysis_plan),
        }
    )


def _render_beta(view: ExperimentView) -> dict[str, Any]:
    experiment = view.experiment
    body = {
        "id": experiment.id,
        "name": experiment.name,
        "description": experiment.description,
        "feature_flag_id": experiment.flag_id,
        "authentication_flow": experiment.flow,
        "allocation_strategy": experiment.strategy.value,
        "assignment_config": {"subject": experiment.subject.value},
        "status": experiment.status.value,
        "is_valid": experiment.is_valid,
        "allocations": [_render_share(allocation) for allocation in experiment.allocations],
    }
    return leave_out_none(body) | _render_times(view)


def _render_times(view: ExperimentView) -> dict[str, Any]:
    experiment = view.experiment
    times = {
        "started_at": experiment.started_at,
        "ended_at": experiment.ended_at,
        "created_at": experiment.created_at,
        "updated_at": experiment.updated_at,
    }
    return {name: render_time(at) for name, at in times.items() if at is not None}


def _render_share(allocation: Allocation) -> dict[str, Any]:
    return leave_out_none(
        {
            "variation_id": allocation.variation_id,
            "segment_id": allocation.segment_id,
            "weight": _render_weight(allocation.weight_slots),
            "priority": allocation.priority,
            "is_control": allocation.is_control,
            "is_fallback": allocation.is_fallback,
        }
    )


def _render_allocation(allocation: Allocation, view: ExperimentView) -> dict[str, Any]:
    variation, segment = allocation.variation_snapshot, allocation.segment_snapshot
    shown = leave_out_none(
        {
            "variation_id": allocation.variation_id,
            "variation_name": view.variation_names.get(allocation.variation_id),
            "segment_id": allocation.segment_id,
            "segment_name": view.segment_names.get(allocation.segment_id or ""),
            "weight": _render_weight(allocation.weight_slots),
            "priority": allocation.priority,
            "is_control": allocation.is_control,
            "is_fallback": allocation.is_fallback,
        }
    )
    return shown | {
        "variation_snapshot": render_variation(variation, Generation.EA) if variation is not None else None,
        "segment_snapshot": render_segment(segment, Generation.EA) if segment is not None else None,
    }


def _render_weight(slots: int | None) -> float | None:
    """Return a percentage: whole ones as integers, others with their decimals and no more."""
    if slots is None or slots % SLOTS_PER_PERCENT == 0:
        return slots // SLOTS_PER_PERCENT if slots is not None else None
    return slots / SLOTS_PER_PERCENT
