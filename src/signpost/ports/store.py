"""The control plane's storage: tenants, and what is configured in each."""

from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from signpost.model.errors import Kind
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.own_metrics import OwnMetric
from signpost.model.segments import Segment
from signpost.model.tenants import Client, Tenant
from signpost.model.variations import Variation
from signpost.ports.actions import Actions
from signpost.ports.log_streams import LogStreams
from signpost.ports.paging import Page, PageRequest


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One change: who made it, when, to what, and how the thing was before (None: not there) and after (None: gone).

    `action` is `create`, `update` or `delete`; `before` and `after` are plain JSON documents, secrets left out;
    `revision` is the tenant's revision that the change led to.
    """

    at: datetime
    actor: str
    action: str
    kind: Kind
    entity_id: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None
    revision: int


@dataclass(frozen=True, slots=True)
class PastConfiguration:
    """What was configured in a tenant after one of its revisions: by id, in the order in which things were made.

    Only what decides is in it. Clients don't, and the audit trail has not their secrets.
    """

    revision: int
    tenant: Tenant
    flags: Mapping[str, Flag]
    variations: Mapping[str, Variation]
    segments: Mapping[str, Segment]
    experiments: Mapping[str, Experiment]


class Identified(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str: ...


class Flags(Protocol):
    """The flags of one tenant. Every write raises `NameTakenError` where the name is another's."""

    def get(self, flag_id: str) -> Flag | None: ...
    def get_many(self, flag_ids: Collection[str]) -> Mapping[str, Flag]: ...
    def list(
        self, page: PageRequest, *, type: Origin | None = None, status: FlagStatus | None = None
    ) -> Page[Flag]: ...
    def all(self) -> tuple[Flag, ...]:
        """Return every flag, in the order in which they were made."""
        ...

    def add(self, flag: Flag) -> None: ...
    def replace(self, flag: Flag) -> None: ...
    def remove(self, flag_id: str) -> None:
        """Remove the flag and its variations; nothing happens when it is not there."""
        ...


class Variations(Protocol):
    """The variations of one tenant's flags. Names are unique per flag (`NameTakenError`)."""

    def get(self, variation_id: str) -> Variation | None: ...
    def get_many(self, variation_ids: Collection[str]) -> Mapping[str, Variation]: ...
    def of_flag(self, flag_id: str) -> tuple[Variation, ...]:
        """Return all variations of the flag, in the order in which they were made."""
        ...

    def all(self) -> tuple[Variation, ...]:
        """Return every variation of every flag, in the order in which they were made."""
        ...

    def add(self, variation: Variation) -> None: ...
    def replace(self, variation: Variation) -> None: ...
    def remove(self, variation_id: str) -> None: ...


class Segments(Protocol):
    """The segments of one tenant. Every write raises `NameTakenError` where the name is another's."""

    def get(self, segment_id: str) -> Segment | None: ...
    def get_many(self, segment_ids: Collection[str]) -> Mapping[str, Segment]: ...
    def list(self, page: PageRequest, *, type: Origin | None = None) -> Page[Segment]: ...
    def all(self) -> tuple[Segment, ...]:
        """Return every segment, in the order in which they were made."""
        ...

    def add(self, segment: Segment) -> None: ...
    def replace(self, segment: Segment) -> None: ...
    def remove(self, segment_id: str) -> None: ...


class Experiments(Protocol):
    """The experiments of one tenant. Every write raises `NameTakenError` where the name is another's."""

    def get(self, experiment_id: str) -> Experiment | None: ...
    def list(
        self,
        page: PageRequest,
        *,
        status: ExperimentStatus | None = None,
        flow: str | None = None,
        flag_id: str | None = None,
    ) -> Page[Experiment]:
        """Return a page; archived experiments are in it only when `status` asks for them."""
        ...

    def all(self) -> tuple[Experiment, ...]:
        """Return every experiment in any status, in the order in which they were made."""
        ...

    def active_or_paused(self) -> tuple[Experiment, ...]: ...
    def uses_flag(self, flag_id: str) -> bool:
        """Return whether a non-archived experiment is of this flag."""
        ...

    def uses_variation(self, variation_id: str) -> bool:
        """Return whether a non-archived experiment allocates this variation."""
        ...

    def uses_segment(self, segment_id: str) -> bool:
        """Return whether a non-archived experiment allocates to this segment."""
        ...

    def add(self, experiment: Experiment) -> None: ...
    def replace(self, experiment: Experiment) -> None: ...
    def remove(self, experiment_id: str) -> None: ...


class Metrics(Protocol):
    """The metrics that one tenant has made for itself. Every write raises `NameTakenError` where the name is another's."""

    def find(self, name: str) -> OwnMetric | None: ...
    def all(self) -> tuple[OwnMetric, ...]:
        """Return every metric, in the order in which they were made."""
        ...

    def add(self, metric: OwnMetric) -> None: ...
    def replace(self, metric: OwnMetric) -> None: ...
    def remove(self, metric_id: str) -> None: ...


class Clients(Protocol):
    """The machine-to-machine clients of one tenant."""

    def get(self, client_id: str) -> Client | None: ...
    def all(self) -> tuple[Client, ...]: ...
    def add(self, client: Client) -> None: ...
    def replace(self, client: Client) -> None: ...


class Audit(Protocol):
    """What was changed in one tenant; the storage itself writes it, in the transaction of the change.

    It is never trimmed: there is no other record of what was configured when, and without it no past decision can be
    recomputed. A field that the model gets later has a default that means what was before, so that every row ever written
    can be read.
    """

    def note(self, kind: Kind, made: Identified) -> None:
        """Note that something was made that is kept nowhere but in this trail, as a `create` like any other."""
        ...

    def list(self, page: PageRequest, *, entity_id: str | None = None) -> Page[AuditEntry]:
        """Return a page, newest entry first; with an `entity_id` only the entries of that thing."""
        ...

    def at_revision(self, revision: int, entity_ids: Collection[str] | None = None) -> PastConfiguration:
        """Return what was configured after a revision: of everything, the newest row that is not after it.

        With `entity_ids` only those things, as far as they were there, and the tenant itself.

        Raises:
            RevisionUnknownError: the tenant has no such revision.
        """
        ...


class Workspace(Protocol):
    """One tenant's configuration inside one transaction. Nothing of another tenant can be reached from it."""

    @property
    def tenant(self) -> Tenant: ...
    @property
    def revision(self) -> int:
        """The tenant's revision at the beginning of the transaction."""
        ...

    @property
    def flags(self) -> Flags: ...
    @property
    def variations(self) -> Variations: ...
    @property
    def segments(self) -> Segments: ...
    @property
    def experiments(self) -> Experiments: ...
    @property
    def metrics(self) -> Metrics: ...
    @property
    def log_streams(self) -> LogStreams: ...
    @property
    def actions(self) -> Actions: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def audit(self) -> Audit: ...


class Store(Protocol):
    """The storage. Transactions are short; a store may be used from many threads and processes at once."""

    def reading(self, tenant_id: str) -> AbstractContextManager[Workspace]:
        """Open a consistent view of a tenant.

        Raises:
            NotFoundError: there is no such tenant.
        """
        ...

    def writing(self, tenant_id: str, actor: str) -> AbstractContextManager[Workspace]:
        """Open the tenant's one write transaction, waiting for whoever holds it.

        Leaving the block commits; an exception rolls back. When something changed, the audit rows are written and the
        tenant's revision grows by one in the same transaction.

        Raises:
            NotFoundError: there is no such tenant.
        """
        ...

    def revisions(self) -> Mapping[str, int]:
        """Return the revision of every tenant; cheap enough to be asked twice a second."""
        ...

    def tenants(self) -> tuple[Tenant, ...]:
        """Return all tenants in the order in which they were made."""
        ...

    def add_tenant(self, tenant: Tenant, actor: str) -> None:
        """Add a tenant, with an audit row.

        Raises:
            NameTakenError: the name or the domain is another's, or there is a default tenant already.
        """
        ...

    def replace_tenant(self, tenant: Tenant, actor: str) -> None:
        """Change a tenant, with an audit row; its revision grows.

        Raises:
            NotFoundError: there is no such tenant.
            NameTakenError: the name or the domain is another's.
        """
        ...

    def is_ready(self) -> bool:
        """Return whether the database answers and has the schema that this version needs."""
        ...

    def close(self) -> None:
        """Give the connections back."""
        ...


@dataclass(eq=False)
class RevisionUnknownError(Exception):
    """The tenant has no such revision; they count from 1 to `newest`."""

    revision: int
    newest: int


class StoreUnavailableError(Exception):
    """The database does not answer, or can't write; nothing of the transaction was kept."""


class StoreVersionError(Exception):
    """The database was written by a newer version of this program, which alone can use it."""
