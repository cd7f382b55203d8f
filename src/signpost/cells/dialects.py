"""The engines' dialects of SQL."""

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

INTEGERS_ONLY = frozenset({"sqlite"})
"""Dialects whose widest exact number is a 64-bit integer."""


def translate(sql: str, dialect: str, *, pretty: bool = False) -> str:
    """Return the text in a dialect."""
    if dialect == SOURCE and not pretty:
        return sql
    import sqlglot  # noqa: PLC0415 only who measures pays for it

    if dialect in INTEGERS_ONLY:
        sql = sql.replace("DECIMAL(19, 0)", "BIGINT")
    return sqlglot.transpile(sql, read=SOURCE, write=dialect, pretty=pretty)[0]
