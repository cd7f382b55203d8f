"""What runs the SQL."""

from typing import Any, Protocol


class Engine(Protocol):
    """A connection to where the data lies, with the relations that the text reads.

    - `exposures (unit, variation_id, is_forced, occurred_ms, kept_ms, cluster, dimension_0, …)`: one row for each exposure of
      the experiment; `is_forced` is 0 or 1, `cluster` and the dimensions are texts or null, in the order of the question.
    - `events (unit, type, occurred_ms, kept_ms, text_0, …, number_0, …)`: one row for each event of the tenant that does not
      belong to a forced assignment, each event once; the further columns are the question's `Fields`, null where an event has
      none or where a number is not from 0 to `METRIC_VALUE_MAX`; numbers are rounded.

    Units, variations and types are texts; times are integer milliseconds since 1970, `kept_ms` null where it is not known.
    Of a unit with several clusters or values of a dimension the smallest counts: by code points, unless a column has a collation.
    """

    @property
    def dialect(self) -> str:
        """One of `DIALECTS`."""
        ...

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a query."""
        ...

    def keep(self, name: str, sql: str) -> None:
        """Make a temporary table of a query's rows, which later queries of this engine can read."""
        ...
