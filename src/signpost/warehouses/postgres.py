"""PostgreSQL, through psycopg."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Connection


class PostgresEngine:
    """See `cells.Engine`. Everything happens in the connection's transaction, so that it is about one moment."""

    dialect = "postgres"

    def __init__(self, connection: "Connection[tuple[Any, ...]]") -> None:
        self.connection = connection

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return self.connection.execute(sql).fetchall()

    def keep(self, name: str, sql: str) -> None:
        """Make a temporary table of a query's rows, in place of one that has the name."""
        self.connection.execute(f'DROP TABLE IF EXISTS pg_temp."{name}"')
        self.connection.execute(f'CREATE TEMPORARY TABLE "{name}" AS {sql}')
        self.connection.execute(f'ANALYZE "{name}"')
