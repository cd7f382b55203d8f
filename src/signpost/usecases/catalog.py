"""What a serving process knows of a tenant."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from signpost.assignment import Configuration, Plan, PlanWarning
from signpost.model.actions import Action
from signpost.model.log_streams import LogStream
from signpost.model.tenants import Client, Tenant
from signpost.ports.store import Store, Workspace


@dataclass(frozen=True, slots=True)
class TenantState:
    """A tenant at one revision: who may call, what is decided, where logs go, and what is asked at sign-in. Never changed, only replaced."""

    tenant: Tenant
    clients: Mapping[str, Client]
    configuration: Configuration
    plan: Plan
    warnings: tuple[PlanWarning, ...]
    revision: int
    log_streams: tuple[LogStream, ...] = ()
    actions: tuple[Action, ...] = ()


def load_tenant_state(store: Store, tenant_id: str) -> TenantState:
    """Read a tenant and prepare its plan.

    Raises:
        NotFoundError: there is no such tenant.
        StoreUnavailableError: the database does not answer.
    """
    with store.reading(tenant_id) as tenant:
        configuration = read_configuration(tenant)
        clients = {client.id: client for client in tenant.clients.all()}
        prepared = configuration.prepare()
        return TenantState(
            tenant.tenant,
            clients,
            configuration,
            prepared.plan,
            prepared.warnings,
            tenant.revision,
            tenant.log_streams.all(),
            tenant.actions.all(),
        )


def read_configuration(tenant: Workspace) -> Configuration:
    """Return everything of the tenant that decides, as it is now: how experiments are judged and watched is not part of it."""
    return Configuration(
        tenant_id=tenant.tenant.id,
        revision=tenant.revision,
        flags=tenant.flags.all(),
        variations=tenant.variations.all(),
        segments=tenant.segments.all(),
        experiments=tuple(
            replace(experiment, analysis_plan=None, alarms=()) for experiment in tenant.experiments.all()
        ),
        plain_overrides=tenant.tenant.plain_overrides,
        holdout=tenant.tenant.holdout,
    )
