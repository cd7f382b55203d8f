"""A tenant's exposures and events as two relations of DuckDB, over sealed and open rows alike."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from signpost.events.files.engines import fill, open_engine, parquet, quote
from signpost.events.files.readers import Readers, Snapshot
from signpost.events.files.schema import EXPOSURE
from signpost.events.files.sealed_rows import damage_named

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXPOSURES, EVENTS = "kept_exposures", "kept_events"
"""What the relations are called."""
MEMORY = "1GB"
"""What a question may take of memory; DuckDB goes on in files when it is not enough."""
_READ_ROWS = 20_000
_KEPT_MS = "id >> 21"

_COLUMNS = {
    "id": "BIGINT",
    "event_id": "VARCHAR",
    "unit": "VARCHAR",
    "type": "VARCHAR",
    "occurred_ms": "BIGINT",
    "fact": "TINYINT",
    "experiment_id": "VARCHAR",
    "variation_id": "VARCHAR",
    "is_forced": "TINYINT",
    "body": "BLOB",
}
_OF_TENANT = "e.tenant = (SELECT no FROM tenants WHERE tenant_id = ?)"
_EXPOSURES = f"""
SELECT e.id, e.event_id, e.unit, e.type, e.occurred_ms, e.fact, a.experiment_id, a.variation_id, a.is_forced, {{body}}
FROM arms a CROSS JOIN events e INDEXED BY facts ON e.tenant = a.tenant AND e.fact = {EXPOSURE} AND e.arm = a.no
WHERE {_OF_TENANT} AND e.id > ?
"""
_EVENTS = f"""
SELECT e.id, e.event_id, e.unit, e.type, e.occurred_ms, e.fact, a.experiment_id, a.variation_id, a.is_forced, {{body}}
FROM events e LEFT JOIN arms a ON a.no = e.arm
WHERE {_OF_TENANT} AND e.id > ? AND {{has_unit}} AND e.fact IS NOT {EXPOSURE} AND COALESCE(a.is_forced, 0) = 0
AND e.type IN ({{types}})
"""


class Relations:
    """Opens databases in memory for questions about one tenant; may be used by many threads at once."""

    def __init__(self, folder: Path, readers: Readers) -> None:
        self._folder = folder
        self._readers = readers

    @contextmanager
    def open(
        self,
        tenant_id: str,
        experiment_id: str | None,
        types: Sequence[str],
        *,
        with_exposure_bodies: bool = True,
        with_event_bodies: bool = True,
        with_users: bool = False,
        threads: int = 1,
        memory: str = MEMORY,
    ) -> Iterator["DuckDBPyConnection"]:
        """Open a connection that has two views, one row for each event, each event once.

        - `kept_exposures (unit, variation_id, experiment_id, is_forced INTEGER, occurred_ms BIGINT, kept_ms BIGINT, body)` of an
          experiment, or of all when it is None, forced ones among them
        - `kept_events (unit, type, occurred_ms BIGINT, kept_ms BIGINT, body)` of the tenant: those of the types that have a unit
          (with users: or none) and belong to no forced assignment

        Times are in milliseconds since the epoch. `body` is the JSON text without the log id, and null where one does without
        bodies: of open rows it takes long to read them. What is kept after this began is not there. Nobody removes sealed
        rows as long as the connection is open, so don't keep it.

        Raises:
            EventsDamagedError: a segment can't be read.
        """
        with (
            self._readers.snapshot(tenant_id) as snapshot,
            open_engine(self._folder, threads=threads, memory=memory) as engine,
            damage_named(snapshot.segments),
        ):
            bodies = with_exposure_bodies, with_event_bodies, with_users
            columns = ", ".join(f"{name} {kind}" for name, kind in _COLUMNS.items())
            engine.execute(f"CREATE TEMP TABLE open_rows ({columns})")
            _load(engine, snapshot, tenant_id, experiment_id, types, bodies=bodies)
            drop_duplicates(engine, snapshot, tenant_id)
            _create_views(engine, snapshot, experiment_id, types, bodies)
            yield engine


def _load(
    engine: "DuckDBPyConnection",
    snapshot: Snapshot,
    tenant_id: str,
    experiment_id: str | None,
    types: Sequence[str],
    *,
    bodies: tuple[bool, bool, bool],
) -> None:
    of_exposures, of_events = ("e.body" if is_needed else "NULL" for is_needed in bodies[:2])
    exposures = _EXPOSURES.format(body=of_exposures) + ("" if experiment_id is None else " AND a.experiment_id = ?")
    has_unit = "1 = 1" if bodies[2] else "e.unit IS NOT NULL"
    events = _EVENTS.format(body=of_events, has_unit=has_unit, types=", ".join("?" * len(types)))
    of_experiment = () if experiment_id is None else (experiment_id,)
    for writer, connection in snapshot.connections.items():
        bounds = (tenant_id, snapshot.sealed_to[writer])
        for sql, arguments in ((exposures, (*bounds, *of_experiment)), (events, (*bounds, *types))):
            cursor = connection.execute(sql, arguments)
            while rows := cursor.fetchmany(_READ_ROWS):
                fill(engine, "open_rows", tuple(_COLUMNS), rows)


def drop_duplicates(engine: "DuckDBPyConnection", snapshot: Snapshot, tenant_id: str) -> None:
    """Drop open rows whose event is elsewhere under a smaller id; sealed rows have none."""
    writers = snapshot.connections.keys() | {segment.writer for segment in snapshot.segments}
    if (
        len(writers) == 1
        or engine.execute("SELECT 1 FROM open_rows WHERE event_id IS NOT NULL LIMIT 1").fetchone() is None
    ):
        return
    engine.execute("CREATE TEMP TABLE sent (id BIGINT, event_id VARCHAR)")
    for writer, connection in snapshot.connections.items():
        cursor = connection.execute(
            f"SELECT e.id, e.event_id FROM events e WHERE {_OF_TENANT} AND e.id > ? AND e.event_id IS NOT NULL",
            (tenant_id, snapshot.sealed_to[writer]),
        )
        while rows := cursor.fetchmany(_READ_ROWS):
            fill(engine, "sent", ("id", "event_id"), rows)
    if snapshot.segments:
        sealed = f"SELECT id, event_id FROM {parquet(snapshot.segments)} WHERE event_id IN (SELECT event_id FROM sent)"
        engine.execute(f"INSERT INTO sent {sealed}")
    engine.execute(
        "DELETE FROM open_rows USING (SELECT event_id, MIN(id) AS first_id FROM sent GROUP BY event_id) s"
        " WHERE open_rows.event_id = s.event_id AND open_rows.id > s.first_id"
    )
    engine.execute("DROP TABLE sent")


def _create_views(
    engine: "DuckDBPyConnection",
    snapshot: Snapshot,
    experiment_id: str | None,
    types: Sequence[str],
    bodies: tuple[bool, bool, bool],
) -> None:
    sources = ["open_rows"] + ([parquet(snapshot.segments)] if snapshot.segments else [])
    of_exposures, of_events = ("decode(body)" if is_needed else "CAST(NULL AS VARCHAR)" for is_needed in bodies[:2])
    has_unit = "1 = 1" if bodies[2] else "unit IS NOT NULL"
    of_experiment = "" if experiment_id is None else f" AND experiment_id = {quote(experiment_id)}"
    exposures = " UNION ALL ".join(
        f"SELECT unit, variation_id, experiment_id, CAST(is_forced AS INTEGER) AS is_forced, occurred_ms,"
        f" {_KEPT_MS} AS kept_ms, {of_exposures} AS body FROM {source} WHERE fact = {EXPOSURE}{of_experiment}"
        for source in sources
    )
    wanted = ", ".join(map(quote, types)) or "NULL"
    events = " UNION ALL ".join(
        f"SELECT unit, type, occurred_ms, {_KEPT_MS} AS kept_ms, {of_events} AS body FROM {source}"
        f" WHERE type IN ({wanted}) AND {has_unit} AND fact IS DISTINCT FROM {EXPOSURE} AND COALESCE(is_forced, 0) = 0"
        for source in sources
    )
    engine.execute(f"CREATE TEMP VIEW {EXPOSURES} AS {exposures}")
    engine.execute(f"CREATE TEMP VIEW {EVENTS} AS {events}")
