"""DuckDB, in this process."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection


Options = dict[str, str | bool | int | float | list[str]]

OFFLINE: Options = {"autoinstall_known_extensions": False, "autoload_known_extensions": False}
"""Nothing is ever fetched while it runs."""


class DuckDbEngine:
    """See `cells.Engine`. The connection must be nobody else's while a question is answered."""

    dialect = "duckdb"

    def __init__(self, connection: "DuckDBPyConnection") -> None:
        self.connection = connection

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()

    def keep(self, name: str, sql: str) -> None:
        """Make a temporary table of a query's rows, in place of one that has the name."""
        self.connection.execute(f'CREATE OR REPLACE TEMPORARY TABLE "{name}" AS {sql}')
