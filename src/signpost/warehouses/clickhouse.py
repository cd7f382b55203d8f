"""ClickHouse, through clickhouse-connect or anything with its two methods."""

from collections.abc import Sequence
from typing import Any, Protocol


class Answer(Protocol):
    """What a query gives."""

    @property
    def result_rows(self) -> Sequence[Sequence[Any]]: ...


class Client(Protocol):
    """What is used of a `clickhouse_connect` client; it must hold on to one session, as temporary tables live in it."""

    def query(self, query: str) -> Answer: ...
    def command(self, cmd: str) -> Any: ...


class ClickHouseEngine:
    """See `cells.Engine`."""

    dialect = "clickhouse"

    def __init__(self, client: Client) -> None:
        self.client = client

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return [tuple(row) for row in self.client.query(sql).result_rows]

    def keep(self, name: str, sql: str) -> None:
        """Make a temporary table of a query's rows, in place of one that has the name."""
        self.client.command(f"DROP TEMPORARY TABLE IF EXISTS {name}")
        self.client.command(f"CREATE TEMPORARY TABLE {name} AS {sql}")
