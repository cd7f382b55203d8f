"""One writer's SQLite file: what is in it, and how it is opened."""

import os
import sqlite3
from pathlib import Path

VERSION = 1
"""Of the tables, kept in `user_version`."""

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
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=64)
    try:
        connection.execute(f"PRAGMA busy_timeout = {_BUSY_MS}")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_WAL_PAGES}")
        connection.execute(f"PRAGMA journal_size_limit = {_WAL_BYTES_KEPT}")
        connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        version = _version_of(connection)
        if version == 0:
            connection.executescript(f"BEGIN IMMEDIATE; {_TABLES} PRAGMA user_version = {VERSION}; COMMIT;")
        elif version > VERSION:
            message = f"{path.name} was written by a later version of signpost"
            raise NewerFileError(message)
    except BaseException:
        connection.close()
        raise
    return connection


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
    return None


def _version_of(connection: sqlite3.Connection) -> int:
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return int(version)
