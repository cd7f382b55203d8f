"""Reads rows of segments: ids and bodies for the log, single exposures."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.events.files.engines import open_engine, parquet
from signpost.events.files.searches import in_sealed_rows
from signpost.events.files.segments import Segment
from signpost.ports.events import EventsDamagedError, LogSearch

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_MEMORY = "256MB"
_FETCHED = 10_000


class SealedRows:
    """Lends one database in memory to many threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._engine: DuckDBPyConnection | None = None
        self._lock = threading.Lock()

    def ids(
        self,
        segments: Sequence[Segment],
        after: int,
        up_to: int,
        *,
        newest_first: bool,
        search: LogSearch | None = None,
    ) -> Iterator[int]:
        """Give the ids of rows in a range, in order, reading no more than is asked for.

        In a search, those of rows that may be what is looked for.
        """
        touched = [s for s in segments if s.last_id > after and s.first_id <= up_to]
        days = groupby(sorted(touched, key=lambda s: s.day, reverse=newest_first), key=lambda s: s.day)
        order = "DESC" if newest_first else "ASC"
        condition, wanted = in_sealed_rows(search)
        where = f"id > ? AND id <= ?{condition}"
        for _, of_day in days:
            segments_of_day = list(of_day)
            with self._cursor(segments_of_day) as cursor:
                cursor.execute(
                    f"SELECT id FROM {parquet(segments_of_day)} WHERE {where} ORDER BY id {order}",
                    [after, up_to, *wanted],
                )
                while rows := cursor.fetchmany(_FETCHED):
                    for (log_id,) in rows:
                        yield log_id

    def bodies(self, segments: Sequence[Segment], log_ids: Sequence[int]) -> dict[int, bytes]:
        """Return the bodies of rows."""
        if not log_ids:
            return {}
        first_id, last_id = min(log_ids), max(log_ids)
        touched = [s for s in segments if s.last_id >= first_id and s.first_id <= last_id]
        if not touched:
            return {}
        with self._cursor(touched) as cursor:
            ids = ", ".join(map(str, log_ids))
            cursor.execute(
                f"SELECT id, body FROM {parquet(touched)} WHERE id BETWEEN ? AND ? AND id IN ({ids})",
                [first_id, last_id],
            )
            return dict(cursor.fetchall())

    def row(self, segments: Sequence[Segment], log_id: int, columns: str) -> tuple[Any, ...] | None:
        """Return a row; None when no segment has it."""
        touched = [s for s in segments if s.first_id <= log_id <= s.last_id]
        if not touched:
            return None
        with self._cursor(touched) as cursor:
            row: tuple[Any, ...] | None = cursor.execute(
                f"SELECT {columns} FROM {parquet(touched)} WHERE id = ?", [log_id]
            ).fetchone()
            return row

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            if self._engine is not None:
                self._engine.close()
                self._engine = None

    @contextmanager
    def _cursor(self, segments: Sequence[Segment]) -> Iterator["DuckDBPyConnection"]:
        with self._lock:
            if self._engine is None:
                self._engine = open_engine(self._folder, memory=_MEMORY)
            cursor = self._engine.cursor()
        with damage_named(segments):
            yield cursor
        cursor.close()


@contextmanager
def damage_named(segments: Sequence[Segment]) -> Iterator[None]:
    """Say which segment it was that could not be read.

    Raises:
        EventsDamagedError: one is no Parquet file, cut off, or has other columns.
    """
    import duckdb  # noqa: PLC0415 it is large

    try:
        yield
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.BinderException, duckdb.SerializationException) as error:  # fmt: skip
        reason = str(error).splitlines()[0]
        damaged = next((s.path for s in segments if str(s.path) in str(error)), None)
        if damaged is None:
            damaged = next((s.path for s in segments if not _is_sound(s.path)), segments[0].path.parent)
        raise EventsDamagedError(str(damaged), reason) from error


def _is_sound(path: Path) -> bool:
    """Return whether a file begins and ends as Parquet does."""
    try:
        with path.open("rb") as file:
            begins = file.read(4) == b"PAR1"
            file.seek(-4, os.SEEK_END)
            return begins and file.read(4) == b"PAR1"
    except OSError:
        return False
