"""`signpost sql` over a real data folder."""

import re
from pathlib import Path

import duckdb
import pytest

from signpost.cells import DIALECTS
from tests.recorded import RUNNING
from tests.unit.cli.test_results import folder, run

__all__ = ["folder"]

EXPOSURE = {"unit": "VARCHAR", "variation_id": "VARCHAR", "is_forced": "INTEGER", "occurred_ms": "BIGINT"}
EVENT = {"unit": "VARCHAR", "type": "VARCHAR", "occurred_ms": "BIGINT"}


def query(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path, *words: str) -> str:
    assert run(monkeypatch, "sql", RUNNING.name, "--data", str(folder), *words) == 0
    return capsys.readouterr().out


def test_the_query_runs_as_it_is_printed_on_the_columns_that_it_names(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    text = query(monkeypatch, capsys, folder)
    columns = dict(re.findall(r"^-- (exposures|events): ([^;]*);", text, re.MULTILINE))
    success = re.search(r"^-- (sum_x_\d+).*: sign_in_success$", text, re.MULTILINE)
    assert success is not None
    with duckdb.connect() as connection:
        fill(connection, columns)
        rows = connection.sql(text)
        found = {
            row[0]: (row[rows.columns.index("units")], row[rows.columns.index(success[1])]) for row in rows.fetchall()
        }

    assert found == {"var_a": (60, 30), "var_b": (60, 36)}


def fill(connection: duckdb.DuckDBPyConnection, columns: dict[str, str]) -> None:
    """Fill tables of the columns that the text names with 120 units, of which 30 and 36 got in."""
    for name, kinds in (("exposures", EXPOSURE), ("events", EVENT)):
        named = re.sub(r" \([^)]*\)", "", columns[name])
        assert named == ", ".join(kinds)
        connection.execute(f"CREATE TABLE {name} ({', '.join(f'{column} {kind}' for column, kind in kinds.items())})")
    for variation, successes in (("var_a", 30), ("var_b", 36)):
        for number in range(60):
            unit = f"{variation}-{number}"
            connection.execute("INSERT INTO exposures VALUES (?, ?, 0, 1000)", [unit, variation])
            if number < successes:
                connection.execute("INSERT INTO events VALUES (?, 's', 2000)", [unit])


@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_dialect_is_there(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path, dialect: str
) -> None:
    text = query(monkeypatch, capsys, folder, "--dialect", dialect)

    assert text.startswith("-- exposures: ")
    assert text.endswith(";\n")


def test_a_dialect_that_is_not_there_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert run(monkeypatch, "sql", RUNNING.name, "--data", str(folder), "--dialect", "oracle") == 1
    assert "There is no dialect oracle; there are duckdb, sqlite" in capsys.readouterr().err
