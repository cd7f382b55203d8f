"""Turns settled rows of the writers' files into Parquet, a step at a time.

A step takes rows of one writer and one day, in the order of their ids, up to some id:

1. write a segment for each tenant under an unfinished name, flush it, check it;
2. give the segments their names, flush the folders;
3. add the senders' ids to `sealed-ids.sqlite`;
4. in the writer's file and in one transaction, add the exposures' keys and raise `seal.last_id`: from here on the rows count as
   sealed, and no longer as open;
5. delete the rows from the writer's file, few at a time, so that the writer seldom waits.

Killed before 4, everything is as it was, and the next one writes the segments anew. Killed after it, the next one goes on with
deleting. The lock `sealing.lock` keeps this to one process at a time; writers and readers don't need it.
"""

import fcntl
import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signpost.events.files import sealed_ids
from signpost.events.files.engines import SPILL, fill, open_engine, quote
from signpost.events.files.horizon import find_horizon
from signpost.events.files.readers import Readers
from signpost.events.files.runs import write_run_up_to
from signpost.events.files.schema import file_of, open_for_writing, sealed_to
from signpost.events.files.segments import (
    DAY_MS,
    FOLDER,
    UNFINISHED,
    Segment,
    list_segments,
    list_unfinished,
    make_folder,
    segment_of,
)
from signpost.events.logids import first_id_at, kept_ms_of
from signpost.ports.events import EventsDamagedError

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

STEP_ROWS_MAX = 500_000
_ROW_GROUP = 61_440
_READ_ROWS = 2_000
_DELETED_AT_ONCE = 500
_LOCK = "sealing.lock"
_BEGUN = "begun"

_log = logging.getLogger(__name__)

COLUMNS = {
    "id": "BIGINT",
    "tenant_id": "VARCHAR",
    "type": "VARCHAR",
    "occurred_ms": "BIGINT",
    "unit": "VARCHAR",
    "session_id": "VARCHAR",
    "fact": "TINYINT",
    "event_id": "VARCHAR",
    "experiment_id": "VARCHAR",
    "variation_id": "VARCHAR",
    "is_control": "TINYINT",
    "allocation_strategy": "VARCHAR",
    "segment_id": "VARCHAR",
    "is_forced": "TINYINT",
    "body": "BLOB",
}
"""Of a row while it is being sealed; a segment has all but the tenant."""
SEALED_COLUMNS = tuple(name for name in COLUMNS if name != "tenant_id")
_SELECT = """
SELECT e.id, t.tenant_id, e.type, e.occurred_ms, e.unit, e.session_id, e.fact, e.event_id, a.experiment_id, a.variation_id,
  a.is_control, a.allocation_strategy, a.segment_id, a.is_forced, e.body
FROM events e JOIN tenants t ON t.no = e.tenant LEFT JOIN arms a ON a.no = e.arm
"""
_ROWS = f"{_SELECT} WHERE e.id > ? AND e.id <= ? ORDER BY e.id"
ROWS_OF_TENANT = f"{_SELECT} WHERE e.id > ? AND t.tenant_id = ?"
_EARLIER = """
SELECT 1 FROM events WHERE tenant = (SELECT no FROM tenants WHERE tenant_id = ?) AND event_id = ? AND id < ?
"""
_ID, _TENANT, _EVENT_ID = 0, 1, list(COLUMNS).index("event_id")

Row = Sequence[Any]
At = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Sealed:
    """What a step did: rows are those of the segments, `again` those left out as another writer has the same event."""

    writer: int
    rows: int
    again: int
    segments: tuple[Segment, ...]


@contextmanager
def sealing(folder: Path, *, is_waiting: bool = True) -> Iterator[bool]:
    """Have the sealing to oneself. Gives False where another process has it and one does not wait for it."""
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | (0 if is_waiting else fcntl.LOCK_NB))
        except BlockingIOError:
            yield False
        else:
            yield True
    finally:
        os.close(lock)


class Sealer:
    """Seals the files in a folder, for one who is `sealing`. `at` is called with the name of each step that is done."""

    def __init__(
        self,
        folder: Path,
        readers: Readers,
        *,
        step_rows_max: int = STEP_ROWS_MAX,
        at: At = lambda _: None,
        pause: At = lambda _: None,
    ) -> None:
        self._folder = folder
        self._readers = readers
        self._begun = folder / FOLDER / _BEGUN
        self._step_rows_max = step_rows_max
        self._at = at
        self._pause = pause

    def seal(self, before_ms: int, newest_kept: int | None = None) -> Iterator[Sealed]:
        """Seal what is settled and was kept before a moment, or is too much, step by step.

        Too much: not among the `newest_kept` rows of a writer that has over twice as many.

        Raises:
            OSError, sqlite3.Error, EventsDamagedError: it can't go on; everything that was kept is still there.
        """
        make_folder(self._folder)
        if self._begun.exists():
            self._clear_up()
        writers = self._readers.writers()
        horizon = find_horizon(self._folder, self._readers) if writers else 0
        for writer in writers:
            with closing(open_for_writing(file_of(self._folder, writer))) as connection:
                connection.execute("PRAGMA synchronous = NORMAL")  # but for the step that counts
                if self._begun.exists():
                    self._take_back(writer, connection)
                self._delete_sealed(connection)
                up_to = first_id_at(before_ms) - 1
                if newest_kept is not None:
                    up_to = max(up_to, _last_before_newest(connection, newest_kept))
                while (sealed := self._seal_step(writer, connection, min(horizon, up_to))) is not None:
                    yield sealed
        self._begun.unlink(missing_ok=True)

    def _seal_step(self, writer: int, connection: sqlite3.Connection, up_to: int) -> Sealed | None:
        after = sealed_to(connection)
        last_id = _last_of_step(connection, after, up_to, self._step_rows_max)
        if last_id is None:
            return None
        self._begin()
        keys: list[tuple[bytes, int]] = []
        again = 0
        with closing(open_engine(self._folder)) as engine:
            columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
            engine.execute(f"CREATE TABLE arrived ({columns})")
            for rows in self._read(writer, connection, after, last_id):
                new = [row for row, is_new in rows if is_new]
                again += len(rows) - len(new)
                fill(engine, "arrived", tuple(COLUMNS), new)
                self._pause("read")
                keys += [
                    (sealed_ids.key_of(row[_TENANT], row[_EVENT_ID]), row[_ID])
                    for row in new
                    if row[_EVENT_ID] is not None
                ]
            segments = self._write(engine, writer)
        for segment in segments:
            _unfinished(segment.path).rename(segment.path)
            self._at("named")
        for folder in {segment.path.parent for segment in segments}:
            _flush(folder)
        self._at("flushed")
        sealed_ids.add(self._folder, keys)
        self._at("remembered")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        write_run_up_to(connection, last_id)
        connection.execute("UPDATE seal SET last_id = ?", (last_id,))
        self._at("committing")
        connection.execute("COMMIT")
        connection.execute("PRAGMA synchronous = NORMAL")
        self._at("sealed")
        self._delete_sealed(connection)
        return Sealed(writer, sum(segment.count for segment in segments), again, tuple(segments))

    def _read(
        self, writer: int, connection: sqlite3.Connection, after: int, last_id: int
    ) -> Iterator[list[tuple[Row, bool]]]:
        """Give the rows, each with whether no other writer had its event before."""
        with self._readers.open_all() as connections, closing(sealed_ids.SealedIds(self._folder)) as known:
            others = [other for number, other in connections.items() if number != writer]
            cursor = connection.execute(_ROWS, (after, last_id))
            while rows := cursor.fetchmany(_READ_ROWS):
                keys = {
                    sealed_ids.key_of(row[_TENANT], row[_EVENT_ID]): row for row in rows if row[_EVENT_ID] is not None
                }
                found = known.find(list(keys))
                again = {keys[key][_ID] for key, log_id in found.items() if log_id < keys[key][_ID]}
                again |= {row[_ID] for row in keys.values() if _is_elsewhere(others, row)}
                yield [(row, row[_ID] not in again) for row in rows]

    def _write(self, engine: "DuckDBPyConnection", writer: int) -> list[Segment]:
        """Write a segment for each tenant, under its unfinished name."""
        tenants = engine.execute(
            "SELECT tenant_id, MIN(id), MAX(id), COUNT(*) FROM arrived GROUP BY tenant_id ORDER BY tenant_id"
        ).fetchall()
        segments: list[Segment] = []
        for tenant_id, first_id, last_id, count in tenants:
            segment = segment_of(self._folder, tenant_id, writer, (first_id, last_id), count)
            _make_durably(segment.path.parent, self._folder)
            unfinished = _unfinished(segment.path)
            try:
                engine.execute(
                    f"COPY (SELECT {', '.join(SEALED_COLUMNS)} FROM arrived WHERE tenant_id = {quote(tenant_id)} ORDER BY id)"
                    f" TO {quote(str(unfinished))} (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {_ROW_GROUP})"
                )
                unfinished.chmod(0o600)
                _check(engine, unfinished, (first_id, last_id, count))
                _flush(unfinished)
            except BaseException as error:
                for path in (unfinished, *(_unfinished(written.path) for written in segments)):
                    path.unlink(missing_ok=True)
                if type(error).__module__.endswith("duckdb"):
                    raise OSError(f"a segment could not be written: {error}") from error
                raise
            self._at("written")
            segments.append(segment)
        return segments

    def _begin(self) -> None:
        """Say that something may lie about from now on, so that the next one looks for it if this one is killed."""
        if not self._begun.exists():
            self._begun.touch(mode=0o600)
            _flush(self._begun.parent)

    def _clear_up(self) -> None:
        """Remove what somebody was writing who is gone."""
        for path in list_unfinished(self._folder):
            path.unlink()
        for path in self._folder.glob(f"{SPILL}*"):
            pid = path.name.removeprefix(SPILL).partition("-")[0]
            if pid.isdigit() and not Path(f"/proc/{pid}").exists() and Path("/proc/self").exists():
                shutil.rmtree(path, ignore_errors=True)

    def _take_back(self, writer: int, connection: sqlite3.Connection) -> None:
        """Remove segments that were written and never declared sealed: all of their rows are open."""
        after = sealed_to(connection)
        for segment in list_segments(self._folder):
            if segment.writer == writer and segment.last_id > after:
                is_open = connection.execute("SELECT 1 FROM events WHERE id = ?", (segment.last_id,)).fetchone()
                if is_open:
                    segment.path.unlink()

    def _delete_sealed(self, connection: sqlite3.Connection) -> None:
        """Delete the rows that are sealed, few at a time: a writer has to wait for each time."""
        last_id = sealed_to(connection)
        sql = "DELETE FROM events WHERE id IN (SELECT id FROM events WHERE id <= ? ORDER BY id LIMIT ?)"
        while connection.execute(sql, (last_id, _DELETED_AT_ONCE)).rowcount == _DELETED_AT_ONCE:
            self._at("deleted")
            self._pause("deleted")


def _last_of_step(connection: sqlite3.Connection, after: int, up_to: int, rows_max: int) -> int | None:
    """Return the last id of the next step; None when there is nothing to seal."""
    (first_id,) = connection.execute("SELECT MIN(id) FROM events WHERE id > ? AND id <= ?", (after, up_to)).fetchone()
    if first_id is None:
        return None
    next_day = first_id_at((kept_ms_of(first_id) // DAY_MS + 1) * DAY_MS)
    (last_id,) = connection.execute(
        "SELECT MAX(id) FROM (SELECT id FROM events WHERE id > ? AND id <= ? AND id < ? ORDER BY id LIMIT ?)",
        (after, up_to, next_day, rows_max),
    ).fetchone()
    return int(last_id)


def _last_before_newest(connection: sqlite3.Connection, newest: int) -> int:
    """Return the id of the last row before so many newest ones, once there are twice as many: not a few rows every time."""
    if connection.execute("SELECT 1 FROM events LIMIT 1 OFFSET ?", (2 * newest,)).fetchone() is None:
        return 0
    row = connection.execute("SELECT id FROM events ORDER BY id DESC LIMIT 1 OFFSET ?", (newest,)).fetchone()
    return 0 if row is None else int(row[0])


def _is_elsewhere(others: Sequence[sqlite3.Connection], row: Row) -> bool:
    wanted = (row[_TENANT], row[_EVENT_ID], row[_ID])
    return any(other.execute(_EARLIER, wanted).fetchone() is not None for other in others)


def _unfinished(path: Path) -> Path:
    return path.with_name(path.name + UNFINISHED)


def _check(engine: "DuckDBPyConnection", path: Path, expected: tuple[int, int, int]) -> None:
    """Read back what was written: a disk that lies is found before the rows are gone."""
    found = engine.execute(f"SELECT MIN(id), MAX(id), COUNT(*) FROM read_parquet({quote(str(path))})").fetchone()
    if found != expected:
        raise EventsDamagedError(str(path), f"it was written with {expected} and reads back {found}")


def _make_durably(folder: Path, root: Path) -> None:
    if folder == root or folder.exists():
        return
    _make_durably(folder.parent, root)
    folder.mkdir(mode=0o700, exist_ok=True)
    _flush(folder.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
