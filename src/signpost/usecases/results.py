"""What an experiment has shown so far."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from signpost.analysis.results import Results
from signpost.model.experiments import Experiment
from signpost.model.metric_catalogue import plan_of
from signpost.ports.measurements import REQUEST_FIELDS, Measures, Question
from signpost.ports.store import Workspace
from signpost.usecases.analysis_plans import plan_history
from signpost.usecases.call import Call
from signpost.usecases.conclusions import Subject, conclude
from signpost.usecases.experiment_lives import find_experiment
from signpost.usecases.experiment_views import view_experiment
from signpost.usecases.phases import Phase, find_phases

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def get_results(call: Call, measures: Measures, experiment_id: str, *, by_segment: bool = False) -> Results:
    """Return an experiment's results, whatever its status; before the first exposure they are empty and say so.

    Raises:
        NotFoundError: the tenant has no such experiment.
        MeasurementUnavailableError: the events can't be read now.
    """
    with call.reading() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        names = _names_of(tenant, experiment)
        phases = find_phases(tenant, experiment)
        plan_changed_at = plan_history(tenant, experiment).changed_at
    plan = plan_of(experiment)
    now = call.clock.now()
    allocated = sorted(experiment.allocations, key=lambda a: not a.is_control)
    subject = Subject(
        id=experiment.id,
        name=experiment.name,
        status=experiment.status,
        strategy=experiment.strategy,
        flow=experiment.flow,
        variations={a.variation_id: names.get(a.variation_id) for a in allocated},
        control_id=next((a.variation_id for a in allocated if a.is_control), None),
        shares=[phase.shares for phase in phases],
        plan=plan,
        has_own_plan=experiment.analysis_plan is not None,
        plan_changed_at=plan_changed_at,
    )
    question = Question(
        experiment_id=experiment.id,
        metrics=plan.metrics,
        as_of_ms=to_ms(now),
        phases=begin_ms(phases),
        dimensions=REQUEST_FIELDS if by_segment else (),
        cluster=plan.cluster,
    )
    return conclude(subject, measures.measure(call.tenant_id, question), now)


def begin_ms(phases: tuple[Phase, ...]) -> tuple[int, ...]:
    """Return when each phase but the first began."""
    return tuple(to_ms(phase.began_at) for phase in phases[1:])


def to_ms(moment: datetime) -> int:
    """Return a moment in milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def _names_of(tenant: Workspace, experiment: Experiment) -> Mapping[str, str]:
    """Return the names of the flag's variations and of those that the experiment keeps a copy of."""
    others = {v.id: v.name for v in tenant.variations.of_flag(experiment.flag_id)}
    return others | dict(view_experiment(tenant, experiment).variation_names)
