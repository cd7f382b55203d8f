"""The same integers from every engine, and from a walk through the rows that shares no code with the text."""

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import psycopg
import pytest

from signpost.analysis.cells import Sums
from signpost.cells import Engine, measure
from signpost.events.tally import EventRow, ExposureRow, tally
from signpost.ports.measurements import Measurement, Question
from signpost.warehouses.duckdb import DuckDbEngine
from signpost.warehouses.postgres import PostgresEngine
from signpost.warehouses.sqlite import SqliteEngine
from tests.unit.cells.data import QUESTION, make_rows
from tests.unit.cells.engines import Table, relations_of

SECONDS = [metric.name for metric in QUESTION.metrics].index("seconds")
Fill = Callable[[tuple[Table, ...]], Engine]


def _create(name: str, columns: dict[str, str]) -> str:
    return f"CREATE TEMPORARY TABLE {name} ({', '.join(f'{column} {type}' for column, type in columns.items())})"


def _insert(name: str, columns: dict[str, str], mark: str) -> str:
    return f"INSERT INTO {name} VALUES ({', '.join([mark] * len(columns))})"


@pytest.fixture
def in_duckdb() -> Iterator[Fill]:
    with duckdb.connect() as connection:

        def fill(tables: tuple[Table, ...]) -> Engine:
            for name, columns, rows in tables:
                connection.execute(_create(name, columns))
                if rows:
                    connection.executemany(_insert(name, columns, "?"), rows)
            return DuckDbEngine(connection)

        yield fill


@pytest.fixture
def in_sqlite() -> Iterator[Fill]:
    connection = sqlite3.connect(":memory:")

    def fill(tables: tuple[Table, ...]) -> Engine:
        for name, columns, rows in tables:
            connection.execute(_create(name, columns))
            connection.executemany(_insert(name, columns, "?"), rows)
        return SqliteEngine(connection)

    yield fill
    connection.close()


@pytest.fixture
def in_postgres(postgres_server: str) -> Iterator[Fill]:
    with psycopg.connect(postgres_server) as connection:

        def fill(tables: tuple[Table, ...]) -> Engine:
            for name, columns, rows in tables:
                connection.execute(_create(name, columns))
                with connection.cursor() as cursor:
                    cursor.executemany(_insert(name, columns, "%s"), rows)
            return PostgresEngine(connection)

        yield fill
        connection.rollback()


def ask(fill: Fill, exposures: list[ExposureRow], events: list[EventRow], question: Question) -> Measurement:
    return measure(fill(relations_of(exposures, events, question)), question)


@pytest.fixture(params=["in_duckdb", "in_sqlite", "in_postgres"])
def fill(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_gives_the_integers_of_a_plain_walk_through_the_rows(fill: Fill, seed: int) -> None:
    exposures, events = make_rows(seed)

    measured = ask(fill, exposures, events, QUESTION)

    assert measured == tally(exposures, events, QUESTION)


def test_nothing_at_all_is_measured_as_nothing(fill: Fill) -> None:
    measured = ask(fill, [], [], QUESTION)

    assert measured == tally([], [], QUESTION)
    assert measured.cells == ()


def test_values_at_the_bound_are_summed_exactly_or_refused(fill: Fill) -> None:
    exposures = [ExposureRow(f"u{number}", "var_a", False, 1_000, {}) for number in range(20)]
    body = b'{"details": {"seconds": 1000000000000}}'
    events = [EventRow(row.unit, "s", 2_000, None, body) for row in exposures for _ in range(3)]

    measured = ask(fill, exposures, events, QUESTION)

    sums = measured.cells[0].sums[SECONDS]
    assert (measured.overflown, sums) in [
        (frozenset(), tally(exposures, events, QUESTION).cells[0].sums[SECONDS]),
        ({"seconds"}, Sums(0, 0, 0)),
    ]
    assert sums.n == 0 or sums.xx == 20 * (3 * 10**12) ** 2
