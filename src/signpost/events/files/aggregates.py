"""Sums an experiment over all files: gathers what is needed of each into one temporary database, then sums there."""

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from signpost.events import sums
from signpost.events.files.readers import Readers
from signpost.events.files.schema import EXPOSURE, SUCCESS, file_of
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.ports.events import Cell, ExperimentSums

_PREPARE = """
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
PRAGMA cache_size = -131072;
CREATE TABLE exposures (id INTEGER, event_id TEXT, unit TEXT, variation_id TEXT, is_forced INTEGER, occurred_ms INTEGER);
CREATE TABLE successes (id INTEGER, event_id TEXT, unit TEXT, occurred_ms INTEGER);
"""
_ARMS = "SELECT a.* FROM source.arms a JOIN source.tenants t ON t.no = a.tenant WHERE t.tenant_id = :tenant_id"
_HOLDOUT_EXPOSURES = f"""
INSERT INTO exposures
SELECT
  e.id, e.event_id, e.unit, CASE WHEN a.experiment_id = '{HOLDOUT}' THEN '{HOLDOUT}' ELSE '{EXPERIMENTS}' END,
  a.is_forced, e.occurred_ms
FROM ({_ARMS}) a
CROSS JOIN source.events e ON e.tenant = a.tenant AND e.fact = {EXPOSURE} AND e.arm = a.no
WHERE e.occurred_ms >= :since_ms
"""
_EXPOSURES = f"""
INSERT INTO exposures
SELECT e.id, e.event_id, e.unit, a.variation_id, a.is_forced, e.occurred_ms
FROM ({_ARMS} AND a.experiment_id = :experiment_id) a
CROSS JOIN source.events e ON e.tenant = a.tenant AND e.fact = {EXPOSURE} AND e.arm = a.no
"""
_SUCCESSES = f"""
INSERT INTO successes
SELECT e.id, e.event_id, e.unit, e.occurred_ms
FROM source.events e
WHERE e.tenant = (SELECT no FROM source.tenants WHERE tenant_id = :tenant_id) AND e.fact = {SUCCESS}
AND (e.arm IS NULL OR e.arm NOT IN (SELECT no FROM ({_ARMS}) WHERE is_forced = 1))
"""
_DROP_DUPLICATES = """
DELETE FROM {table} WHERE event_id IS NOT NULL AND EXISTS (
  SELECT 1 FROM source.events d
  WHERE d.tenant = (SELECT no FROM source.tenants WHERE tenant_id = :tenant_id)
  AND d.event_id = {table}.event_id AND d.id < {table}.id
)
"""


class FileAggregates:
    """See `Aggregates`."""

    def __init__(self, folder: Path, readers: Readers) -> None:
        self._folder = folder
        self._readers = readers

    def sum_experiment(self, tenant_id: str, experiment_id: str) -> ExperimentSums:
        """Return the cells of an experiment; see `Aggregates.sum_experiment`."""
        return self._sum(_EXPOSURES, {"tenant_id": tenant_id, "experiment_id": experiment_id})

    def sum_holdout(self, tenant_id: str, since_ms: int) -> ExperimentSums:
        """Return the cells of a holdout; see `Aggregates.sum_holdout`."""
        return self._sum(_HOLDOUT_EXPOSURES, {"tenant_id": tenant_id, "since_ms": since_ms})

    def _sum(self, exposures: str, arguments: Mapping[str, str | int]) -> ExperimentSums:
        with self._readers.open_all() as connections, closing(_open_scratch()) as scratch:
            files = [file_of(self._folder, writer) for writer in connections]
            for path in files:
                _run_beside(scratch, path, (exposures, _SUCCESSES), arguments)
            if len(files) > 1:
                drop = [_DROP_DUPLICATES.format(table=table) for table in ("exposures", "successes")]
                for path in files:
                    _run_beside(scratch, path, drop, arguments)
            return _sum(scratch)


def _open_scratch() -> sqlite3.Connection:
    """Open a private database that SQLite spills to disk when it grows, and removes when it is closed."""
    scratch = sqlite3.connect("", uri=True, isolation_level=None)
    scratch.executescript(_PREPARE)
    return scratch


def _run_beside(
    scratch: sqlite3.Connection, path: Path, statements: tuple[str, ...] | list[str], arguments: Mapping[str, str | int]
) -> None:
    scratch.execute("ATTACH ? AS source", (f"{path.as_uri()}?mode=rw",))
    for statement in statements:
        scratch.execute(statement, arguments)
    scratch.execute("DETACH source")


def _sum(scratch: sqlite3.Connection) -> ExperimentSums:
    rows = scratch.execute(sums.CELLS).fetchall()
    forced, first_ms, last_ms = scratch.execute(sums.LEFT_OUT).fetchone()
    return ExperimentSums(
        cells=tuple(sorted((Cell(*row) for row in rows if row[0] is not None), key=lambda cell: cell.variation_id)),
        drifted_units=sum(row[1] for row in rows if row[0] is None),
        forced_exposures=forced,
        first_exposure_ms=first_ms,
        last_exposure_ms=last_ms,
    )
