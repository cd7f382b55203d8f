"""`signpost watch`, on a data folder as a first run makes it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from signpost.bootstrap import open_parts, set_up
from signpost.cli.app import app
from signpost.config import load_settings

pytestmark = pytest.mark.usefixtures("terminal")


@pytest.fixture(name="terminal")
def make_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    parts = open_parts(load_settings({}, {}).settings)
    set_up(parts)
    parts.close()


def test_where_nothing_runs_it_says_so() -> None:
    shown = CliRunner().invoke(app, ["watch"])
    document = CliRunner().invoke(app, ["watch", "--json"])

    assert (shown.exit_code, shown.stdout) == (0, "No experiment is active.\n")
    assert json.loads(document.stdout) == []


def test_an_experiment_that_is_not_there_is_refused() -> None:
    done = CliRunner().invoke(app, ["watch", "nobody"])

    assert done.exit_code != 0
