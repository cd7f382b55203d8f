"""The watch: looks at running experiments, raises alarms and acts on them, and leads ramps on.

What it does is in the audit trail under its own name. All it finds goes by tests that may be asked at any moment, so that
looking often costs nothing.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from signpost.analysis.results import Decision, Judgement, Results
from signpost.model.alarms import SAMPLE_RATIO, Alarm, Finding, find_new
from signpost.model.analysis_plans import OnBreach, RampStep
from signpost.model.errors import NotFoundError
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.model.metrics import Role
from signpost.model.ramp import next_level
from signpost.ports.measurements import Measures, Question
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.experiment_lives import advance_ramp, find_experiment, move_experiment
from signpost.usecases.phases import changes_of
from signpost.usecases.readiness import with_validity
from signpost.usecases.result_notes import is_ratio_alarm
from signpost.usecases.results import get_results, to_ms

WATCH = "watch"
"""The actor of everything that the watch does."""


@dataclass(frozen=True, slots=True)
class Watched:
    """What a look at one experiment found and did.

    `raised` are new alarms. `level` is the one that its ramp was led on to, `waits` why it was not: both None where no ramp
    is led by the plan.
    """

    experiment: Experiment
    results: Results
    raised: tuple[Alarm, ...]
    level: int | None = None
    waits: str | None = None


def list_watched(call: Call) -> tuple[str, ...]:
    """Return the ids of the experiments that there is something to watch of: the active ones."""
    with call.reading() as tenant:
        return tuple(e.id for e in tenant.experiments.active_or_paused() if e.status is ExperimentStatus.ACTIVE)


def watch_experiment(call: Call, measures: Measures, experiment_id: str) -> Watched:
    """Look at an experiment; raise what is new, act on it, or lead its ramp on.

    Raises:
        NotFoundError: the tenant has no such experiment.
        MeasurementUnavailableError: the events can't be read now; nothing was done.
    """
    results = get_results(call, measures, experiment_id)
    findings = tuple(find_all(results))
    raised = raise_alarms(call, experiment_id, findings)
    with call.reading() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        step = experiment.analysis_plan.ramp if experiment.analysis_plan is not None else None
        target = next_level(experiment)
        if step is None or target is None or experiment.status is not ExperimentStatus.ACTIVE:
            return Watched(experiment, results, raised)
        began_at = _find_begin(tenant, experiment)
    waits = _find_doubt(experiment, results, findings) or _find_lack(call, measures, experiment, step, began_at)
    if waits is None:
        advance_ramp(call, experiment_id, target)
    return Watched(experiment, results, raised, target if waits is None else None, waits)


def find_all(results: Results) -> Iterator[Finding]:
    """Yield everything that is wrong with a running experiment, harm first."""
    names = {arm.variation_id: arm.name or arm.variation_id for arm in results.variations}
    for found in results.metrics:
        if found.metric.role is not Role.GUARDRAIL:
            continue
        for comparison in found.comparisons:
            if comparison.judgement is Judgement.HARMED:
                message = f"{found.metric.name} is harmed beyond its margin with {names[comparison.variation_id]}."
                yield Finding(found.metric.name, comparison.variation_id, message, results.plan.on_breach)
    if is_ratio_alarm(results.health.alarm):
        message = "The variations do not get the shares that were planned."
        yield Finding(SAMPLE_RATIO, None, message, OnBreach.NOTIFY)


def raise_alarms(call: Call, experiment_id: str, findings: tuple[Finding, ...]) -> tuple[Alarm, ...]:
    """Raise alarms for findings that there is none for yet, and act on them, all in one transaction; return them.

    Two who find the same at once raise it once. Of an experiment that is not active any more nothing is raised.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    with call.reading() as tenant:
        if not find_new(findings, find_experiment(tenant, experiment_id).alarms):
            return ()
    with call.writing() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        new = find_new(findings, experiment.alarms)
        if not new or experiment.status is not ExperimentStatus.ACTIVE:
            return ()
        now = call.clock.now()
        wanted = {found.action for found in new}
        action, changed = OnBreach.NOTIFY, experiment
        if OnBreach.STEP_BACK in wanted and experiment.has_ramp and experiment.current_level != 0:
            action, changed = OnBreach.STEP_BACK, replace(experiment, current_level=0)
        elif wanted != {OnBreach.NOTIFY}:
            action, changed = OnBreach.PAUSE, move_experiment(tenant, experiment, ExperimentStatus.PAUSED, now)
        alarms = tuple(
            Alarm(
                subject=found.subject,
                variation_id=found.variation_id,
                message=found.message,
                action=action if found.action is not OnBreach.NOTIFY else OnBreach.NOTIFY,
                raised_at=now,
            )
            for found in new
        )
        changed = replace(changed, alarms=(*experiment.alarms, *alarms), updated_at=now)
        tenant.experiments.replace(with_validity(tenant, changed))
        return alarms


def list_untold(call: Call) -> tuple[tuple[Experiment, Alarm], ...]:
    """Return the alarms that were raised and not told yet, of whatever status their experiment is now."""
    with call.reading() as tenant:
        return tuple((e, alarm) for e in tenant.experiments.all() for alarm in e.alarms if alarm.told_at is None)


def note_told(call: Call, experiment_id: str, told: Alarm) -> None:
    """Keep that an alarm was told; nothing happens when its experiment is gone."""
    try:
        with call.writing() as tenant:
            experiment = find_experiment(tenant, experiment_id)
            now = call.clock.now()
            alarms = tuple(replace(a, told_at=now) if a == told else a for a in experiment.alarms)
            tenant.experiments.replace(replace(experiment, alarms=alarms))
    except NotFoundError:
        return


def _find_doubt(experiment: Experiment, results: Results, findings: tuple[Finding, ...]) -> str | None:
    """Return why a ramp must not go on by itself, None on green."""
    if findings:
        return findings[0].message
    if results.verdict.decision in {Decision.BROKEN, Decision.STOP}:
        return results.verdict.reasons[0]
    if experiment.alarms:
        return f"An alarm was raised before, on {experiment.alarms[-1].raised_at:%Y-%m-%d}: somebody has to decide."
    return None


def _find_lack(
    call: Call, measures: Measures, experiment: Experiment, step: RampStep, began_at: datetime
) -> str | None:
    """Return what is missing at the present level before the ramp goes on, None where nothing is."""
    now = call.clock.now()
    due_at = began_at + timedelta(hours=step.hours)
    if now < due_at:
        return f"{step.hours} hours at {experiment.current_level} % are over on {due_at:%Y-%m-%d %H:%M} UTC."
    if not step.units:
        return None
    question = Question(experiment.id, (), as_of_ms=to_ms(now), since_ms=to_ms(began_at), subject=experiment.subject)
    units = sum(c.units for c in measures.measure(call.tenant_id, question).cells if not c.is_automated)
    if units < step.units:
        return f"{units:,} of {step.units:,} units were exposed at {experiment.current_level} %."
    return None


def _find_begin(tenant: Workspace, experiment: Experiment) -> datetime:
    """Return since when the experiment has been active at its present level without a break."""
    began_at = experiment.started_at or experiment.created_at
    for entry in changes_of(tenant, experiment.id):
        after = entry.after or {}
        if after.get("status") != experiment.status or after.get("current_level") != experiment.current_level:
            return began_at
        began_at = entry.at
    return began_at
