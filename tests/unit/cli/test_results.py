"""`signpost results` over a real data folder."""

import json
import sys
from pathlib import Path

import pytest

from signpost.bootstrap import open_parts
from signpost.cli import main
from signpost.config import load_settings
from signpost.testing.builders import an_experiment
from tests.recorded import DRAFT, RUNNING, record


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an experiment that 120 devices met: 30 and 36 of 60 got in."""
    parts = open_parts(load_settings({"data": tmp_path}, {}).settings)
    record(parts, units=60, successes=(30, 36))
    parts.close()
    return tmp_path


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["signpost", *words])
    monkeypatch.setenv("COLUMNS", "100")
    try:
        main()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_results_are_told_to_people(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, "results", RUNNING.id, "--data", str(folder))

    shown = capsys.readouterr().out
    assert code == 0
    assert "Passkey: no difference shown" in shown
    assert "+10.00 pp" in shown
    assert "Sample ratio: as planned" in shown


def test_results_are_given_to_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, "results", RUNNING.id, "--data", str(folder), "--json")

    body = json.loads(capsys.readouterr().out)
    assert code == 0
    success = body["metrics"][0]
    assert [(arm["units"], arm["total"]) for arm in success["variations"]] == [(60, 30), (60, 36)]
    assert body["first_exposure_at"] == "2026-01-01T00:00:00.000Z"
    (comparison,) = success["comparisons"]
    assert comparison["judgement"] == {"value": "no_difference_shown"}


def test_a_draft_has_a_sentence_and_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, "results", DRAFT.id, "--data", str(folder))

    assert code == 0
    assert "Note: The experiment is a draft" in capsys.readouterr().out


def test_an_experiment_that_is_not_there_is_told_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, "results", an_experiment(9).id, "--data", str(folder))

    captured = capsys.readouterr()
    assert code == 1
    assert captured.out == ""
    assert captured.err == "signpost: There is no such experiment.\n"
