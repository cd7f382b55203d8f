"""A tenant's events as they leave the house: rows with everything that was kept of them, in the order of keeping."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.events.files.engines import fill, open_engine, parquet, quote
from signpost.events.files.readers import Readers, Snapshot
from signpost.events.files.relations import drop_duplicates
from signpost.events.files.schema import EXPOSURE
from signpost.events.files.sealed_rows import damage_named
from signpost.events.files.sealing import COLUMNS, ROWS_OF_TENANT, SEALED_COLUMNS
from signpost.events.selections import Selection

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

FETCHED = 5_000
_SHOWN = f"""
printf('%019d', id) AS log_id, id >> 21 AS kept_ms, type, occurred_ms, unit, session_id, event_id,
fact IS NOT DISTINCT FROM {EXPOSURE} AS is_exposure, experiment_id, variation_id, is_control = 1 AS is_control, allocation_strategy,
segment_id, is_forced = 1 AS is_forced, decode(body) AS body
"""


class Export:
    """Selected rows of one moment."""

    def __init__(self, engine: "DuckDBPyConnection", source: str, where: str) -> None:
        self._engine = engine
        self._from = f"FROM ({source}) WHERE {where}"

    def count(self) -> int:
        """Return how many rows there are."""
        (count,) = self._engine.execute(f"SELECT COUNT(*) {self._from}").fetchone() or (0,)
        return int(count)

    def rows(self) -> Iterator[list[tuple[Any, ...]]]:
        """Give the rows, with the values of `FIELDS`, many at a time."""
        self._engine.execute(f"SELECT {_SHOWN} {self._from} ORDER BY id")
        while rows := self._engine.fetchmany(FETCHED):
            yield rows

    def write_parquet(self, path: Path) -> None:
        """Write the rows to a file.

        Raises:
            OSError: it could not be written.
        """
        import duckdb  # noqa: PLC0415 it is large

        try:
            self._engine.execute(
                f"COPY (SELECT {_SHOWN} {self._from} ORDER BY id) TO {quote(str(path))} (FORMAT parquet, COMPRESSION zstd)"
            )
        except duckdb.IOException as error:
            raise OSError(f"the export could not be written: {error}") from error


@contextmanager
def exporting(folder: Path, readers: Readers, tenant_id: str, selection: Selection) -> Iterator[Export]:
    """Open a tenant's events of this moment.

    Raises:
        EventsDamagedError: a segment can't be read.
    """
    with (
        readers.snapshot(tenant_id) as snapshot,
        open_engine(folder) as engine,
        damage_named(snapshot.segments),
    ):
        engine.execute(f"CREATE TEMP TABLE open_rows ({', '.join(f'{n} {kind}' for n, kind in COLUMNS.items())})")
        _load(engine, snapshot, tenant_id)
        drop_duplicates(engine, snapshot, tenant_id)
        columns = ", ".join(SEALED_COLUMNS)
        sources = ["open_rows"] + ([parquet(snapshot.segments)] if snapshot.segments else [])
        yield Export(engine, " UNION ALL ".join(f"SELECT {columns} FROM {s}" for s in sources), _where(selection))


def _load(engine: "DuckDBPyConnection", snapshot: Snapshot, tenant_id: str) -> None:
    for writer, connection in snapshot.connections.items():
        cursor = connection.execute(ROWS_OF_TENANT, (snapshot.sealed_to[writer], tenant_id))
        while rows := cursor.fetchmany(FETCHED):
            fill(engine, "open_rows", tuple(COLUMNS), rows)


def _where(selection: Selection) -> str:
    wanted = ["TRUE"]
    if selection.experiment_id is not None:
        wanted.append(f"experiment_id = {quote(selection.experiment_id)}")
    if selection.since_ms is not None:
        wanted.append(f"occurred_ms >= {selection.since_ms}")
    if selection.until_ms is not None:
        wanted.append(f"occurred_ms < {selection.until_ms}")
    return " AND ".join(wanted)
