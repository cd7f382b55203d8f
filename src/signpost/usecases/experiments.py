"""What callers can do with experiments, but for moving them through their lives."""

from dataclasses import dataclass, replace

from signpost.model import limits
from signpost.model.errors import (
    AllocationLimitError,
    AllocationSegmentArchivedError,
    AllocationSegmentNotFoundError,
    ExperimentActiveError,
    FieldNotEditableError,
    FieldRefusedError,
    FlagArchivedError,
    RequiresPauseError,
    VariationNotFromFlagError,
)
from signpost.model.experiments import (
    Allocation,
    DefaultConfig,
    Experiment,
    ExperimentStatus,
    Strategy,
    Subject,
    editable_fields,
    extension_fields,
)
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.ids import IdKind, salt_of
from signpost.model.patches import UNSET, Unset, choose
from signpost.model.segments import SegmentStatus
from signpost.ports.ids import IdFactory
from signpost.ports.paging import Page, PageRequest
from signpost.ports.store import Workspace
from signpost.usecases.analysis_plans import PlanDraft, check_plan, make_plan
from signpost.usecases.call import Call
from signpost.usecases.exclusion_groups import GroupShare, change_group, check_subjects, join_group
from signpost.usecases.experiment_lives import find_experiment, move_experiment
from signpost.usecases.experiment_views import ExperimentView, view_experiment, view_experiments
from signpost.usecases.flags import find_flag
from signpost.usecases.readiness import with_validity

RECIPE_VERSION = 1
"""The assignment recipe that new experiments are bound to for life."""


@dataclass(frozen=True, slots=True)
class NewExperiment:
    """What an experiment is created from; allocations come without snapshots."""

    name: str
    description: str | None
    flag_id: str
    flow: str
    strategy: Strategy
    default_config: DefaultConfig | None
    allocations: tuple[Allocation, ...]
    levels: tuple[int, ...]
    salt_of: str | None = None
    allow_shared_salt: bool = False
    exclusion_group: GroupShare | None = None
    analysis_plan: PlanDraft | None = None
    subject: Subject = Subject.DEVICE


@dataclass(frozen=True, slots=True)
class ExperimentChange:
    """What a PATCH sets; `allocations` replaces the set, a description of None clears it."""

    name: str | Unset = UNSET
    description: str | None | Unset = UNSET
    flow: str | Unset = UNSET
    default_config: DefaultConfig | Unset = UNSET
    allocations: tuple[Allocation, ...] | Unset = UNSET
    levels: tuple[int, ...] | Unset = UNSET
    allow_shared_salt: bool | Unset = UNSET
    exclusion_group: GroupShare | None | Unset = UNSET
    analysis_plan: PlanDraft | None | Unset = UNSET
    subject: Subject | Unset = UNSET
    status: ExperimentStatus | Unset = UNSET


def list_experiments(
    call: Call,
    page: PageRequest,
    *,
    status: ExperimentStatus | None = None,
    flow: str | None = None,
    flag_id: str | None = None,
) -> Page[ExperimentView]:
    """Return a page of experiments in the order in which they were made; archived ones only when asked for."""
    with call.reading() as tenant:
        found = tenant.experiments.list(page, status=status, flow=flow, flag_id=flag_id)
        return Page(items=view_experiments(tenant, found.items), next_after=found.next_after)


def get_experiment(call: Call, experiment_id: str) -> ExperimentView:
    """Return an experiment.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    with call.reading() as tenant:
        return view_experiment(tenant, find_experiment(tenant, experiment_id))


def create_experiment(call: Call, new: NewExperiment) -> ExperimentView:
    """Create a draft experiment.

    Raises:
        AllocationLimitError: there are more than 20 allocations.
        NotFoundError: the tenant has no such flag, or no experiment whose salt is to be shared.
        FlagArchivedError: the flag's life is over.
        FieldRefusedError: `default_config` on a flag of the customer's own, or a group of experiments with another subject.
        VariationNotFromFlagError: an allocation names a variation that the flag does not have.
        AllocationSegmentNotFoundError, AllocationSegmentArchivedError: an allocation can't have this segment.
        PlanInvalidError: the analysis plan can't be followed.
        NameTakenError: another experiment has the name.
    """
    with call.writing() as tenant:
        flag = find_flag(tenant, new.flag_id)
        if flag.status is FlagStatus.ARCHIVED:
            raise FlagArchivedError
        if new.default_config is not None and flag.type is not Origin.AUTH0:
            raise FieldRefusedError("default_config", "applies only to flags that belong to the server")
        _check_allocations(tenant, flag, new.allocations, known=frozenset())
        sharing = find_experiment(tenant, new.salt_of) if new.salt_of is not None else None
        now = call.clock.now()
        experiment_id = call.ids.make_id(IdKind.EXPERIMENT)
        experiment = Experiment(
            id=experiment_id,
            name=new.name,
            description=new.description,
            flag_id=new.flag_id,
            flow=new.flow,
            strategy=new.strategy,
            default_config=_default_config(flag, new.default_config),
            status=ExperimentStatus.DRAFT,
            is_valid=False,
            allocations=new.allocations,
            levels=new.levels,
            current_level=None,
            salt=sharing.salt if sharing is not None else salt_of(experiment_id),
            recipe_version=RECIPE_VERSION,
            slot_ranges=(),
            flag_snapshot=None,
            started_at=None,
            ended_at=None,
            created_at=now,
            updated_at=now,
            salt_of=new.salt_of,
            allow_shared_salt=new.allow_shared_salt,
            exclusion_group=join_group(tenant, call.ids, new.exclusion_group),
            analysis_plan=None if new.analysis_plan is None else make_plan(tenant, new.analysis_plan),
            subject=new.subject,
        )
        check_plan(experiment)
        check_subjects(tenant, experiment)
        experiment = with_validity(tenant, experiment)
        tenant.experiments.add(experiment)
        return view_experiment(tenant, experiment)


def update_experiment(call: Call, experiment_id: str, change: ExperimentChange) -> ExperimentView:
    """Change an experiment and move it to another status, all or nothing; the status it has already is no change.

    Which fields may change is decided by the status before.

    Raises:
        NotFoundError: the tenant has no such experiment.
        FieldNotEditableError, RequiresPauseError: the status does not let a field change.
        AllocationLimitError, VariationNotFromFlagError, AllocationSegmentNotFoundError,
        AllocationSegmentArchivedError: the allocations are not right.
        PlanInvalidError: the analysis plan can't be followed.
        FieldRefusedError: the group's experiments have another subject.
        InvalidTransitionError, NotReadyError: the status can't be reached.
        NameTakenError: another experiment has the name.
    """
    with call.writing() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        changed = _apply(tenant, call.ids, experiment, change)
        now = call.clock.now()
        target = choose(change.status, experiment.status)
        if target is not experiment.status:
            changed = move_experiment(tenant, changed, target, now)
        if changed == experiment:
            return view_experiment(tenant, experiment)
        changed = with_validity(tenant, replace(changed, updated_at=now))
        tenant.experiments.replace(changed)
        return view_experiment(tenant, changed)


def delete_experiment(call: Call, experiment_id: str) -> None:
    """Delete an experiment; one that is not there is deleted already. What was recorded of it stays.

    Raises:
        ExperimentActiveError: it must be paused or completed first.
    """
    with call.writing() as tenant:
        experiment = tenant.experiments.get(experiment_id)
        if experiment is None:
            return
        if experiment.status is ExperimentStatus.ACTIVE:
            raise ExperimentActiveError
        tenant.experiments.remove(experiment_id)


def _apply(tenant: Workspace, ids: IdFactory, experiment: Experiment, change: ExperimentChange) -> Experiment:
    flag = tenant.flags.get(experiment.flag_id) or experiment.flag_snapshot
    _check_editable(experiment, flag, change)
    allocations = experiment.allocations
    if change.allocations is not UNSET:
        _check_allocations(tenant, flag, change.allocations, known=_segments_of(experiment))
        allocations = tuple(_keep_snapshots(new, experiment.allocations) for new in change.allocations)
    group = experiment.exclusion_group
    if change.exclusion_group is not UNSET:
        group = change_group(tenant, ids, experiment, change.exclusion_group)
    plan = experiment.analysis_plan
    if change.analysis_plan is not UNSET:
        plan = None if change.analysis_plan is None else make_plan(tenant, change.analysis_plan)
    changed = replace(
        experiment,
        name=choose(change.name, experiment.name),
        description=choose(change.description, experiment.description),
        flow=choose(change.flow, experiment.flow),
        default_config=choose(change.default_config, experiment.default_config),
        allocations=allocations,
        levels=choose(change.levels, experiment.levels),
        allow_shared_salt=choose(change.allow_shared_salt, experiment.allow_shared_salt),
        exclusion_group=group,
        analysis_plan=plan,
        subject=choose(change.subject, experiment.subject),
    )
    check_plan(changed)
    check_subjects(tenant, changed)
    return changed


def _check_editable(experiment: Experiment, flag: Flag | None, change: ExperimentChange) -> None:
    origin = flag.type if flag is not None else Origin.SELF
    editable = editable_fields(experiment.status, experiment.strategy, origin) + extension_fields(experiment)
    given = {
        "name": change.name,
        "description": change.description,
        "authentication_flow": change.flow,
        "allocations": change.allocations,
        "default_config": change.default_config,
        "levels": change.levels,
        "allow_shared_salt": change.allow_shared_salt,
        "exclusion_group": change.exclusion_group,
        "analysis_plan": change.analysis_plan,
        # As the contract has it, the subject that is there already is taken in any status.
        "assignment_config": UNSET if change.subject is experiment.subject else change.subject,
    }
    for field, value in given.items():
        if value is UNSET or field in editable:
            continue
        if field == "allocations" and experiment.status is ExperimentStatus.ACTIVE:
            raise RequiresPauseError
        raise FieldNotEditableError(field=field, status=experiment.status)


def _check_allocations(
    tenant: Workspace, flag: Flag | None, allocations: tuple[Allocation, ...], *, known: frozenset[str]
) -> None:
    """Check what allocations refer to; a segment that the experiment has already (`known`) may be archived since."""
    if len(allocations) > limits.ALLOCATIONS_MAX:
        raise AllocationLimitError
    variations = {v.id for v in tenant.variations.of_flag(flag.id)} if flag is not None else set()
    segments = tenant.segments.get_many({a.segment_id for a in allocations if a.segment_id is not None})
    for allocation in allocations:
        if allocation.variation_id not in variations:
            raise VariationNotFromFlagError(variation_id=allocation.variation_id)
        if allocation.segment_id is None:
            continue
        segment = segments.get(allocation.segment_id)
        if segment is None:
            raise AllocationSegmentNotFoundError(segment_id=allocation.segment_id)
        if segment.status is SegmentStatus.ARCHIVED and segment.id not in known:
            raise AllocationSegmentArchivedError(segment_id=segment.id)


def _segments_of(experiment: Experiment) -> frozenset[str]:
    return frozenset(a.segment_id for a in experiment.allocations if a.segment_id is not None)


def _keep_snapshots(new: Allocation, old: tuple[Allocation, ...]) -> Allocation:
    """What ran once goes on running as it was: take over the snapshots of the same variation and segment."""
    variation = next((a.variation_snapshot for a in old if a.variation_id == new.variation_id), None)
    segment = next((a.segment_snapshot for a in old if a.segment_id == new.segment_id), None)
    return replace(new, variation_snapshot=variation, segment_snapshot=segment)


def _default_config(flag: Flag, given: DefaultConfig | None) -> DefaultConfig | None:
    if flag.type is not Origin.AUTH0:
        return None
    return given or DefaultConfig.TENANT
