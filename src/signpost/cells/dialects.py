"""The engines' dialects of SQL."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlglot import Expr

SOURCE = "duckdb"
"""The dialect in which the text is written."""

DIALECTS = (
    SOURCE,
    "sqlite",
    "postgres",
    "clickhouse",
    "spark",
    "bigquery",
    "snowflake",
    "databricks",
    "redshift",
    "trino",
)
"""Every dialect that the text is there in."""

FACTOR = "DECIMAL(19, 0)"
"""What is cast to before it is multiplied: the product has 38 digits, and so has the sum of products."""

OTHER_FACTORS = {"sqlite": "BIGINT", "clickhouse": "DECIMAL(39, 0)", "bigquery": "BIGNUMERIC"}
"""What stands in its place where it would do harm.

SQLite has no exact number wider than 64 bits. ClickHouse sums 38 digits in 128 bits, which run over without a word. BigQuery's decimal
has only 29 digits before the point; its big one has 38.
"""

NARROW_SUMS = frozenset({"clickhouse", "spark", "databricks"})
"""Dialects in which the sum of 64-bit integers has 64 bits, and may run over without a word."""

LIMITS = {"sqlite": (1 << 63) - 1, "spark": 10**38 - 1, "databricks": 10**38 - 1}
"""Up to what a sum is exact, where one that is larger is a wrong number or none; the other dialects raise an error, or have room."""


def translate(sql: str, dialect: str) -> str:
    """Return a text of the source in a dialect."""
    if dialect == SOURCE:
        return sql
    import sqlglot  # noqa: PLC0415 only who measures pays for it

    return write(sqlglot.parse_one(sql, read=SOURCE), dialect)


def write(query: "Expr", dialect: str, *, pretty: bool = False) -> str:
    """Return a parsed query of the source as text in a dialect."""
    from sqlglot import expressions  # noqa: PLC0415

    query = query.copy()
    if dialect in OTHER_FACTORS:
        factor = expressions.DataType.build(FACTOR, dialect=SOURCE)
        for kind in [*query.find_all(expressions.DataType)]:
            if kind == factor:
                kind.replace(expressions.DataType.build(OTHER_FACTORS[dialect], dialect=SOURCE))
    if dialect in NARROW_SUMS:
        for total in [*query.find_all(expressions.Sum)]:
            if not _is_wide(total.this) and not _is_counting(total.this):
                total.this.replace(expressions.cast(total.this.copy(), "DECIMAL(38, 0)", dialect=SOURCE))
    return query.sql(dialect=dialect, pretty=pretty)


def _is_wide(term: "Expr") -> bool:
    from sqlglot import expressions  # noqa: PLC0415

    return isinstance(term, expressions.Mul) and isinstance(term.this, expressions.Cast)


def _is_counting(term: "Expr") -> bool:
    """Return whether the term is nothing but numbers that stand in the text: 1 or 0."""
    from sqlglot import expressions  # noqa: PLC0415

    if not isinstance(term, expressions.Case):
        return False
    results = [term.args.get("default"), *(case.args["true"] for case in term.args["ifs"])]
    return all(isinstance(result, expressions.Literal) for result in results)
