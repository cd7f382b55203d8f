"""SQLite, in this process: what needs nothing but Python."""

import sqlite3
from typing import Any


class SqliteEngine:
    """See `cells.Engine`."""

    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()

    def keep(self, name: str, sql: str) -> None:
        """Make a temporary table of a query's rows, in place of one that has the name."""
        self.connection.execute(f'DROP TABLE IF EXISTS temp."{name}"')
        self.connection.execute(f'CREATE TEMPORARY TABLE "{name}" AS {sql}')
