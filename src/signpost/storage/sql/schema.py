"""The schema: brought up to date, and checked."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from signpost.ports.store import StoreVersionError
from signpost.storage.sql.engines import writing

MIGRATION_LOCK = 5_871_402_113
"""The advisory lock, a number of our own, that PostgreSQL's migrations hold."""


def migrate(engine: Engine) -> None:
    """Bring the schema to the newest version, in one transaction that other processes wait for."""
    config = _config()
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": MIGRATION_LOCK})
        current = _current(connection)
        if current is not None and not _is_known(config, current):
            message = (
                f"the database has schema {current}, which this version of Signpost does not know: upgrade Signpost"
            )
            raise StoreVersionError(message)
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


def is_current(connection: Connection) -> bool:
    """Return whether the schema is the newest that this version knows."""
    return _current(connection) == ScriptDirectory.from_config(_config()).get_current_head()


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _is_known(config: Config, revision: str) -> bool:
    return any(script.revision == revision for script in ScriptDirectory.from_config(config).walk_revisions())


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
