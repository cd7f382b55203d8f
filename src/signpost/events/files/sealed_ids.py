"""Senders' ids of sealed rows, so that what is sent again counts once: `sealed-ids.sqlite`, written by whoever seals.

Of each id there is a 128-bit hash, with the log id of its row. Two ids with one hash would take 10 ** 19 of them.
"""

import contextlib
import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path

from xxhash import xxh3_128_digest

from signpost.events.files.schema import make_file

FILE_NAME = "sealed-ids.sqlite"

_BUSY_MS = 5000
_IN_STATEMENT = 500
_CACHE_KIB = 32 * 1024
_TABLE = "CREATE TABLE IF NOT EXISTS ids (key BLOB PRIMARY KEY, id INTEGER NOT NULL) WITHOUT ROWID"


def key_of(tenant_id: str, event_id: str) -> bytes:
    """Return the key of a sender's id."""
    return xxh3_128_digest(f"{tenant_id}\0{event_id}".encode())


class SealedIds:
    """Looks ids up. For one thread at a time."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE_NAME
        self._connection: sqlite3.Connection | None = None

    def find(self, keys: Sequence[bytes]) -> dict[bytes, int]:
        """Return the log ids of those keys that are there."""
        connection = self._open()
        if connection is None:
            return {}
        found: dict[bytes, int] = {}
        for at in range(0, len(keys), _IN_STATEMENT):
            asked = keys[at : at + _IN_STATEMENT]
            marks = ", ".join("?" * len(asked))
            found.update(connection.execute(f"SELECT key, id FROM ids WHERE key IN ({marks})", asked))
        return found

    def close(self) -> None:
        """Close the file."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _open(self) -> sqlite3.Connection | None:
        if self._connection is None and self._path.exists():
            connection = sqlite3.connect(f"{self._path.as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)  # fmt: skip
            connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
            connection.execute("PRAGMA query_only = ON")
            if connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'ids'").fetchone() is None:
                connection.close()
                return None
            self._connection = connection
        return self._connection


def add(folder: Path, ids: Iterable[tuple[bytes, int]]) -> None:
    """Add ids, durably and all or none; those that are there already stay as they are."""
    ordered = sorted(ids)
    if not ordered:
        return
    with contextlib.closing(_open_for_writing(folder)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany("INSERT OR IGNORE INTO ids (key, id) VALUES (?, ?)", ordered)
        connection.execute("COMMIT")


def forget_before(folder: Path, log_id: int) -> int:
    """Forget the ids of rows before this one; return how many."""
    if not (folder / FILE_NAME).exists():
        return 0
    with contextlib.closing(_open_for_writing(folder)) as connection:
        return connection.execute("DELETE FROM ids WHERE id < ?", (log_id,)).rowcount


def _open_for_writing(folder: Path) -> sqlite3.Connection:
    path = folder / FILE_NAME
    make_file(path)
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        connection.execute(_TABLE)
    except BaseException:
        connection.close()
        raise
    return connection
