"""What this process knows of its tenants: in memory, swapped whole, a fraction of a second behind the database at most."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Event, Lock, Thread
from time import monotonic

from signpost.model.errors import NotFoundError
from signpost.ports.store import Store, StoreUnavailableError
from signpost.usecases.catalog import TenantState, load_tenant_state

POLL_SECONDS = 0.25
HOSTS_MAX = 1_000
"""Host headers whose tenant is remembered."""
JOIN_SECONDS = 5
"""How long a refresh that hangs may keep the process from ending."""

log = logging.getLogger("signpost.catalog")


@dataclass(frozen=True, slots=True)
class _Snapshot:
    by_id: Mapping[str, TenantState]
    by_domain: Mapping[str, TenantState]
    default: TenantState | None
    by_host: dict[str, TenantState | None] = field(default_factory=dict)
    """What was found already, by the header as it came."""


class Catalog:
    """The tenants' states. Asking takes no lock and reads no database; while the database is away the last state stands."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._snapshot = _Snapshot({}, {}, None)
        self._refreshing = Lock()
        self._stop = Event()
        self._thread: Thread | None = None
        self.confirmed_at: float | None = None
        """When the database last said what is true, by the monotonic clock; None: never yet."""

    def find(self, host: str | None) -> TenantState | None:
        """Return the tenant of a Host header; a host that nobody has is the default tenant's.

        None only while there is no default tenant.
        """
        snapshot = self._snapshot
        if not host:
            return snapshot.default
        state = snapshot.by_host.get(host)
        if state is not None:
            return state
        lowered = host.lower()
        name = lowered.rpartition(":")[0] if lowered.rpartition(":")[2].isdigit() else lowered
        state = snapshot.by_domain.get(lowered) or snapshot.by_domain.get(name) or snapshot.default
        if len(snapshot.by_host) < HOSTS_MAX:
            snapshot.by_host[host] = state
        return state

    def states(self) -> tuple[TenantState, ...]:
        """Return all tenants' states."""
        return tuple(self._snapshot.by_id.values())

    def state_of(self, tenant_id: str) -> TenantState | None:
        """Return a tenant's state, None where there is no such tenant."""
        return self._snapshot.by_id.get(tenant_id)

    def refresh(self) -> None:
        """Read what has changed since the last time.

        Raises:
            StoreUnavailableError: the database does not answer; what was known stays.
        """
        with self._refreshing:
            known = self._snapshot.by_id
            revisions = self._store.revisions()
            changed = {t for t, revision in revisions.items() if t not in known or known[t].revision != revision}
            if not changed and len(revisions) == len(known):
                self.confirmed_at = monotonic()
                return
            states = {t: self._load(t) if t in changed else known[t] for t in revisions}
            found = {t: state for t, state in states.items() if state is not None}
            self._snapshot = _Snapshot(
                by_id=found,
                by_domain={state.tenant.domain: state for state in found.values()},
                default=next((state for state in found.values() if state.tenant.is_default), None),
            )
            self.confirmed_at = monotonic()

    def watch(self) -> None:
        """Refresh four times a second on a thread of its own, until `close`."""
        self._thread = Thread(target=self._watch, name="signpost-catalog", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop watching."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=JOIN_SECONDS)

    def _watch(self) -> None:
        is_away = False
        while not self._stop.wait(POLL_SECONDS):
            try:
                self.refresh()
                if is_away:
                    log.info("the database answers again")
                is_away = False
            except StoreUnavailableError as error:
                if not is_away:
                    log.warning("the database does not answer, going on with what is known: %s", error)
                is_away = True
            except Exception:  # the edge of this thread, which must go on
                if not is_away:
                    log.exception("tenants can't be read, going on with what is known")
                is_away = True

    def _load(self, tenant_id: str) -> TenantState | None:
        try:
            state = load_tenant_state(self._store, tenant_id)
        except NotFoundError:
            return None
        for warning in state.warnings:
            log.warning("experiment %s: %s", warning.experiment_id, warning.problem)
        return state
