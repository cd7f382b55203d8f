"""The control plane in memory: for tests, and for a server that need not remember."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from threading import Lock, RLock
from typing import Any, Generic, TypeVar

from signpost.model.actions import Action
from signpost.model.errors import Kind, NameTakenError, NotFoundError
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.log_streams import LogStream
from signpost.model.own_metrics import OwnMetric
from signpost.model.segments import Segment
from signpost.model.tenants import Client, Tenant
from signpost.model.variations import Variation
from signpost.ports.clock import Clock
from signpost.ports.paging import Page, PageRequest
from signpost.ports.store import AuditEntry, Identified, PastConfiguration
from signpost.storage.changes import Changes, writable
from signpost.storage.documents import encode_document
from signpost.storage.past import check_revision, read_past

E = TypeVar("E", Flag, Variation, Segment, Experiment, OwnMetric, LogStream, Action, Client)


@dataclass(frozen=True, slots=True)
class _State:
    """Everything of one tenant at one revision; never changed, only replaced."""

    tenant: Tenant
    revision: int
    rows: Mapping[Kind, Mapping[str, tuple[int, Any]]]
    """By kind and id: the position, and the thing."""
    audit: tuple[AuditEntry, ...]
    last_position: int


class _Rows(Generic[E]):
    """The things of one kind, in a working copy of a state."""

    def __init__(self, workspace: "MemoryWorkspace", kind: Kind) -> None:
        self._workspace: MemoryWorkspace = workspace
        self._kind: Kind = kind
        self._rows: dict[str, tuple[int, E]] = dict(workspace.state.rows.get(kind, {}))

    def get(self, entity_id: str) -> E | None:
        row = self._rows.get(entity_id)
        return row[1] if row is not None else None

    def get_many(self, entity_ids: Collection[str]) -> Mapping[str, E]:
        return {entity_id: self._rows[entity_id][1] for entity_id in entity_ids if entity_id in self._rows}

    def all(self) -> tuple[E, ...]:
        return tuple(entity for _, entity in sorted(self._rows.values(), key=lambda row: row[0]))

    def add(self, entity: E) -> None:
        self._check_name(entity)
        self._rows[entity.id] = (self._workspace.take_position(), entity)
        self._write(None, entity)

    def replace(self, entity: E) -> None:
        row = self._rows.get(entity.id)
        if row is None or encode_document(row[1]) == encode_document(entity):
            return
        self._check_name(entity)
        self._rows[entity.id] = (row[0], entity)
        self._write(row[1], entity)

    def remove(self, entity_id: str) -> None:
        row = self._rows.pop(entity_id, None)
        if row is not None:
            self._write(row[1], None)

    def _page(self, page: PageRequest, is_wanted: Callable[[E], bool]) -> Page[E]:
        after = page.after or 0
        found = sorted((row for row in self._rows.values() if row[0] > after and is_wanted(row[1])), key=lambda r: r[0])
        shown = found[: page.take]
        return Page(
            items=tuple(entity for _, entity in shown),
            next_after=shown[-1][0] if len(found) > len(shown) else None,
        )

    def _rivals(self, entity: E) -> tuple[E, ...]:
        return self.all()

    def _check_name(self, entity: E) -> None:
        if any(other.name == entity.name and other.id != entity.id for other in self._rivals(entity)):
            raise NameTakenError(self._kind)

    def _write(self, before: E | None, after: E | None) -> None:
        self._workspace.record(self._kind, before, after)

    def frozen(self) -> Mapping[str, tuple[int, E]]:
        """Return the rows as they are now."""
        return self._rows


class _Flags(_Rows[Flag]):
    def list(self, page: PageRequest, *, type: Origin | None = None, status: FlagStatus | None = None) -> Page[Flag]:
        return self._page(page, lambda flag: type in {None, flag.type} and status in {None, flag.status})

    def remove(self, entity_id: str) -> None:
        for variation in self._workspace.variations.of_flag(entity_id):
            self._workspace.variations.remove(variation.id)
        super().remove(entity_id)


class _Variations(_Rows[Variation]):
    def of_flag(self, flag_id: str) -> tuple[Variation, ...]:
        return tuple(variation for variation in self.all() if variation.flag_id == flag_id)

    def _rivals(self, entity: Variation) -> tuple[Variation, ...]:
        return self.of_flag(entity.flag_id)


class _Segments(_Rows[Segment]):
    def list(self, page: PageRequest, *, type: Origin | None = None) -> Page[Segment]:
        return self._page(page, lambda segment: type in {None, segment.type})


class _Metrics(_Rows[OwnMetric]):
    def find(self, name: str) -> OwnMetric | None:
        return next((metric for metric in self.all() if metric.name == name), None)


class _LogStreams(_Rows[LogStream]):
    pass


class _Actions(_Rows[Action]):
    pass


class _Clients(_Rows[Client]):
    def _rivals(self, entity: Client) -> tuple[Client, ...]:
        return ()


class _Experiments(_Rows[Experiment]):
    def list(
        self,
        page: PageRequest,
        *,
        status: ExperimentStatus | None = None,
        flow: str | None = None,
        flag_id: str | None = None,
    ) -> Page[Experiment]:
        def is_wanted(experiment: Experiment) -> bool:
            is_shown = experiment.status is status if status else experiment.status is not ExperimentStatus.ARCHIVED
            return is_shown and flow in {None, experiment.flow} and flag_id in {None, experiment.flag_id}

        return self._page(page, is_wanted)

    def active_or_paused(self) -> tuple[Experiment, ...]:
        return tuple(e for e in self.all() if e.status in {ExperimentStatus.ACTIVE, ExperimentStatus.PAUSED})

    def uses_flag(self, flag_id: str) -> bool:
        return any(e.flag_id == flag_id for e in self._living())

    def uses_variation(self, variation_id: str) -> bool:
        return any(a.variation_id == variation_id for e in self._living() for a in e.allocations)

    def uses_segment(self, segment_id: str) -> bool:
        return any(a.segment_id == segment_id for e in self._living() for a in e.allocations)

    def _living(self) -> Iterator[Experiment]:
        return (e for e in self.all() if e.status is not ExperimentStatus.ARCHIVED)


class _Audit:
    def __init__(self, workspace: "MemoryWorkspace") -> None:
        self._workspace = workspace
        self._entries = workspace.state.audit
        self._newest = workspace.state.revision

    def note(self, kind: Kind, made: Identified) -> None:
        self._workspace.record(kind, None, made)

    def list(self, page: PageRequest, *, entity_id: str | None = None) -> Page[AuditEntry]:
        asked = [(i, e) for i, e in enumerate(self._entries[: page.after]) if entity_id in {None, e.entity_id}]
        shown = asked[::-1][: page.take]
        return Page(
            items=tuple(entry for _, entry in shown),
            next_after=shown[-1][0] if len(asked) > len(shown) else None,
        )

    def at_revision(self, revision: int, entity_ids: Collection[str] | None = None) -> PastConfiguration:
        check_revision(revision, self._newest)
        newest: dict[str, AuditEntry] = {}
        for entry in self._entries:
            is_asked = entity_ids is None or entry.kind is Kind.TENANT or entry.entity_id in entity_ids
            if is_asked and entry.revision <= revision:
                newest[entry.entity_id] = entry
        found = ((entry.kind, json.dumps(entry.after)) for entry in newest.values() if entry.after is not None)
        return read_past(revision, found)


class MemoryWorkspace:
    """One tenant inside one transaction."""

    def __init__(self, state: _State, changes: Changes | None) -> None:
        self.state = state
        self.tenant = state.tenant
        self.revision = state.revision
        self._changes = changes
        self._last_position = state.last_position
        self.flags = _Flags(self, Kind.FLAG)
        self.variations = _Variations(self, Kind.VARIATION)
        self.segments = _Segments(self, Kind.SEGMENT)
        self.experiments = _Experiments(self, Kind.EXPERIMENT)
        self.metrics = _Metrics(self, Kind.METRIC)
        self.log_streams = _LogStreams(self, Kind.LOG_STREAM)
        self.actions = _Actions(self, Kind.ACTION)
        self.clients = _Clients(self, Kind.CLIENT)
        self.audit = _Audit(self)

    def take_position(self) -> int:
        """Return the next position, which is never given again."""
        self._last_position += 1
        return self._last_position

    def record(self, kind: Kind, before: Any, after: Any) -> None:
        """Note a change for the audit trail."""
        writable(self._changes).record(kind, before, after)

    def commit(self, changes: Changes) -> _State:
        """Return the state after the changes."""
        return replace(
            self.state,
            revision=self.revision + 1,
            rows={
                Kind.FLAG: self.flags.frozen(),
                Kind.VARIATION: self.variations.frozen(),
                Kind.SEGMENT: self.segments.frozen(),
                Kind.EXPERIMENT: self.experiments.frozen(),
                Kind.METRIC: self.metrics.frozen(),
                Kind.LOG_STREAM: self.log_streams.frozen(),
                Kind.ACTION: self.actions.frozen(),
                Kind.CLIENT: self.clients.frozen(),
            },
            audit=(*self.state.audit, *changes.entries()),
            last_position=self._last_position,
        )


class MemoryStore:
    """A store in this process's memory. One writer at a time; readers see the state before it until it is done."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}
        self._lock = RLock()
        self._writing = Lock()

    @contextmanager
    def reading(self, tenant_id: str) -> Iterator[MemoryWorkspace]:
        """Open a consistent view of a tenant."""
        yield MemoryWorkspace(self._state(tenant_id), None)

    @contextmanager
    def writing(self, tenant_id: str, actor: str) -> Iterator[MemoryWorkspace]:
        """Open the one write transaction."""
        with self._writing:
            state = self._state(tenant_id)
            changes = Changes(actor, self._clock.now(), state.revision)
            workspace = MemoryWorkspace(state, changes)
            yield workspace
            if changes:
                self._keep(workspace.commit(changes))

    def revisions(self) -> Mapping[str, int]:
        """Return the revision of every tenant."""
        with self._lock:
            return {tenant_id: state.revision for tenant_id, state in self._states.items()}

    def tenants(self) -> tuple[Tenant, ...]:
        """Return all tenants in the order in which they were made."""
        with self._lock:
            return tuple(state.tenant for state in self._states.values())

    def add_tenant(self, tenant: Tenant, actor: str) -> None:
        """Add a tenant, with an audit row."""
        with self._writing:
            self._check_unique(tenant)
            changes = Changes(actor, self._clock.now(), 0)
            changes.record(Kind.TENANT, None, tenant)
            self._keep(_State(tenant, 1, {}, tuple(changes.entries()), 0))

    def replace_tenant(self, tenant: Tenant, actor: str) -> None:
        """Change a tenant, with an audit row."""
        with self._writing:
            state = self._state(tenant.id)
            if state.tenant == tenant:
                return
            self._check_unique(tenant)
            changes = Changes(actor, self._clock.now(), state.revision)
            changes.record(Kind.TENANT, state.tenant, tenant)
            audit = (*state.audit, *changes.entries())
            self._keep(replace(state, tenant=tenant, revision=state.revision + 1, audit=audit))

    def is_ready(self) -> bool:
        """Return True: memory is there."""
        return True

    def close(self) -> None:
        """Do nothing: there is nothing to give back."""

    def _state(self, tenant_id: str) -> _State:
        with self._lock:
            state = self._states.get(tenant_id)
        if state is None:
            raise NotFoundError(Kind.TENANT)
        return state

    def _keep(self, state: _State) -> None:
        with self._lock:
            self._states[state.tenant.id] = state

    def _check_unique(self, tenant: Tenant) -> None:
        for other in self.tenants():
            if other.id == tenant.id:
                continue
            if other.name == tenant.name or other.domain == tenant.domain or (other.is_default and tenant.is_default):
                raise NameTakenError(Kind.TENANT)
