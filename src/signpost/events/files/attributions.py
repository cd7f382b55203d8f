"""Finds the newest exposure of a session or a unit: the newest ones in memory, older ones by their keys in the files."""

import sqlite3
import threading
from typing import Any

from signpost.events.files.readers import Readers
from signpost.events.files.runs import session_key, unit_key
from signpost.events.files.schema import EXPOSURE, sealed_to
from signpost.events.files.sealed_exposures import SealedExposures
from signpost.events.logids import writer_of
from signpost.ports.events import Attribution

RECENT_MAX = 100_000
"""Keys in memory. More are kept only as long as they have none in a file."""

_FIELDS = (
    "e.id, e.occurred_ms, e.session_id, a.experiment_id, a.variation_id, a.is_control, a.allocation_strategy,"
    " a.segment_id, e.unit, a.is_forced"
)
_TENANT = "(SELECT no FROM tenants WHERE tenant_id = :tenant_id)"
_LAST_OF_RUNS = "(SELECT COALESCE(MAX(last_id), 0) FROM runs)"
_AFTER = f"""
SELECT {_FIELDS}
FROM arms a CROSS JOIN events e INDEXED BY facts ON e.tenant = a.tenant AND e.fact = {EXPOSURE} AND e.arm = a.no
WHERE a.tenant = {_TENANT} AND e.id > COALESCE(:after, {_LAST_OF_RUNS})
"""
_IDS_IN_RUNS = """
SELECT k.id
FROM (SELECT run FROM runs ORDER BY run DESC) r CROSS JOIN keys k ON k.run = r.run AND k.key = :key
ORDER BY r.run DESC, k.id DESC
"""
_BY_ID = f"SELECT {_FIELDS}, e.tenant = {_TENANT} FROM events e JOIN arms a ON a.no = e.arm WHERE e.id = :id"

_COLUMN_AT = {"session_id": 2, "unit": 8}

_Row = tuple[int, int, str | None, str, str, int, str, str | None, str, int]
_Key = tuple[str, str, str]


class Attributions:
    """See `EventLog.latest_attribution`. May be used by many threads at once.

    Sealed exposures are found as long as their keys are kept (`retention.ATTRIBUTION_DAYS`).
    """

    def __init__(self, readers: Readers, sealed: SealedExposures, recent_max: int = RECENT_MAX) -> None:
        self._readers = readers
        self._sealed = sealed
        self._recent_max = recent_max
        self._recent: dict[_Key, _Row] = {}
        self._seen: dict[tuple[int, str], int] = {}
        self._lock = threading.Lock()

    def latest(
        self, tenant_id: str, session_id: str | None, unit: str | None, before_ms: int | None
    ) -> Attribution | None:
        """Return the newest exposure of the session, or else of the unit, that was not after `before_ms`."""
        with self._lock:
            self._refresh(tenant_id)
            for column, value in (("session_id", session_id), ("unit", unit)):
                if value is None:
                    continue
                row = self._recent.get((tenant_id, column, value))
                if row is None or (before_ms is not None and row[1] > before_ms):
                    row = self._find(tenant_id, column, value, before_ms)
                    if row is not None and before_ms is None:
                        self._recent[tenant_id, column, value] = row
                if row is not None:
                    return _attribution(row)
        return None

    def _refresh(self, tenant_id: str) -> None:
        """Take in the exposures that were kept since the last time."""
        arrived: list[_Row] = []
        is_missing_some = False
        for writer in self._readers.writers():
            with self._readers.open(writer) as connection:
                if connection is None:
                    continue
                after = self._seen.get((writer, tenant_id))
                rows = connection.execute(_AFTER, {"tenant_id": tenant_id, "after": after}).fetchall()
                sealed = sealed_to(connection)
                is_missing_some |= after is not None and after < sealed
                if after is None and not rows:
                    (after,) = connection.execute(f"SELECT {_LAST_OF_RUNS}").fetchone()
            self._seen[writer, tenant_id] = max([row[0] for row in rows], default=max(after or 0, sealed))
            arrived += rows
        if is_missing_some:
            # They came and were sealed since the last time. What is not in memory is found in the files.
            for key in [key for key in self._recent if key[0] == tenant_id]:
                del self._recent[key]
            return
        for row in arrived:
            self._keep((tenant_id, "session_id", row[2]), row)
            self._keep((tenant_id, "unit", row[8]), row)
        if len(self._recent) > self._recent_max:
            self._trim()

    def _keep(self, key: tuple[str, str, str | None], row: _Row) -> None:
        tenant_id, column, value = key
        if value is None:
            return
        present = self._recent.pop((tenant_id, column, value), None)
        self._recent[tenant_id, column, value] = row if present is None or present[0] < row[0] else present

    def _trim(self) -> None:
        """Forget the older half, but for what can be found in no run yet."""
        with self._readers.open_all() as connections:
            last_ids = {
                writer: connection.execute(f"SELECT {_LAST_OF_RUNS}").fetchone()[0]
                for writer, connection in connections.items()
            }
        for key in list(self._recent)[: len(self._recent) // 2]:
            log_id = self._recent[key][0]
            if log_id <= last_ids.get(writer_of(log_id), 0):
                del self._recent[key]

    def _find(self, tenant_id: str, column: str, value: str, before_ms: int | None) -> _Row | None:
        """Look into all files."""
        key = session_key(tenant_id, value) if column == "session_id" else unit_key(tenant_id, value)
        arguments: dict[str, Any] = {
            "tenant_id": tenant_id,
            "value": value,
            "key": key,
            "after": None,
            "before_ms": (1 << 63) - 1 if before_ms is None else before_ms,
        }
        with self._readers.open_all() as connections:
            found = [_find_in(connection, column, arguments, self._sealed) for connection in connections.values()]
        return max((row for row in found if row is not None), key=lambda row: row[0], default=None)


def _find_in(
    connection: sqlite3.Connection, column: str, arguments: dict[str, Any], sealed: SealedExposures
) -> _Row | None:
    newest = f" AND e.{column} = :value AND e.occurred_ms <= :before_ms ORDER BY e.id DESC LIMIT 1"
    row: _Row | None = connection.execute(_AFTER + newest, arguments).fetchone()
    if row is not None:
        return row
    index = _COLUMN_AT[column]
    for (log_id,) in connection.execute(_IDS_IN_RUNS, arguments):
        found = connection.execute(_BY_ID, {**arguments, "id": log_id}).fetchone()
        row = sealed.find(arguments["tenant_id"], log_id) if found is None else found[:-1] if found[-1] else None
        if row is not None and row[index] == arguments["value"] and row[1] <= arguments["before_ms"]:
            return row
    return None


def _attribution(row: _Row) -> Attribution:
    _, occurred_ms, _, experiment_id, variation_id, is_control, strategy, segment_id, unit, is_forced = row
    return Attribution(
        experiment_id, variation_id, bool(is_control), strategy, segment_id, unit, occurred_ms, bool(is_forced)
    )
