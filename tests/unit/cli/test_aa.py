"""`signpost aa` over a real data folder."""

import json
from pathlib import Path

import pytest

from signpost.bootstrap import open_parts
from signpost.cli import main
from signpost.config import load_settings
from tests.recorded import DRAFT, RUNNING, record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    parts = open_parts(load_settings({"data": tmp_path, "log_level": "error"}, {}).settings)
    record(parts, units=400, successes=(300, 320))
    parts.close()
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: object) -> int:
    monkeypatch.setattr("sys.argv", ["signpost", "aa", *map(str, words)])
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_recorded_units_are_divided_anew(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, RUNNING.id, "--data", folder, "--salts", 200, "--json")

    found = json.loads(capsys.readouterr().out)
    assert (code, found["units"], found["is_sound"]) == (0, 800, True)
    assert found["rates"][0]["name"] == "sign_in_success"
    assert found["rates"][0]["divisions"] == 200


def test_it_is_told_in_a_table(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, RUNNING.id, "--data", folder, "--salts", 20)

    shown = capsys.readouterr().out
    assert code == 0
    assert "800 units, divided into halves 20 times" in shown
    assert "sample ratio" in shown


def test_an_experiment_that_nobody_met_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert run(monkeypatch, DRAFT.id, "--data", folder) == 1
    assert "0 units are too few to divide" in capsys.readouterr().err
