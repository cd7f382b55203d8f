"""Analysis plans: made from metrics that may be named, and looked up with what became of them since the start."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from signpost.model.analysis_plans import AnalysisPlan, find_plan_faults
from signpost.model.errors import NotFoundError, PlanInvalidError
from signpost.model.experiments import Experiment
from signpost.model.metric_catalogue import plan_of
from signpost.model.metrics import Metric, Role
from signpost.ports.store import AuditEntry, Workspace
from signpost.usecases.call import Call
from signpost.usecases.experiment_lives import find_experiment
from signpost.usecases.metrics import find_metric
from signpost.usecases.phases import changes_of


@dataclass(frozen=True, slots=True)
class MetricUse:
    """A metric by its name, with the role and the margin that it has in a plan where they are not its own."""

    name: str
    role: Role | None = None
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class PlanDraft:
    """A plan whose metrics may be named; `rest` is all of it but the metrics."""

    metrics: tuple[Metric | MetricUse, ...]
    rest: AnalysisPlan


@dataclass(frozen=True, slots=True)
class PlanChange:
    """A change of a plan after the start: who made it, when, and the tenant's revision that it led to."""

    at: datetime
    actor: str
    revision: int


@dataclass(frozen=True, slots=True)
class PlanHistory:
    """What became of an experiment's plan: as it was at the first activation (None: there was none yet), and changes since."""

    at_start: AnalysisPlan | None
    changes: tuple[PlanChange, ...]

    @property
    def changed_at(self) -> datetime | None:
        """When the plan was last changed after the start, None if never."""
        return self.changes[-1].at if self.changes else None


@dataclass(frozen=True, slots=True)
class PlanView:
    """The plan that an experiment is judged by, its own or its flow's, and its history."""

    experiment: Experiment
    plan: AnalysisPlan
    history: PlanHistory


def get_plan(call: Call, experiment_id: str) -> PlanView:
    """Return the plan that an experiment is judged by.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    with call.reading() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        return PlanView(experiment, plan_of(experiment), plan_history(tenant, experiment))


def plan_history(tenant: Workspace, experiment: Experiment) -> PlanHistory:
    """Return what became of the experiment's plan, as the audit trail has it.

    The plan that an experiment starts with is the one that its conclusions are honest by; a later one was made by somebody who
    may have seen results.
    """
    if experiment.started_at is None:
        return PlanHistory(None, ())
    later: list[PlanChange] = []
    for entry in changes_of(tenant, experiment.id):
        if _is_first_activation(entry):
            past = tenant.audit.at_revision(entry.revision, (experiment.id,)).experiments[experiment.id]
            return PlanHistory(plan_of(past), tuple(reversed(later)))
        if _changes_plan(entry):
            later.append(PlanChange(entry.at, entry.actor, entry.revision))
    return PlanHistory(None, tuple(reversed(later)))


def make_plan(tenant: Workspace, draft: PlanDraft) -> AnalysisPlan:
    """Return the plan with the metrics that the draft names copied into it.

    Raises:
        PlanInvalidError: it names a metric that is not there, or can't be followed; with every fault.
    """
    unknown: list[str] = []
    metrics = tuple(_find_all(tenant, draft, unknown))
    plan = replace(draft.rest, metrics=metrics)
    faults = (*unknown, *(fault for fault in find_plan_faults(plan) if metrics or not unknown))
    if faults:
        raise PlanInvalidError(faults)
    return plan


def check_plan(experiment: Experiment) -> None:
    """Check that the experiment can be led by its plan.

    Raises:
        PlanInvalidError: the plan advances a ramp that is not there.
    """
    plan = experiment.analysis_plan
    if plan is not None and plan.ramp is not None and not experiment.has_ramp:
        raise PlanInvalidError(("ramp: the experiment has no levels to go through.",))


def _find_all(tenant: Workspace, draft: PlanDraft, unknown: list[str]) -> Iterator[Metric]:
    for item in draft.metrics:
        if isinstance(item, Metric):
            yield item
            continue
        try:
            metric = find_metric(tenant, item.name).metric
        except NotFoundError:
            unknown.append(f"metrics: there is no metric {item.name[:100]}.")
            continue
        margin = metric.margin if item.margin is None else item.margin
        yield replace(metric, role=item.role or metric.role, margin=margin)


def _is_first_activation(entry: AuditEntry) -> bool:
    before, after = entry.before or {}, entry.after or {}
    return before.get("started_at") is None and after.get("started_at") is not None


def _changes_plan(entry: AuditEntry) -> bool:
    if entry.before is None or entry.after is None:
        return False
    return bool(entry.before.get("analysis_plan") != entry.after.get("analysis_plan"))
