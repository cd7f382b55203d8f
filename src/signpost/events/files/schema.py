"""One writer's SQLite file: what is in it, and how it is opened."""

import contextlib
import os
import sqlite3
from pathlib import Path

VERSION = 2
"""Of the tables, kept in `user_version`. Version 1 had nothing sealed."""

EXPOSURE, SUCCESS = 1, 2
"""What `fact` says about a row that analysis needs: an exposure, or a success that counts for its unit."""

_WAL_PAGES = 4000
_WAL_BYTES_KEPT = 64 * 1024 * 1024
_CACHE_KIB = 32 * 1024
_BUSY_MS = 5000

# Only keys that grow with time stand in indexes of `events`, but for the sender's ids: each random key would cost a page of
# the journal per row, several times the cost of the row itself. What is found by random keys stands in `keys`, in sorted
# runs that are only ever appended.
_TABLES = """
CREATE TABLE tenants (no INTEGER PRIMARY KEY, tenant_id TEXT NOT NULL UNIQUE);
CREATE TABLE arms (
  no INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  experiment_id TEXT NOT NULL,
  variation_id TEXT NOT NULL,
  is_control INTEGER NOT NULL,
  allocation_strategy TEXT NOT NULL,
  segment_id TEXT,
  is_forced INTEGER NOT NULL
);
CREATE INDEX arms_of_experiment ON arms (tenant, experiment_id);
CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  tenant INTEGER NOT NULL,
  type TEXT NOT NULL,
  occurred_ms INTEGER NOT NULL,
  unit TEXT,
  session_id TEXT,
  fact INTEGER,
  arm INTEGER,
  event_id TEXT,
  body BLOB NOT NULL
);
CREATE INDEX events_of_tenant ON events (tenant);
CREATE INDEX facts ON events (tenant, fact, arm) WHERE fact IS NOT NULL;
CREATE UNIQUE INDEX senders_ids ON events (tenant, event_id) WHERE event_id IS NOT NULL;
CREATE TABLE runs (run INTEGER PRIMARY KEY, last_id INTEGER NOT NULL);
CREATE TABLE keys (run INTEGER NOT NULL, key INTEGER NOT NULL, id INTEGER NOT NULL, PRIMARY KEY (run, key, id)) WITHOUT ROWID;
"""
_SEAL = """
CREATE TABLE seal (last_id INTEGER NOT NULL);
INSERT INTO seal (last_id) VALUES (0);
"""
_STEPS = (_TABLES, _SEAL)
"""What brings a file from each version to the next."""


class NewerFileError(Exception):
    """A file was written by a later version of this program."""


def file_of(folder: Path, writer: int) -> Path:
    """Return where the writer's file lies."""
    return folder / f"writer-{writer:03}.sqlite"


def open_for_writing(path: Path) -> sqlite3.Connection:
    """Open the one connection that writes a file, making the file where there is none.

    Raises:
        NewerFileError: a later version made it.
        sqlite3.Error, OSError: it can't be opened.
    """
    make_file(path)
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        _bring_up_to_date(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def make_file(path: Path) -> None:
    """Make an empty file that only its owner may read, where there is none.

    One that is there is not even opened: closing it would take the locks away that SQLite has on it in this process.
    """
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))


def open_for_reading(path: Path) -> sqlite3.Connection | None:
    """Open a connection that only reads; None when the file has no tables yet.

    Raises:
        NewerFileError: a later version made it.
        sqlite3.Error: it can't be opened.
    """
    connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, isolation_level=None, check_same_thread=False)
    connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
    connection.execute("PRAGMA query_only = ON")
    version = _version_of(connection)
    if version == VERSION:
        return connection
    connection.close()
    if version > VERSION:
        message = f"{path.name} was written by a later version of signpost"
        raise NewerFileError(message)
    if version == 0:
        return None
    open_for_writing(path).close()
    return open_for_reading(path)


def sealed_to(connection: sqlite3.Connection) -> int:
    """Return the log id up to which the rows are sealed: those that are still here don't count any more."""
    (last_id,) = connection.execute("SELECT last_id FROM seal").fetchone()
    return int(last_id)


def _bring_up_to_date(connection: sqlite3.Connection, path: Path) -> None:
    if _version_of(connection) == VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = _version_of(connection)
        if version > VERSION:
            message = f"{path.name} was written by a later version of signpost"
            raise NewerFileError(message)
        for step in _STEPS[version:]:
            for statement in step.split(";"):
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _version_of(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
