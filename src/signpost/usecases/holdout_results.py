"""Results of a holdout: what all experiments together have done to those who met any of them."""

from datetime import UTC, datetime, timedelta

from signpost.analysis.planned_shares import plan_shares
from signpost.assignment.hashing import RECIPE_VERSION
from signpost.model.errors import Kind, NotFoundError
from signpost.model.experiments import ALL_FLOWS, Allocation, Experiment, ExperimentStatus, SlotRange, Strategy
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT, Holdout
from signpost.model.limits import SLOTS
from signpost.ports.events import Aggregates
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.results import Results, conclude
from signpost.usecases.weight_history import changes_of

NAMES = {HOLDOUT: "Held out", EXPERIMENTS: "In experiments"}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def get_holdout_results(call: Call, aggregates: Aggregates) -> Results:
    """Return the results of the tenant's holdout, since it began, as those of an experiment with two variations.

    The control is the units that were held out of an experiment which would have enrolled them; the treatment is the units
    that were enrolled in any.

    Raises:
        NotFoundError: the tenant never had a holdout.
    """
    with call.reading() as tenant:
        holdout = tenant.tenant.holdout
        if holdout is None:
            raise NotFoundError(Kind.HOLDOUT)
        was_resized = _was_resized(tenant, holdout)
    experiment = _as_experiment(holdout)
    sums = aggregates.sum_holdout(call.tenant_id, (holdout.started_at - _EPOCH) // timedelta(milliseconds=1))
    planned = plan_shares(experiment, was_reweighted=was_resized)
    return conclude(experiment, NAMES, planned, sums, call.clock.now())


def _as_experiment(holdout: Holdout) -> Experiment:
    shares = ((HOLDOUT, 0, holdout.slots), (EXPERIMENTS, holdout.slots, SLOTS))
    return Experiment(
        id=HOLDOUT,
        name="Holdout",
        description=None,
        flag_id="",
        flow=ALL_FLOWS,
        strategy=Strategy.PERCENTAGE,
        default_config=None,
        status=ExperimentStatus.ACTIVE if holdout.slots else ExperimentStatus.PAUSED,
        is_valid=True,
        allocations=tuple(Allocation(arm, arm == HOLDOUT, stop - start) for arm, start, stop in shares),
        levels=(),
        current_level=None,
        salt=holdout.salt,
        recipe_version=RECIPE_VERSION,
        slot_ranges=tuple(SlotRange(start, stop, arm) for arm, start, stop in shares if start < stop),
        flag_snapshot=None,
        started_at=holdout.started_at,
        ended_at=None,
        created_at=holdout.started_at,
        updated_at=holdout.started_at,
    )


def _was_resized(tenant: Workspace, holdout: Holdout) -> bool:
    """Return whether the share was another one since it was last raised from nothing."""
    documents = (entry.after.get("holdout") for entry in changes_of(tenant, tenant.tenant.id) if entry.after)
    return any(
        document["slots"] != holdout.slots
        for document in documents
        if document and datetime.fromisoformat(document["started_at"]) == holdout.started_at
    )
