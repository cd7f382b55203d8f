"""The same integers from every engine, and from a walk through the rows that shares no code with the text."""

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace

import duckdb
import psycopg
import pytest

from signpost.analysis.cells import Sums
from signpost.cells import measure
from signpost.events.tally import tally
from signpost.events.tally_rows import EventRow, ExposureRow
from signpost.model.experiments import Subject
from signpost.ports.measurements import Measurement, Question
from signpost.warehouses.duckdb import DuckDbEngine
from signpost.warehouses.postgres import PostgresEngine
from signpost.warehouses.sqlite import SqliteEngine
from tests.sql.elsewhere import Elsewhere
from tests.unit.cells.data import QUESTION, link_rows, make_rows
from tests.unit.cells.engines import Table, relations_of

SECONDS = [metric.name for metric in QUESTION.metrics].index("seconds")
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


@pytest.fixture
def in_clickhouse(clickhouse: Elsewhere) -> Answer:
    return clickhouse.ask


@pytest.fixture
def in_spark(spark: Elsewhere) -> Answer:
    return spark.ask


@pytest.fixture(
    params=["in_duckdb", "in_sqlite", "in_postgres", "in_clickhouse", pytest.param("in_spark", marks=pytest.mark.slow)]
)
def answer(request: pytest.FixtureRequest) -> Answer:
    found: Answer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def ask(answer: Answer) -> Ask:
    return lambda exposures, events: answer(relations_of(exposures, events, QUESTION), QUESTION)


@pytest.mark.parametrize("seed", range(4))
def test_an_engine_gives_the_integers_of_a_plain_walk_through_the_rows(ask: Ask, seed: int) -> None:
    exposures, events = make_rows(seed)

    measured = ask(exposures, events)

    assert measured == tally(exposures, events, QUESTION)


@pytest.mark.parametrize("subject", [Subject.ACCOUNT, Subject.FIRST_TOUCH])
@pytest.mark.parametrize("seed", range(2))
def test_an_engine_finds_whose_each_row_is_as_a_walk_through_the_links_does(
    answer: Answer, seed: int, subject: Subject
) -> None:
    exposures, events = link_rows(seed, *make_rows(seed), subject)
    # Without one whose squares are too long for SQLite here: what is next to it is found by the same units.
    metrics = tuple(metric for metric in QUESTION.metrics if metric.name != "time_to_sign_in")
    question = replace(QUESTION, metrics=metrics, subject=subject)

    measured = answer(relations_of(exposures, events, question), question)

    assert measured == tally(exposures, events, question)
    assert measured != tally(exposures, events, replace(question, subject=Subject.DEVICE))
    assert sum(measured.health.drifted.values()) > 5
    assert sum(cell.sums[0].x for cell in measured.cells) > 5


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


@pytest.mark.parametrize("seconds", [10**18, 9 * 10**18])
def test_sums_beyond_64_bits_and_beyond_38_digits_are_exact_or_refused(answer: Answer, seconds: int) -> None:
    question = replace(QUESTION, metrics=QUESTION.metrics[SECONDS : SECONDS + 1], cluster=None)
    exposures, events = relations_of(
        [ExposureRow(f"u{number}", "var_a", False, 1_000, {}) for number in range(20)],
        [EventRow(f"u{number}", "s", 2_000, None, b"{}") for number in range(20)],
        question,
    )
    # More than an event may hold: it stands for many of them.
    events = (*events[:2], [(*row[:-1], seconds) for row in events[2]])

    try:
        measured = answer((exposures, events), question)
    except duckdb.OutOfRangeException:
        assert seconds > 10**18
        return

    if measured.overflown:
        assert measured.cells[0].sums == (Sums(0, 0, 0),)
    else:
        assert measured.cells[0].sums[0].x == 20 * seconds
        assert measured.cells[0].sums[0].xx == 20 * seconds**2
