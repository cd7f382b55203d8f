"""`signpost results --warehouse`: the same results from a warehouse that holds an export."""

import json
from pathlib import Path
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from signpost.bootstrap import open_parts
from signpost.cli.app import app
from signpost.config import load_settings
from signpost.events.selections import Selection
from tests.contract.test_exported_measures import TABLE
from tests.recorded import RUNNING, record


@pytest.fixture
def warehouse(postgres_server: str, tmp_path: Path) -> str:
    parts = open_parts(load_settings({"data": tmp_path}, {}).settings)
    record(parts, units=60, successes=(30, 36))
    tenant = next(iter(parts.store.tenants()))
    with psycopg.connect(postgres_server) as connection:
        connection.execute("DROP TABLE IF EXISTS of_a_test")
        connection.execute(TABLE.replace("TEMP ", "").replace("signpost_events", "of_a_test"))
        with (
            parts.events.exporting(tenant.id, Selection()) as export,
            connection.cursor().copy("COPY of_a_test FROM STDIN") as loading,
        ):
            for rows in export.rows():
                for row in rows:
                    loading.write_row(row)
    parts.close()
    return postgres_server


def results(folder: Path, *words: str) -> Any:
    done = CliRunner().invoke(app, ["results", RUNNING.id, "--data", str(folder), "--json", *words])
    return json.loads(done.stdout) if done.exit_code == 0 else done.exception


def test_a_warehouse_gives_the_results_that_the_server_gives(warehouse: str, tmp_path: Path) -> None:
    here = results(tmp_path)
    there = results(tmp_path, "--warehouse", warehouse, "--table", "public.of_a_test")

    assert there | {"computed_at": ""} == here | {"computed_at": ""}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--warehouse", "mysql://host/name"], "A warehouse is postgresql://"),
        (["--warehouse", "postgresql://nobody@127.0.0.1:9/none"], ""),
        (["--warehouse", "clickhouse://nobody@127.0.0.1:9/none"], ""),
        (["--warehouse", "postgresql://127.0.0.1:9/none", "--table", "a; DROP TABLE b"], "--table a; DROP TABLE b"),
    ],
)
def test_a_warehouse_that_can_t_be_asked_is_told(warehouse: str, tmp_path: Path, words: list[str], said: str) -> None:
    assert said in str(results(tmp_path, *words))
