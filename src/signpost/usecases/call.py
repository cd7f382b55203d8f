"""Who calls, in which tenant, through which ports."""

from contextlib import AbstractContextManager
from dataclasses import dataclass

from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory
from signpost.ports.store import Store, Workspace


@dataclass(frozen=True, slots=True)
class Call:
    """One call: the caller's name for the audit trail, the tenant it acts in, and the ports it acts through."""

    store: Store
    clock: Clock
    ids: IdFactory
    tenant_id: str
    actor: str

    def reading(self) -> AbstractContextManager[Workspace]:
        """Open the tenant for reading."""
        return self.store.reading(self.tenant_id)

    def writing(self) -> AbstractContextManager[Workspace]:
        """Open the tenant's one write transaction."""
        return self.store.writing(self.tenant_id, self.actor)
