"""What operators can do with tenants."""

from dataclasses import dataclass, replace

from signpost.model.errors import Kind, NotFoundError
from signpost.model.holdouts import Holdout
from signpost.model.hosted_pages import HostedPages
from signpost.model.ids import IdKind, salt_of
from signpost.model.patches import UNSET, Unset, choose
from signpost.model.tenants import ForeignIssuer, Generation, Tenant
from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory
from signpost.ports.store import Store

DEFAULT_NAME = "default"
DEFAULT_DOMAIN = "signpost.localhost"


@dataclass(frozen=True, slots=True)
class TenantChange:
    """What is to be changed of a tenant; a foreign issuer of None takes it away."""

    name: str | Unset = UNSET
    domain: str | Unset = UNSET
    api_generation: Generation | Unset = UNSET
    foreign_issuer: ForeignIssuer | None | Unset = UNSET
    plain_overrides: bool | Unset = UNSET
    holdout: Holdout | None | Unset = UNSET
    pages: HostedPages | Unset = UNSET


def find_tenant(store: Store, name: str | None) -> Tenant:
    """Return the tenant of a name, a domain or an id; with None, the default tenant.

    Raises:
        NotFoundError: there is none.
    """
    for tenant in store.tenants():
        if name in {tenant.name, tenant.domain, tenant.id} or (name is None and tenant.is_default):
            return tenant
    raise NotFoundError(Kind.TENANT)


def create_tenant(
    store: Store,
    clock: Clock,
    ids: IdFactory,
    actor: str,
    *,
    name: str,
    domain: str,
    api_generation: Generation = Generation.EA,
    foreign_issuer: ForeignIssuer | None = None,
) -> Tenant:
    """Create a tenant; the first one is the default.

    Raises:
        NameTakenError: the name or the domain is another's.
    """
    now = clock.now()
    tenant = Tenant(
        id=ids.make_id(IdKind.TENANT),
        name=name,
        domain=domain.lower(),
        api_generation=api_generation,
        foreign_issuer=foreign_issuer,
        is_default=not store.tenants(),
        created_at=now,
        updated_at=now,
    )
    store.add_tenant(tenant, actor)
    return tenant


def update_tenant(store: Store, clock: Clock, actor: str, tenant: Tenant, change: TenantChange) -> Tenant:
    """Change a tenant. With another domain, tokens that were issued before are good no more.

    Raises:
        NotFoundError: it is not there any more.
        NameTakenError: the name or the domain is another's.
    """
    changed = replace(
        tenant,
        name=choose(change.name, tenant.name),
        domain=choose(change.domain, tenant.domain).lower(),
        api_generation=choose(change.api_generation, tenant.api_generation),
        foreign_issuer=choose(change.foreign_issuer, tenant.foreign_issuer),
        plain_overrides=choose(change.plain_overrides, tenant.plain_overrides),
        holdout=choose(change.holdout, tenant.holdout),
        pages=choose(change.pages, tenant.pages),
    )
    if changed == tenant:
        return tenant
    changed = replace(changed, updated_at=clock.now())
    store.replace_tenant(changed, actor)
    return changed


def resize_holdout(tenant: Tenant, slots: int, clock: Clock, ids: IdFactory) -> Holdout | None:
    """Return the tenant's holdout with another share, for `TenantChange`: with the salt that it has, once it has one."""
    holdout = tenant.holdout
    if holdout is None:
        return Holdout(slots, salt_of(ids.make_id(IdKind.TENANT)), clock.now()) if slots else None
    return replace(holdout, slots=slots, started_at=holdout.started_at if holdout.slots else clock.now())
