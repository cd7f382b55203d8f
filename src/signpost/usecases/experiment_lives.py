"""Moving experiments through their lives: status, readiness, ramp."""

from dataclasses import dataclass, replace
from datetime import datetime

from signpost.assignment.groups import claim_spans
from signpost.assignment.slots import ranges_for
from signpost.model.errors import Blocker, Kind, NotFoundError, NotReadyError
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus
from signpost.model.lifecycle import EXPERIMENT_TRANSITIONS, check_transition
from signpost.model.ramp import check_advance
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.experiment_views import ExperimentView, view_experiment
from signpost.usecases.readiness import check_readiness, with_validity


@dataclass(frozen=True, slots=True)
class RampStep:
    """What an advance of a ramp did."""

    experiment_id: str
    from_level: int
    to_level: int


def change_experiment_status(call: Call, experiment_id: str, target: ExperimentStatus) -> ExperimentView:
    """Move an experiment to another status.

    Raises:
        NotFoundError: the tenant has no such experiment.
        InvalidTransitionError: the status can't be reached, or is the current one.
        NotReadyError: something keeps it from being active.
    """
    with call.writing() as tenant:
        now = call.clock.now()
        moved = move_experiment(tenant, find_experiment(tenant, experiment_id), target, now)
        moved = with_validity(tenant, replace(moved, updated_at=now))
        tenant.experiments.replace(moved)
        return view_experiment(tenant, moved)


def validate_experiment(call: Call, experiment_id: str) -> tuple[Blocker, ...]:
    """Return everything that keeps the experiment from being active; none means ready. Changes nothing.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    with call.reading() as tenant:
        return check_readiness(tenant, find_experiment(tenant, experiment_id))


def advance_ramp(call: Call, experiment_id: str, target_level: int) -> RampStep:
    """Raise the exposure to the next level; going where it is already changes nothing.

    Raises:
        NotFoundError: the tenant has no such experiment.
        RampNotRunningError: it has no ramp, or is neither active nor paused.
        LevelNotNextError: the ramp goes elsewhere next.
    """
    with call.writing() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        check_advance(experiment, target_level)
        current = experiment.current_level if experiment.current_level is not None else experiment.levels[0]
        if target_level != experiment.current_level:
            advanced = replace(experiment, current_level=target_level, updated_at=call.clock.now())
            tenant.experiments.replace(with_validity(tenant, advanced))
        return RampStep(experiment_id=experiment_id, from_level=current, to_level=target_level)


def move_experiment(tenant: Workspace, experiment: Experiment, target: ExperimentStatus, now: datetime) -> Experiment:
    """Return the experiment in its new status, frozen where it now runs; storing it is the caller's.

    Raises:
        InvalidTransitionError: the status can't be reached, or is the current one.
        NotReadyError: something keeps it from being active.
    """
    check_transition(Kind.EXPERIMENT, EXPERIMENT_TRANSITIONS, experiment.status, target)
    match target:
        case ExperimentStatus.ACTIVE:
            blockers = check_readiness(tenant, experiment)
            if blockers:
                raise NotReadyError(blockers)
            frozen = _freeze(tenant, experiment)
            return replace(frozen, status=target, started_at=experiment.started_at or now)
        case ExperimentStatus.COMPLETED:
            return replace(experiment, status=target, ended_at=now)
        case ExperimentStatus.ARCHIVED if experiment.status is ExperimentStatus.PAUSED:
            return replace(experiment, status=target, ended_at=now)
        case _:
            return replace(experiment, status=target)


def _freeze(tenant: Workspace, experiment: Experiment) -> Experiment:
    """Copy what will run into the experiment; what was copied before stays as it was."""
    variations = tenant.variations.get_many({a.variation_id for a in experiment.allocations})
    segments = tenant.segments.get_many({a.segment_id for a in experiment.allocations if a.segment_id is not None})

    def freeze(allocation: Allocation) -> Allocation:
        return replace(
            allocation,
            variation_snapshot=allocation.variation_snapshot or variations[allocation.variation_id],
            segment_snapshot=allocation.segment_snapshot
            or (segments[allocation.segment_id] if allocation.segment_id is not None else None),
        )

    current_level = experiment.current_level
    if experiment.has_ramp and current_level is None:
        current_level = experiment.levels[0]
    group = experiment.exclusion_group
    if group is not None:
        others = (other for other in tenant.experiments.active_or_paused() if other.id != experiment.id)
        group = replace(group, spans=claim_spans(experiment, others))
    return replace(
        experiment,
        exclusion_group=group,
        allocations=tuple(map(freeze, experiment.allocations)),
        current_level=current_level,
        slot_ranges=ranges_for(experiment),
        flag_snapshot=experiment.flag_snapshot or tenant.flags.get(experiment.flag_id),
    )


def find_by_name(tenant: Workspace, named: str) -> Experiment:
    """Return the experiment that has this id or this name, or raise `NotFoundError`."""
    found = tenant.experiments.get(named) or next((e for e in tenant.experiments.all() if e.name == named), None)
    if found is None:
        raise NotFoundError(Kind.EXPERIMENT)
    return found


def find_experiment(tenant: Workspace, experiment_id: str) -> Experiment:
    """Return the experiment, or raise `NotFoundError`."""
    experiment = tenant.experiments.get(experiment_id)
    if experiment is None:
        raise NotFoundError(Kind.EXPERIMENT)
    return experiment
