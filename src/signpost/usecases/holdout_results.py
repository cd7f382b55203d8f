"""Results of a holdout: what all experiments together have done to those who met any of them."""

from collections.abc import Mapping
from datetime import datetime

from signpost.analysis.results import Results
from signpost.model.errors import Kind, NotFoundError
from signpost.model.experiments import ALL_FLOWS, ExperimentStatus, Strategy
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT, Holdout
from signpost.model.limits import SLOTS
from signpost.model.metric_catalogue import default_plan
from signpost.ports.measurements import Measures, Question
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.conclusions import Subject, conclude
from signpost.usecases.phases import Phase, changes_of
from signpost.usecases.results import begin_ms, to_datetime, to_ms

NAMES = {HOLDOUT: "Held out", EXPERIMENTS: "In experiments"}


def get_holdout_results(call: Call, measures: Measures) -> Results:
    """Return the results of the tenant's holdout, since it began, as those of an experiment with two variations.

    The control is the units that were held out of an experiment which would have enrolled them; the treatment is the units
    that were enrolled in any. Each size that the holdout has had is a phase.

    Raises:
        NotFoundError: the tenant never had a holdout.
        MeasurementUnavailableError: the events can't be read now.
    """
    with call.reading() as tenant:
        holdout = tenant.tenant.holdout
        if holdout is None:
            raise NotFoundError(Kind.HOLDOUT)
        phases = _find_phases(tenant, holdout)
    plan = default_plan(ALL_FLOWS)
    now = call.clock.now()
    subject = Subject(
        id=HOLDOUT,
        name="Holdout",
        status=ExperimentStatus.ACTIVE if holdout.slots else ExperimentStatus.PAUSED,
        strategy=Strategy.PERCENTAGE,
        flow=ALL_FLOWS,
        variations=NAMES,
        control_id=HOLDOUT,
        shares=[phase.shares for phase in phases],
        plan=plan,
        has_own_plan=False,
    )
    question = Question(
        experiment_id=HOLDOUT,
        metrics=plan.metrics,
        as_of_ms=to_ms(now),
        phases=begin_ms(phases),
        since_ms=to_ms(holdout.started_at),
    )
    measured = measures.measure(call.tenant_id, question)
    return conclude(subject, measured, to_datetime(measured.as_of_ms))


def _find_phases(tenant: Workspace, holdout: Holdout) -> tuple[Phase, ...]:
    """Return the sizes that the holdout has had since it was last raised from nothing, the oldest first."""
    phases: list[Phase] = []
    for entry in reversed([*changes_of(tenant, tenant.tenant.id)]):
        document = entry.after.get("holdout") if entry.after else None
        if document is None or datetime.fromisoformat(document["started_at"]) != holdout.started_at:
            continue
        shares = _shares_of(document["slots"])
        if not phases or phases[-1].shares != shares:
            phases.append(Phase(entry.at, shares))
    return tuple(phases) or (Phase(holdout.started_at, _shares_of(holdout.slots)),)


def _shares_of(slots: int) -> Mapping[str, int]:
    return {HOLDOUT: slots, EXPERIMENTS: SLOTS - slots}
