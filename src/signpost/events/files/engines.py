"""DuckDB, in memory: what writes and reads Parquet. No `.duckdb` file is ever opened, nothing is ever downloaded."""

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

from signpost.events.files.segments import Segment
from signpost.warehouses.duckdb import OFFLINE

SPILL = "spill-"
MEMORY = "512MB"


def open_engine(folder: Path, *, threads: int = 1, memory: str = MEMORY) -> "DuckDBPyConnection":
    """Open a database of one's own. What does not fit into the memory goes to a folder beside the events, while it is open."""
    import duckdb  # noqa: PLC0415 it is large, and most processes never need it

    number = f"{os.getpid()}-{threading.get_ident()}"
    return duckdb.connect(
        ":memory:",
        config=OFFLINE
        | {
            "threads": threads,
            "memory_limit": memory,
            "temp_directory": str(folder / f"{SPILL}{number}"),
            "preserve_insertion_order": False,
        },
    )


def quote(text: str) -> str:
    """Return the text as a literal of SQL."""
    return "'" + text.replace("'", "''") + "'"


def parquet(segments: Iterable[Segment]) -> str:
    """Return the relation of the segments' rows, for use after FROM. There has to be one at least."""
    paths = ", ".join(quote(str(segment.path)) for segment in segments)
    return f"read_parquet([{paths}], hive_partitioning = false)"


def fill(engine: "DuckDBPyConnection", table: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert rows, column by column: row by row it takes DuckDB a hundred times as long."""
    import numpy as np  # noqa: PLC0415 as above

    if not rows:
        return
    columns = {}
    for name, column in zip(names, zip(*rows, strict=True), strict=True):
        array = np.empty(len(column), dtype=object)
        array[:] = column
        columns[name] = array
    engine.register("arriving", columns)
    engine.execute(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(names)} FROM arriving")
    engine.unregister("arriving")
