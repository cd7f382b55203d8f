"""What an experiment has shown so far."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.results import Results
from signpost.model.errors import NotFoundError
from signpost.model.experiments import Experiment, ExperimentStatus, Strategy
from signpost.model.holdouts import HOLDOUT
from signpost.model.metric_catalogue import default_plan, plan_of
from signpost.ports.measurements import REQUEST_FIELDS, Measures, Question
from signpost.ports.store import Workspace
from signpost.usecases.analysis_plans import plan_history
from signpost.usecases.call import Call
from signpost.usecases.conclusions import Subject, conclude
from signpost.usecases.experiment_lives import find_experiment
from signpost.usecases.experiment_views import view_experiment
from signpost.usecases.novelty import derive_ages
from signpost.usecases.phases import Phase, find_phases

IMPORTED_FLOW = "authentication"
NO_SHARES = Missing(
    MissingCode.NO_PLANNED_RATIO,
    "The experiment is only known by its events, so its planned shares are not known, and not checked.",
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def get_results(call: Call, measures: Measures, experiment_id: str, *, is_whole: bool = False) -> Results:
    """Return an experiment's results, whatever its status; before the first exposure they are empty and say so.

    With `is_whole` also by segment, and by days since the exposure.

    Of an experiment that is only known by its events, because they were imported, the variations are those that they name.

    Raises:
        NotFoundError: the tenant has no such experiment.
        MeasurementUnavailableError: the events can't be read now.
    """
    try:
        subject, begun_ms = _describe(call, experiment_id)
    except NotFoundError:
        arms = measures.find_arms(call.tenant_id, experiment_id)
        if not arms or experiment_id == HOLDOUT:
            raise
        subject, begun_ms = _describe_imported(experiment_id, arms), ()
    question = _ask(call, subject, begun_ms)
    if is_whole:
        metrics = (*question.metrics, *derive_ages(question.metrics))
        question = replace(question, metrics=metrics, dimensions=REQUEST_FIELDS)
    measured = measures.measure(call.tenant_id, question)
    return conclude(subject, measured, to_datetime(measured.as_of_ms))


def ask_of(call: Call, experiment_id: str) -> Question:
    """Return the question whose answer an experiment's results are made of.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    return _ask(call, *_describe(call, experiment_id))


def _ask(call: Call, subject: Subject, begun_ms: tuple[int, ...]) -> Question:
    return Question(
        experiment_id=subject.id,
        metrics=subject.plan.metrics,
        as_of_ms=to_ms(call.clock.now()),
        phases=begun_ms,
        cluster=subject.plan.cluster,
        subject=subject.randomised,
    )


def _describe(call: Call, experiment_id: str) -> tuple[Subject, tuple[int, ...]]:
    """Return what is concluded about an experiment of the tenant, and when each of its phases but the first began."""
    with call.reading() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        names = _names_of(tenant, experiment)
        phases = find_phases(tenant, experiment)
        plan_changed_at = plan_history(tenant, experiment).changed_at
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
        plan=plan_of(experiment),
        has_own_plan=experiment.analysis_plan is not None,
        plan_changed_at=plan_changed_at,
        alarms=experiment.alarms,
        randomised=experiment.subject,
    )
    return subject, begin_ms(phases)


def _describe_imported(experiment_id: str, arms: Mapping[str, bool]) -> Subject:
    """Return what is concluded about an experiment of which nothing is known but what its events say."""
    return Subject(
        id=experiment_id,
        name=experiment_id,
        status=ExperimentStatus.COMPLETED,
        strategy=Strategy.PERCENTAGE,
        flow=IMPORTED_FLOW,
        variations=dict.fromkeys(sorted(arms, key=lambda key: (not arms[key], key))),
        control_id=next((variation_id for variation_id, is_control in arms.items() if is_control), None),
        shares=[NO_SHARES],
        plan=default_plan(IMPORTED_FLOW),
        has_own_plan=False,
    )


def begin_ms(phases: tuple[Phase, ...]) -> tuple[int, ...]:
    """Return when each phase but the first began."""
    return tuple(to_ms(phase.began_at) for phase in phases[1:])


def to_ms(moment: datetime) -> int:
    """Return a moment in milliseconds since 1970."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def to_datetime(moment_ms: int) -> datetime:
    """Return the moment of a number of milliseconds since 1970."""
    return _EPOCH + timedelta(milliseconds=moment_ms)


def _names_of(tenant: Workspace, experiment: Experiment) -> Mapping[str, str]:
    """Return the names of the flag's variations and of those that the experiment keeps a copy of."""
    others = {v.id: v.name for v in tenant.variations.of_flag(experiment.flag_id)}
    return others | dict(view_experiment(tenant, experiment).variation_names)
