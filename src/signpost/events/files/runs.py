"""Where exposures are found by session or unit: keys in sorted runs.

A key is a 64-bit hash. It is only a hint, whoever follows it compares the row. The newest exposures of a file, those after the
last run, have no keys yet: at most about `RUN_EXPOSURES` of them.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from xxhash import xxh3_64_intdigest

from signpost.events.files.schema import EXPOSURE
from signpost.ports.events import Event

RUN_EXPOSURES = 8192
_ROWS_IN_STATEMENT = 8192

_TAIL = f"""
SELECT t.tenant_id, e.session_id, e.unit, e.id
FROM arms a CROSS JOIN events e INDEXED BY facts ON e.tenant = a.tenant AND e.fact = {EXPOSURE} AND e.arm = a.no
JOIN tenants t ON t.no = e.tenant
WHERE e.id > (SELECT COALESCE(MAX(last_id), 0) FROM runs)
"""


def session_key(tenant_id: str, session_id: str) -> int:
    """Return the key of a session."""
    return _signed(f"{tenant_id}\0s\0{session_id}".encode())


def unit_key(tenant_id: str, unit: str) -> int:
    """Return the key of a unit."""
    return _signed(f"{tenant_id}\0u\0{unit}".encode())


class NextRun:
    """The keys of the exposures after the last run, until they are enough for the next one."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._keys: list[tuple[int, int]] = []
        self._exposures = 0
        self._last_id = 0
        for tenant_id, session_id, unit, log_id in connection.execute(_TAIL):
            self._add(tenant_id, session_id, unit, log_id)

    def add(self, log_ids: Iterable[int], events: Iterable[Event]) -> None:
        """Take note of committed events."""
        for log_id, event in zip(log_ids, events, strict=True):
            if event.is_exposure and event.attribution is not None:
                self._add(event.tenant_id, event.session_id, event.unit, log_id)

    def write_when_due(self, connection: sqlite3.Connection, exposures_due: int = RUN_EXPOSURES) -> None:
        """Append the run to the file once there are enough exposures for it."""
        if self._exposures < exposures_due:
            return
        self._keys.sort()
        connection.execute("BEGIN IMMEDIATE")
        cursor = connection.execute("INSERT INTO runs (last_id) VALUES (?)", (self._last_id,))
        run = int(cursor.lastrowid or 0)
        for at in range(0, len(self._keys), _ROWS_IN_STATEMENT):
            _insert_keys(connection, run, self._keys[at : at + _ROWS_IN_STATEMENT])
        connection.execute("COMMIT")
        self._keys.clear()
        self._exposures = 0

    def _add(self, tenant_id: str, session_id: str | None, unit: str | None, log_id: int) -> None:
        if session_id is not None:
            self._keys.append((session_key(tenant_id, session_id), log_id))
        if unit is not None:
            self._keys.append((unit_key(tenant_id, unit), log_id))
        self._exposures += 1
        self._last_id = max(self._last_id, log_id)


def write_run_up_to(connection: sqlite3.Connection, last_id: int) -> None:
    """Within the caller's transaction, append a run of the exposures after the last one, up to an id: they are being sealed.

    The writer, if it is another process, writes these keys once more; nobody minds.
    """
    keys: list[tuple[int, int]] = []
    for tenant_id, session_id, unit, log_id in connection.execute(f"{_TAIL} AND e.id <= ?", (last_id,)):
        keys += [(session_key(tenant_id, session_id), log_id)] if session_id is not None else []
        keys += [(unit_key(tenant_id, unit), log_id)] if unit is not None else []
    if not keys:
        return
    keys.sort()
    run = int(connection.execute("INSERT INTO runs (last_id) VALUES (?)", (last_id,)).lastrowid or 0)
    for at in range(0, len(keys), _ROWS_IN_STATEMENT):
        _insert_keys(connection, run, keys[at : at + _ROWS_IN_STATEMENT])


def forget_runs(connection: sqlite3.Connection, last_id: int) -> Iterator[None]:
    """Delete the runs that end at an id or before it, a run at a time."""
    runs = connection.execute("SELECT run FROM runs WHERE last_id <= ? ORDER BY run", (last_id,)).fetchall()
    for (run,) in runs:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("DELETE FROM keys WHERE run = ?", (run,))
        connection.execute("DELETE FROM runs WHERE run = ?", (run,))
        connection.execute("COMMIT")
        yield


def _insert_keys(connection: sqlite3.Connection, run: int, keys: Sequence[tuple[int, int]]) -> None:
    rows = ", ".join([f"({run}, ?, ?)"] * len(keys))
    connection.execute(f"INSERT INTO keys (run, key, id) VALUES {rows}", [value for pair in keys for value in pair])


def _signed(text: bytes) -> int:
    digest = xxh3_64_intdigest(text)
    return digest - (1 << 64) if digest >> 63 else digest
