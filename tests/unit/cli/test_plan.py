"""`signpost plan` over a real data folder, and without any."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.power import NormalIndPower

from signpost.bootstrap import open_parts
from signpost.cli import main
from signpost.config import load_settings
from tests.recorded import DRAFT, RUNNING, record

Plan = Callable[..., Any]


@pytest.fixture
def plan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Plan:
    """Runs the command; gives its document, or what it complained."""

    def run(*words: object) -> Any:
        monkeypatch.setattr("sys.argv", ["signpost", "plan", *map(str, words), "--json"])
        try:
            main()
        except SystemExit as end:
            if end.code:
                return capsys.readouterr().err
        return json.loads(capsys.readouterr().out)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    parts = open_parts(load_settings({"data": tmp_path, "log_level": "error"}, {}).settings)
    record(parts, units=1_000, successes=(800, 800))
    parts.close()
    return tmp_path


def test_one_look_takes_what_statsmodels_says_and_the_others_more(plan: Plan) -> None:
    found = plan("--effect", 2, "--baseline", 0.8, "--daily", 3_000)

    one, daily, always = found["sizes"]
    theirs = 2 * NormalIndPower().solve_power(0.016 / 0.4, power=0.8, alpha=0.05)
    assert one["units"] == pytest.approx(theirs, rel=1e-3)
    assert one["units"] < daily["units"] < always["units"]
    assert (one["days"], always["days"]) == (7, 13)
    assert [at["days"] for at in one["effects"]] == [7, 14, 28]
    assert one["effects"][0]["effect"] == pytest.approx(0.0193, abs=1e-4)


def test_an_experiment_tells_the_baseline_and_the_traffic(plan: Plan, folder: Path) -> None:
    found = plan("--effect", 5, "--experiment", RUNNING.id, "--data", folder)

    assert found["baseline"] == pytest.approx(0.8)
    assert found["deviation"] == pytest.approx(0.4, rel=1e-3)
    assert found["daily_units"] == 2_000


def test_more_arms_and_guardrails_take_more(plan: Plan) -> None:
    two, three = (plan("--effect", 2, "--baseline", 0.8, "--arms", arms)["sizes"][0]["units"] for arms in (2, 3))
    guarded = plan("--effect", 2, "--baseline", 0.8, "--guardrails", 2)["sizes"][0]["units"]

    assert three > 1.5 * two
    assert guarded > 1.3 * two


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--effect", 2), "Give --baseline"),
        (("--effect", 0, "--baseline", 0.5), "above 0"),
        (("--effect", 2, "--baseline", 80), "give its --deviation"),
    ],
)
def test_what_can_t_be_planned_is_said(plan: Plan, words: tuple[object, ...], complaint: str) -> None:
    assert complaint in plan(*words)


def test_an_experiment_that_nobody_met_plans_nothing(plan: Plan, folder: Path) -> None:
    words = ("--effect", 2, "--data", folder)

    assert "0 units have a value" in plan(*words, "--experiment", DRAFT.id)
    assert "no such experiment" in plan(*words, "--experiment", "exp_unknown")
    assert "name a rate or a mean" in plan(*words, "--experiment", DRAFT.id, "--metric", "time_to_sign_in_p50")
