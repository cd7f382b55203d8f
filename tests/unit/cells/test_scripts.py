"""The query for warehouses: what it gives where it can be run, and its text where it can't.

The texts lie beside, in tests/sql/golden. `SIGNPOST_TEST_REWRITE=1 pytest tests/unit/cells/test_scripts.py` writes them anew; read
what changed, with the manual of the warehouse beside it.
"""

import os
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest
import sqlglot

from signpost.cells import describe_query, measure, write_query
from signpost.ports.measurements import Question
from signpost.warehouses.duckdb import DuckDbEngine
from tests.sql.elsewhere import Elsewhere
from tests.unit.cells.data import QUESTION, make_rows
from tests.unit.cells.engines import Table, relations_of

GOLDEN = Path(__file__).parents[2] / "sql" / "golden"
WAREHOUSES = ("bigquery", "databricks", "redshift", "snowflake", "trino")
UNCAPPED = replace(QUESTION, metrics=tuple(m for m in QUESTION.metrics if m.cap_quantile is None))
Rows = list[tuple[Any, ...]]


def sort(rows: Iterable[Sequence[Any]]) -> Rows:
    return sorted(tuple(None if value is None else int_of(value) for value in row) for row in rows)


def int_of(value: Any) -> Any:
    return value if isinstance(value, str) else int(value)


@pytest.fixture
def tables() -> tuple[Table, ...]:
    return relations_of(*make_rows(5), UNCAPPED)


@pytest.fixture
def expected(tables: tuple[Table, ...]) -> Rows:
    """What DuckDB gives, which is held against a plain walk elsewhere, with the same columns as the query has."""
    with duckdb.connect() as connection:
        fill(connection, tables, "?")
        return sort(connection.execute(write_query(UNCAPPED, "duckdb")).fetchall())


def fill(connection: Any, tables: tuple[Table, ...], mark: str) -> None:
    for name, columns, rows in tables:
        connection.execute(f"CREATE TEMP TABLE {name} ({', '.join(f'{c} {t}' for c, t in columns.items())})")
        insert = f"INSERT INTO {name} VALUES ({', '.join([mark] * len(columns))})"
        for row in rows:
            connection.execute(insert, row)


def test_the_query_gives_the_cells_that_results_are_made_of(tables: tuple[Table, ...], expected: Rows) -> None:
    with duckdb.connect() as connection:
        fill(connection, tables, "?")
        cells = measure(DuckDbEngine(connection), UNCAPPED).cells

    found = {(row[0], row[1], row[2], row[3]): row for row in expected}

    assert [(c.variation_id, c.phase, c.day_ms, int(c.is_automated)) for c in cells] == sorted(found)
    for cell in cells:
        row = found[cell.variation_id, cell.phase, cell.day_ms, int(cell.is_automated)]
        assert row[4] == cell.units
        assert row[5] == cell.sums[0].x


def test_the_query_gives_the_same_on_sqlite(tables: tuple[Table, ...], expected: Rows) -> None:
    connection = sqlite3.connect(":memory:")
    fill(connection, tables, "?")

    assert sort(connection.execute(write_query(UNCAPPED, "sqlite")).fetchall()) == expected
    connection.close()


def test_the_query_gives_the_same_on_postgresql(
    postgres_server: str, tables: tuple[Table, ...], expected: Rows
) -> None:
    with psycopg.connect(postgres_server) as connection:
        fill(connection, tables, "%s")

        assert sort(connection.execute(write_query(UNCAPPED, "postgres")).fetchall()) == expected
        connection.rollback()


def test_the_query_gives_the_same_on_clickhouse(
    clickhouse: Elsewhere, tables: tuple[Table, ...], expected: Rows
) -> None:
    assert sort(clickhouse.ask(tables, write_query(UNCAPPED, "clickhouse"))) == expected


@pytest.mark.slow
@pytest.mark.parametrize("dialect", ["spark", "databricks"])
def test_the_query_gives_the_same_on_spark(
    spark: Elsewhere, tables: tuple[Table, ...], expected: Rows, dialect: str
) -> None:
    assert sort(spark.ask(tables, write_query(UNCAPPED, dialect))) == expected


@pytest.mark.parametrize("dialect", WAREHOUSES)
def test_the_text_for_a_warehouse_is_the_one_that_was_read(dialect: str) -> None:
    file = GOLDEN / f"{dialect}.sql"
    text = write_query(QUESTION, dialect) + "\n"
    if os.environ.get("SIGNPOST_TEST_REWRITE"):
        file.write_text(text, encoding="utf-8")

    assert text == file.read_text(encoding="utf-8")
    assert sqlglot.parse_one(text, read=dialect) is not None


def test_what_the_query_reads_is_said() -> None:
    said = "\n".join(describe_query(QUESTION))

    assert "cluster (organization_id)" in said
    assert "text_0 (details.method)" in said
    assert "number_0 (details.seconds)" in said
    assert "sum_x_0, sum_c_0, sum_cc_0, sum_xc_0: sign_in_success" in said


def test_a_question_without_fields_asks_for_none() -> None:
    plain = Question("exp_1", QUESTION.metrics[:1], as_of_ms=1)

    assert describe_query(plain)[1] == "events: unit, type, occurred_ms; a row for each event of the same units."
