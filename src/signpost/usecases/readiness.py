"""Gathering what an experiment is checked against, and checking it."""

from dataclasses import replace

from signpost.model.errors import Blocker
from signpost.model.experiments import Experiment, can_run_together
from signpost.model.readiness import Surroundings, find_blockers
from signpost.model.tenants import Generation
from signpost.ports.store import Workspace


def check_readiness(tenant: Workspace, experiment: Experiment) -> tuple[Blocker, ...]:
    """Return everything that keeps the experiment from being active, as the tenant is now."""
    segment_ids = {a.segment_id for a in experiment.allocations if a.segment_id is not None}
    around = Surroundings(
        flag=tenant.flags.get(experiment.flag_id),
        variations={v.id: v for v in tenant.variations.of_flag(experiment.flag_id)},
        segments=tenant.segments.get_many(segment_ids),
        others=tuple(e for e in tenant.experiments.active_or_paused() if e.id != experiment.id),
        may_run_together=_never_together if tenant.tenant.api_generation is Generation.BETA else can_run_together,
    )
    return find_blockers(experiment, around)


def with_validity(tenant: Workspace, experiment: Experiment) -> Experiment:
    """Return the experiment with `is_valid` as it is at this moment."""
    return replace(experiment, is_valid=not check_readiness(tenant, experiment))


def _never_together(_: Experiment, __: Experiment) -> bool:
    return False
