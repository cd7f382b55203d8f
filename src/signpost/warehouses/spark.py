"""Spark, through a session of pyspark; Databricks, too."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


class SparkEngine:
    """See `cells.Engine`."""

    dialect = "spark"

    def __init__(self, session: "SparkSession") -> None:
        self.session = session

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        return [tuple(row) for row in self.session.sql(sql).collect()]

    def keep(self, name: str, sql: str) -> None:
        """Make a temporary view of a query's rows, in place of one that has the name; they are computed once, here."""
        self.session.sql(sql).localCheckpoint().createOrReplaceTempView(name)
