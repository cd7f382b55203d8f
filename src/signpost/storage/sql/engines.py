"""Connections: what makes them durable, consistent and patient."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from threading import Lock

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from signpost.ports.store import StoreUnavailableError

WRITERS = "signpost_writers"
"""The option of an SQLite engine that holds the lock of those who write."""
BUSY_SECONDS = 30
"""How long a writer waits for the one before it."""


def open_engine(url: str) -> Engine:
    """Return the engine of a database: `sqlite:///FILE`, or `postgresql://…` through psycopg 3."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _open_sqlite(str(parsed.database or ""))
    if parsed.drivername in {"postgres", "postgresql"}:
        parsed = parsed.set(drivername="postgresql+psycopg")
    return create_engine(
        parsed,
        pool_size=8,
        max_overflow=32,
        pool_pre_ping=True,
        pool_timeout=BUSY_SECONDS,
        connect_args={
            "connect_timeout": 5,
            "options": f"-c lock_timeout={BUSY_SECONDS}s -c statement_timeout={BUSY_SECONDS}s -c timezone=UTC",
        },
    )


def _open_sqlite(path: str) -> Engine:
    Path(path).touch(mode=0o600)
    engine = create_engine(
        f"sqlite:///{path}",
        pool_size=8,
        max_overflow=32,
        connect_args={"timeout": BUSY_SECONDS},
        execution_options={WRITERS: Lock()},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: SqliteConnection, _: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, below
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        is_writing = connection.get_execution_options().get("is_writing")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")

    return engine


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that sees one moment and changes nothing."""
    options: dict[str, object] = {}
    if engine.dialect.name == "postgresql":
        options = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    with _told_apart(), engine.connect().execution_options(**options) as connection, connection.begin():
        yield connection


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """Open a transaction that commits when the block ends well; in SQLite it is the only one that writes."""
    with (
        _told_apart(),
        _alone(engine),
        engine.connect().execution_options(is_writing=True) as connection,
        connection.begin(),
    ):
        yield connection


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    """Let the threads of a process write one after the other. SQLite itself has those wait asleep that come second."""
    lock: Lock | None = engine.get_execution_options().get(WRITERS)
    if lock is None:
        yield
        return
    if not lock.acquire(timeout=BUSY_SECONDS):
        raise StoreUnavailableError("other writers did not come to an end")
    try:
        yield
    finally:
        lock.release()


@contextmanager
def _told_apart() -> Iterator[None]:
    """Tell a database that is gone, full or locked from a mistake of ours."""
    try:
        yield
    except IntegrityError:
        raise
    except (DBAPIError, PoolTimeoutError) as error:
        reason = str(error.orig) if isinstance(error, DBAPIError) else "no connection became free"
        raise StoreUnavailableError(reason) from error
