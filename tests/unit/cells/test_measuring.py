"""The same integers from every engine, and from a walk through the rows that shares no code with the text."""

import os
import pickle
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import psycopg
import pytest

from signpost.analysis.cells import Sums
from signpost.cells import measure
from signpost.events.tally import EventRow, ExposureRow, tally
from signpost.ports.measurements import Measurement, Question
from signpost.warehouses.duckdb import DuckDbEngine
from signpost.warehouses.postgres import PostgresEngine
from signpost.warehouses.sqlite import SqliteEngine
from tests.conftest import miss
from tests.unit.cells.data import QUESTION, make_rows
from tests.unit.cells.engines import Table, relations_of

SECONDS = [metric.name for metric in QUESTION.metrics].index("seconds")
ROOT = Path(__file__).parents[3]
Answer = Callable[[tuple[Table, ...], Question], Measurement]
Ask = Callable[[list[ExposureRow], list[EventRow]], Measurement]


def _create(name: str, columns: dict[str, str]) -> str:
    return f"CREATE TEMPORARY TABLE {name} ({', '.join(f'{column} {type}' for column, type in columns.items())})"


def _insert(name: str, columns: dict[str, str], mark: str) -> str:
    return f"INSERT INTO {name} VALUES ({', '.join([mark] * len(columns))})"


@pytest.fixture
def in_duckdb() -> Iterator[Answer]:
    with duckdb.connect() as connection:

        def answer(tables: tuple[Table, ...], question: Question) -> Measurement:
            for name, columns, rows in tables:
                connection.execute(_create(name, columns))
                if rows:
                    connection.executemany(_insert(name, columns, "?"), rows)
            return measure(DuckDbEngine(connection), question)

        yield answer


@pytest.fixture
def in_sqlite() -> Iterator[Answer]:
    connection = sqlite3.connect(":memory:")

    def answer(tables: tuple[Table, ...], question: Question) -> Measurement:
        for name, columns, rows in tables:
            connection.execute(_create(name, columns))
            connection.executemany(_insert(name, columns, "?"), rows)
        return measure(SqliteEngine(connection), question)

    yield answer
    connection.close()


@pytest.fixture
def in_postgres(postgres_server: str) -> Iterator[Answer]:
    with psycopg.connect(postgres_server) as connection:

        def answer(tables: tuple[Table, ...], question: Question) -> Measurement:
            for name, columns, rows in tables:
                connection.execute(_create(name, columns))
                with connection.cursor() as cursor:
                    cursor.executemany(_insert(name, columns, "%s"), rows)
            return measure(PostgresEngine(connection), question)

        yield answer
        connection.rollback()


def _answer_elsewhere(environment: str, script: str, what: str) -> Answer:
    """Return what measures in an environment of its own, which has the engine and not Signpost."""
    python = ROOT / environment / "bin" / "python"
    if not python.exists():
        miss(f"{what} (run 'make {environment}/ready')")

    def answer(tables: tuple[Table, ...], question: Question) -> Measurement:
        done = subprocess.run(
            [str(python), str(ROOT / "tests" / "sql" / script)],
            input=pickle.dumps((tables, question)),
            check=False,
            capture_output=True,
            timeout=240,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        assert done.returncode == 0, done.stderr.decode()
        measured: Measurement = pickle.loads(done.stdout)
        return measured

    return answer


@pytest.fixture
def in_clickhouse() -> Answer:
    return _answer_elsewhere(".venv-chdb", "measure_clickhouse.py", "chDB")


@pytest.fixture(params=["in_duckdb", "in_sqlite", "in_postgres", "in_clickhouse"])
def ask(request: pytest.FixtureRequest) -> Ask:
    answer = request.getfixturevalue(request.param)
    return lambda exposures, events: answer(relations_of(exposures, events, QUESTION), QUESTION)


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_gives_the_integers_of_a_plain_walk_through_the_rows(ask: Ask, seed: int) -> None:
    exposures, events = make_rows(seed)

    measured = ask(exposures, events)

    assert measured == tally(exposures, events, QUESTION)


def test_nothing_at_all_is_measured_as_nothing(ask: Ask) -> None:
    measured = ask([], [])

    assert measured == tally([], [], QUESTION)
    assert measured.cells == ()


def test_values_at_the_bound_are_summed_exactly_or_refused(ask: Ask) -> None:
    exposures = [ExposureRow(f"u{number}", "var_a", False, 1_000, {}) for number in range(20)]
    body = b'{"details": {"seconds": 1000000000000}}'
    events = [EventRow(row.unit, "s", 2_000, None, body) for row in exposures for _ in range(3)]

    measured = ask(exposures, events)

    sums = measured.cells[0].sums[SECONDS]
    assert (measured.overflown, sums) in [
        (frozenset(), tally(exposures, events, QUESTION).cells[0].sums[SECONDS]),
        ({"seconds"}, Sums(0, 0, 0)),
    ]
    assert sums.n == 0 or sums.xx == 20 * (3 * 10**12) ** 2
