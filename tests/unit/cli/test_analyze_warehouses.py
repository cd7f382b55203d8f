"""`signpost analyze --warehouse`: the tables of exposures and events lie in an engine, and give what files give."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import psycopg
import pytest

from signpost.model.metrics import DAY_MS
from signpost.warehouses.files import DataMeasurement
from signpost.warehouses.logs import Logs, measure_logs
from signpost.warehouses.sources import open_source
from tests.sql.elsewhere import Elsewhere, start
from tests.unit.cells.data import QUESTION, make_rows
from tests.unit.cells.engines import Table
from tests.unit.cli.test_analyze import Analyze, analyze, write
from tests.unit.cli.test_analyze_logs import OPTIONS, some

__all__ = ["analyze"]

LOGS = Logs("shown", "happened", "variation", "unit", "at", "type")  # names that get in each other's way
METRICS = QUESTION.metrics
METHODS = ("passkey", "l'été", r"a\b", None)
SECONDS = (0.0, 2.5, 86_400.0, -1.0, 1e13, None)


def tables_with(to_time: Callable[[int], object], kind: str) -> tuple[Table, Table]:
    exposures, events = make_rows(3)
    base = 20_000 * DAY_MS
    return (
        (
            "shown",
            {"variation": "VARCHAR", "unit": "VARCHAR", "at": kind},
            [(e.unit, e.variation_id, to_time(base + e.occurred_ms)) for e in exposures],
        ),
        (
            "happened",
            {
                "variation": "VARCHAR",
                "type": "VARCHAR",
                "at": kind,
                "details.method": "VARCHAR",
                "details.seconds": "DOUBLE",
            },
            [
                (e.unit, e.type, to_time(base + e.occurred_ms), METHODS[i % 4], SECONDS[i % 6])
                for i, e in enumerate(events)
            ],
        ),
    )


def to_datetime(ms: int) -> datetime:
    return datetime.fromtimestamp(ms / 1000, UTC)


TABLES = {"timestamps": tables_with(to_datetime, "TIMESTAMP"), "milliseconds": tables_with(int, "BIGINT")}


@pytest.fixture
def of_files(tmp_path: Path) -> DataMeasurement:
    for name, columns, rows in TABLES["milliseconds"]:
        write(tmp_path / f"{name}.parquet", pd.DataFrame(rows, columns=[*columns]))
    with open_source(None) as source:
        return measure_logs(source, in_files(tmp_path), METRICS)


def in_files(folder: Path) -> Logs:
    return Logs(str(folder / "shown.parquet"), str(folder / "happened.parquet"), "variation", "unit", "at", "type")


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    with start(".venv-chdb", "measure_clickhouse.py", "chDB", tmp_path_factory.mktemp("clickhouse")) as engine:
        yield engine


@pytest.mark.parametrize("times", TABLES)
def test_clickhouse_gives_what_files_give(clickhouse: Elsewhere, of_files: DataMeasurement, times: str) -> None:
    found = clickhouse.ask(TABLES[times], (LOGS, METRICS))

    assert found.measurement == of_files.measurement
    assert found.variations == of_files.variations


@pytest.mark.parametrize("times", TABLES)
def test_postgresql_gives_what_files_give(postgres_url: str, of_files: DataMeasurement, times: str) -> None:
    fill(postgres_url, TABLES[times])

    with open_source(postgres_url) as source:
        found = measure_logs(source, LOGS, METRICS)

    assert found.measurement == of_files.measurement
    assert found.variations == of_files.variations


def test_nothing_is_left_behind(postgres_url: str) -> None:
    fill(postgres_url, TABLES["timestamps"])

    with open_source(postgres_url) as source:
        measure_logs(source, LOGS, METRICS)

    with psycopg.connect(postgres_url) as connection:
        names = connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        assert {name for (name,) in names} == {"shown", "happened"}


def test_the_command_reads_tables(analyze: Analyze, postgres_url: str) -> None:
    exposures, events = some(1_000, {"old": 700, "new": 790})
    with psycopg.connect(postgres_url) as connection:
        connection.execute("CREATE SCHEMA shop")
    columns = {"device": "VARCHAR", "page": "VARCHAR", "type": "VARCHAR", "at": "BIGINT"}
    fill(
        postgres_url,
        (
            ("shop.exposures", {k: v for k, v in columns.items() if k != "type"}, exposures),
            ("shop.events", {k: v for k, v in columns.items() if k != "page"}, events),
        ),
    )

    found = analyze("shop.exposures", "--events", "shop.events", "--warehouse", postgres_url, *OPTIONS)

    assert [arm["total"] for arm in found["metrics"][0]["variations"]] == [700, 790]
    assert found["verdict"]["decision"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere", "--events", "happened"), "There is no table nowhere."),
        (("shown", "--events", "happened", "--at", "unit"), '"unit" is character varying: give a view'),
        (("shown", "--events", "happened", "--unit", "variatio"), "Did you mean variation?"),
        (("shown",), "--warehouse needs --events"),
    ],
)
def test_what_can_t_be_read_is_told(analyze: Analyze, postgres_url: str, words: tuple[str, ...], said: str) -> None:
    fill(postgres_url, TABLES["timestamps"])
    options = {"--unit": "variation", "--variation": "unit", "--metric": "sign_in_success", "--warehouse": postgres_url}
    rest = [word for option, value in options.items() if option not in words for word in (option, value)]

    assert said in " ".join(analyze(*words, *rest).split())


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("mysql://localhost/x", "A warehouse is postgresql://"),
        ("postgresql://nobody@127.0.0.1:1/x", "connection failed"),
    ],
)
def test_a_warehouse_that_can_t_be_reached_is_told(analyze: Analyze, url: str, said: str) -> None:
    assert said in analyze("shown", "--events", "happened", "--warehouse", url, *OPTIONS)


def fill(url: str, tables: tuple[Table, ...]) -> None:
    with psycopg.connect(url) as connection:
        for name, columns, rows in tables:
            described = ", ".join(f'"{column}" {kind_in_postgres(kind)}' for column, kind in columns.items())
            connection.execute(f"CREATE TABLE {name} ({described})")
            with connection.cursor() as cursor:
                cursor.executemany(f"INSERT INTO {name} VALUES ({', '.join(['%s'] * len(columns))})", rows)


def kind_in_postgres(kind: str) -> str:
    return {"TIMESTAMP": "TIMESTAMPTZ", "DOUBLE": "DOUBLE PRECISION"}.get(kind, kind)
