"""What a serving process knows of a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass

from signpost.assignment import Candidate, Plan, PlanWarning, prepare
from signpost.model.experiments import Experiment
from signpost.model.flags import Flag
from signpost.model.segments import Segment
from signpost.model.tenants import Client, Tenant
from signpost.model.variations import Variation
from signpost.ports.store import Store, Workspace


@dataclass(frozen=True, slots=True)
class TenantState:
    """A tenant at one revision: who may call, and what is decided. Never changed, only replaced."""

    tenant: Tenant
    clients: Mapping[str, Client]
    plan: Plan
    warnings: tuple[PlanWarning, ...]
    revision: int


def load_tenant_state(store: Store, tenant_id: str) -> TenantState:
    """Read a tenant and prepare its plan.

    Raises:
        NotFoundError: there is no such tenant.
        StoreUnavailableError: the database does not answer.
    """
    with store.reading(tenant_id) as tenant:
        candidates = _gather(tenant, tenant.experiments.all())
        clients = {client.id: client for client in tenant.clients.all()}
        prepared = prepare(candidates, revision=tenant.revision)
        return TenantState(tenant.tenant, clients, prepared.plan, prepared.warnings, tenant.revision)


def _gather(tenant: Workspace, experiments: tuple[Experiment, ...]) -> tuple[Candidate, ...]:
    """Return each experiment with what it runs on: its snapshots, and the living things where it has none yet."""
    allocations = [allocation for experiment in experiments for allocation in experiment.allocations]
    flags = tenant.flags.get_many({e.flag_id for e in experiments})
    variations = tenant.variations.get_many({a.variation_id for a in allocations})
    segments = tenant.segments.get_many({a.segment_id for a in allocations if a.segment_id is not None})
    return tuple(_candidate(experiment, flags, variations, segments) for experiment in experiments)


def _candidate(
    experiment: Experiment,
    flags: Mapping[str, Flag],
    variations: Mapping[str, Variation],
    segments: Mapping[str, Segment],
) -> Candidate:
    frozen_variations = {a.variation_id: a.variation_snapshot for a in experiment.allocations if a.variation_snapshot}
    frozen_segments = {
        a.segment_id: a.segment_snapshot for a in experiment.allocations if a.segment_id and a.segment_snapshot
    }
    wanted = {a.variation_id for a in experiment.allocations}
    targeted = {a.segment_id for a in experiment.allocations if a.segment_id is not None}
    return Candidate(
        experiment=experiment,
        flag=experiment.flag_snapshot or flags.get(experiment.flag_id),
        variations={v: variations[v] for v in wanted if v in variations} | frozen_variations,
        segments={s: segments[s] for s in targeted if s in segments} | frozen_segments,
    )
