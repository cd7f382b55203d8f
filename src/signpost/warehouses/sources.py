"""Tables from elsewhere as they lie: what each engine calls their columns, their times and their numbers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol

from signpost.cells import Engine
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.warehouses.connections import open_warehouse
from signpost.warehouses.duckdb import OFFLINE, DuckDbEngine
from signpost.warehouses.files import TableError, as_name, as_text, read_source

SECONDS_MAX = 100_000_000_000
"""Numbers below this are seconds since 1970 (until the year 5138), those above are milliseconds (from 1973 on)."""


class Source(Protocol):
    """An engine, and how tables are read in it. A column comes quoted, with the table's alias; its kind is the engine's word."""

    nothing: str
    """A null that is an integer."""

    @property
    def engine(self) -> Engine:
        """What runs the queries."""
        ...

    def open(self, name: str) -> tuple[str, Mapping[str, str]]:
        """Return a table as it stands behind FROM, and its columns with their kinds; none if there is no such table."""
        ...

    def as_text(self, column: str) -> str:
        """Return the column as a text."""
        ...

    def as_milliseconds(self, column: str, kind: str) -> str:
        """Return the column of a time as milliseconds since 1970, null where it holds no time."""
        ...

    def as_number(self, column: str, kind: str) -> str:
        """Return the column as integers, rounded, null where it has no number from 0 to `METRIC_VALUE_MAX`."""
        ...


@contextmanager
def open_source(url: str | None) -> Iterator[Source]:
    """Give the tables at `postgresql://…` or `clickhouse://…`; without a URL, files. Nothing is left behind.

    Raises:
        TableError: a file can't be read.
        WarehouseUrlError, MeasurementUnavailableError: see `open_warehouse`.
    """
    if url is None:
        with _open_files() as source:
            yield source
        return
    with open_warehouse(url) as engine:
        yield PostgresTables(engine) if engine.dialect == "postgres" else ClickHouseTables(engine)


class Files:
    """Files, through DuckDB. Its session must be in UTC, so that times that don't tell their zone are."""

    nothing = "CAST(NULL AS BIGINT)"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open(self, name: str) -> tuple[str, Mapping[str, str]]:
        self.engine.keep("source", f"SELECT * FROM {read_source(name)}")
        return "source", {row[0]: row[1] for row in self.engine.run("DESCRIBE source")}

    def as_text(self, column: str) -> str:
        return f"CAST({column} AS VARCHAR)"

    def as_milliseconds(self, column: str, kind: str) -> str:
        if kind.startswith(("TIMESTAMP", "DATE", "VARCHAR")):
            return f"epoch_ms(TRY_CAST({column} AS TIMESTAMPTZ))"
        seconds = f"CAST(round(TRY_CAST({column} AS DOUBLE) * 1000) AS BIGINT)"
        number = f"TRY_CAST({column} AS BIGINT)"
        return f"CASE WHEN abs({number}) < {SECONDS_MAX} THEN {seconds} ELSE {number} END"

    def as_number(self, column: str, kind: str) -> str:
        return _rounded(f"TRY_CAST({column} AS DOUBLE)", "CAST(floor({} + 0.5) AS BIGINT)")


class PostgresTables:
    """Tables and views of PostgreSQL."""

    nothing = "CAST(NULL AS BIGINT)"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open(self, name: str) -> tuple[str, Mapping[str, str]]:
        table = _as_table(name)
        rows = self.engine.run(
            "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            f" WHERE attrelid = to_regclass({as_text(table)}) AND attnum > 0 AND NOT attisdropped ORDER BY attnum"
        )
        return table, dict(rows)

    def as_text(self, column: str) -> str:
        return f"CAST({column} AS TEXT)"

    def as_milliseconds(self, column: str, kind: str) -> str:
        if kind.startswith(("timestamp", "date")):
            return f"CAST(floor(EXTRACT(EPOCH FROM {column}) * 1000) AS BIGINT)"
        _check_number(column, kind, ("bigint", "integer", "numeric", "double precision", "real"))
        seconds = f"CAST(round(CAST({column} AS NUMERIC) * 1000) AS BIGINT)"
        return f"CASE WHEN abs({column}) < {SECONDS_MAX} THEN {seconds} ELSE CAST({column} AS BIGINT) END"

    def as_number(self, column: str, kind: str) -> str:
        _check_number(column, kind, ("smallint", "bigint", "integer", "numeric", "double precision", "real"))
        return _rounded(column, "CAST(floor(CAST({} AS DOUBLE PRECISION) + 0.5) AS BIGINT)")


class ClickHouseTables:
    """Tables and views of ClickHouse."""

    nothing = "CAST(NULL AS Nullable(Int64))"

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def open(self, name: str) -> tuple[str, Mapping[str, str]]:
        table = _as_table(name)
        ((is_there,),) = self.engine.run(f"EXISTS TABLE {table}")
        return table, {row[0]: row[1] for row in self.engine.run(f"DESCRIBE TABLE {table}")} if is_there else {}

    def as_text(self, column: str) -> str:
        return f"CAST({column} AS Nullable(String))"

    def as_milliseconds(self, column: str, kind: str) -> str:
        if "Date" in kind:
            return f"toUnixTimestamp64Milli(toDateTime64({column}, 3, 'UTC'))"
        _check_number(column, kind, ("Int", "UInt", "Float", "Decimal"))
        seconds = f"toInt64(round(toFloat64({column}) * 1000))"
        return f"CASE WHEN abs({column}) < {SECONDS_MAX} THEN {seconds} ELSE toInt64({column}) END"

    def as_number(self, column: str, kind: str) -> str:
        _check_number(column, kind, ("Int", "UInt", "Float", "Decimal"))
        return _rounded(column, "toInt64(floor(toFloat64({}) + 0.5))")


@contextmanager
def _open_files() -> Iterator[Source]:
    import duckdb  # noqa: PLC0415 only who measures pays for it

    with duckdb.connect(config=OFFLINE) as connection:
        try:
            connection.execute("SET TimeZone = 'UTC'")
            yield Files(DuckDbEngine(connection))
        except duckdb.Error as error:
            raise TableError(f"The logs can't be read: {str(error).splitlines()[0]}") from error


def _rounded(number: str, form: str) -> str:
    return f"CASE WHEN {number} BETWEEN 0 AND {METRIC_VALUE_MAX} THEN {form.format(number)} END"


def _check_number(column: str, kind: str, numbers: tuple[str, ...]) -> None:
    if not kind.removeprefix("LowCardinality(").removeprefix("Nullable(").startswith(numbers):
        raise TableError(f"{column.partition('.')[2]} is {kind}: give a view in which it is a timestamp or a number.")


def _as_table(name: str) -> str:
    return ".".join(as_name(part) for part in name.split("."))
