"""`signpost metrics` and `signpost plans` over a real data folder."""

import json
import sys
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from signpost.bootstrap import open_parts, set_up
from signpost.cli import main
from signpost.config import load_settings
from signpost.model.experiments import ExperimentStatus
from signpost.model.limits import BODY_BYTES_MAX
from signpost.model.metric_catalogue import CATALOGUE, default_plan
from signpost.ports.events import Event
from signpost.testing.builders import a_metric, an_experiment
from signpost.testing.events_contract import an_attribution, an_exposure, keep
from signpost.testing.repeatable import START
from signpost.usecases.tenants import find_tenant

OWN = """
[[metrics]]
name = "slow"
description = "Says \\"slow\\" \\u007f."
aggregation = "conversion"
events = { types = ["s"], where = { "details.speed" = ["slow"] } }
direction = "decrease"
window = { stop_ms = 86_400_000 }
"""
PLAN = """
looking = "group_sequential"
planned_units = 40_000
metrics = [{ name = "sign_in_success", role = "decision" }, "abandonment"]
"""


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a command on a data folder with an experiment, in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    parts = open_parts(load_settings({"data": tmp_path / "signpost-data"}, {}).settings)
    set_up(parts)
    with parts.store.writing(find_tenant(parts.store, None).id, "tests") as tenant:
        tenant.experiments.add(an_experiment(name="A shorter title"))
    parts.close()

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["signpost", *map(str, words)])
        code: Any = 0
        try:
            main()
        except SystemExit as exit:
            code = exit.code or 0
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


def write(text: str, name: str = "own.toml") -> Path:
    path = Path(name)
    path.write_text(text)
    return path


def test_the_catalogue_is_listed(run: Run) -> None:
    listed = run("metrics", "list")

    assert all(metric.name in listed.out for metric in CATALOGUE)
    assert listed.out.count("built in") == len(CATALOGUE)
    assert [known["name"] for known in run("metrics", "list", "--json").value] == [m.name for m in CATALOGUE]


def test_what_is_added_is_listed_shown_and_removed(run: Run) -> None:
    added = run("metrics", "add", write(OWN))
    again = run("metrics", "add", write(OWN), "--json")
    shown = run("metrics", "show", "slow", "--json").value
    removed = run("metrics", "remove", "slow")

    assert added.out == "slow  written\n"
    assert again.value == {"written": [], "left_alone": ["slow"]}
    assert (shown["is_built_in"], shown["window"]) == (False, {"start_ms": 0, "stop_ms": 86_400_000})
    assert removed.out == "slow is removed.\n"
    assert (run("metrics", "show", "slow").code, run("metrics", "show", "slow").err) == (
        1,
        "signpost: There is no such metric.\n",
    )


def test_what_is_shown_can_be_added(run: Run) -> None:
    run("metrics", "add", write(OWN))

    for name in ("slow", *(metric.name for metric in CATALOGUE)):
        text = run("metrics", "show", name).out.replace(f'name = "{name}"', f'name = "my_{name}"')
        added = run("metrics", "add", write(text))

        assert added.code == 0, added.err
        shown = run("metrics", "show", f"my_{name}").out
        assert tomllib.loads(shown) == tomllib.loads(text)


def test_another_metric_of_the_same_name_is_replaced_only_when_told_so(run: Run) -> None:
    run("metrics", "add", write(OWN))
    changed = write(OWN.replace("decrease", "increase"))

    refused = run("metrics", "add", changed)
    replaced = run("metrics", "add", changed, "--replace")

    assert refused.code == 1
    assert "replace your own with --replace" in refused.err
    assert replaced.out == "slow  written\n"
    assert run("metrics", "show", "slow", "--json").value["direction"] == "increase"


def test_what_comes_built_in_is_neither_replaced_nor_removed(run: Run) -> None:
    replaced = run("metrics", "add", write(OWN.replace('"slow"\nd', '"lockouts"\nd')), "--replace")
    removed = run("metrics", "remove", "lockouts")

    assert "comes built in" in replaced.err
    assert removed.err == "signpost: A metric that comes built in stays as it is; give your own another name.\n"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("metrics = [", "own.toml is no TOML: Invalid value (at end of document)."),
        ("", "own.toml: metrics: Missing required property."),
        ("metrics = []", "own.toml: metrics: Too few items, minimum 1."),
        ("[[metric]]", "metric: Additional properties not allowed."),
        (OWN.replace("decrease", "down"), "own.toml: metrics[0].direction: No enum match"),
        (OWN.replace('"s"', "1"), "own.toml: metrics[0].events.types[0]: Expected type string."),
        (OWN.replace("86_400_000", "2026-01-01"), "metrics[0].window.stop_ms: Expected type integer."),
        (OWN.replace("86_400_000", "0"), "own.toml: metrics[0].window: ends after it begins, within 400 days."),
        (OWN + "margin = nan", "metrics[0].margin: a share between 0 and 1, both excluded."),
        (OWN + "margin = 5.0\ncap = 3", "metrics[0].cap: a conversion has none. metrics[0].margin: a share"),
        (OWN + OWN, "own.toml: metrics[1].name: slow is there twice."),
        (OWN + OWN.replace('"slow"\nd', '"Quick"\nd'), "own.toml: metrics[1].name: 2 to 64 lower-case"),
        ("#" * (BODY_BYTES_MAX + 1), "own.toml is over 1,024 KB."),
        ("a = " + "[" * 100_000, "own.toml is"),
    ],
    ids=range(14),
)
def test_a_fault_is_told_with_its_place(run: Run, text: str, fault: str) -> None:
    refused = run("metrics", "add", write(text))

    assert refused.code == 1
    assert fault in refused.err
    assert refused.err.count("\n") == 1
    assert len(run("metrics", "list", "--json").value) == len(CATALOGUE)


def test_all_faults_of_types_are_told_at_once(run: Run) -> None:
    refused = run("metrics", "add", write(OWN.replace("decrease", "down") + "cap = 1.5"))

    assert "metrics[0].direction: " in refused.err
    assert "metrics[0].cap: " in refused.err


def test_a_file_that_is_no_text_or_not_there_is_told_so(run: Run) -> None:
    Path("own.toml").write_bytes(b"\xff\xfe")

    assert run("metrics", "add", "own.toml").err == "signpost: own.toml is not UTF-8.\n"
    assert run("metrics", "add", "nothing.toml").err == "signpost: No such file or directory: nothing.toml\n"


def test_a_plan_is_set_shown_and_removed(run: Run) -> None:
    usual = run("plans", "show", "A shorter title")
    made = run("plans", "set", "A shorter title", write(PLAN))
    again = run("plans", "set", an_experiment().id, write(made.out))
    gone = run("plans", "remove", "A shorter title", "--json").value

    assert "draft: the usual plan of authentication" in usual.out
    assert "draft: its own plan" in made.out
    assert again.out == made.out
    plan = tomllib.loads(made.out)
    assert (plan["looking"], plan["planned_units"]) == ("group_sequential", 40_000)
    assert [(m["name"], m["role"]) for m in plan["metrics"]] == [
        ("sign_in_success", "decision"),
        ("abandonment", "exploratory"),
    ]
    assert gone["is_default"] is True


def test_a_change_after_the_start_is_shown(run: Run, tmp_path: Path) -> None:
    parts = open_parts(load_settings({"data": tmp_path / "signpost-data"}, {}).settings)
    with parts.store.writing(find_tenant(parts.store, None).id, "tests") as tenant:
        found = tenant.experiments.all()[0]
        tenant.experiments.replace(
            replace(
                found,
                status=ExperimentStatus.ACTIVE,
                started_at=START,
                analysis_plan=default_plan("mfa_challenge"),
            )
        )
    parts.close()

    made = run("plans", "set", "A shorter title", write(PLAN))

    assert "# changed after the start: " in made.out
    assert " by cli" in made.out


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("looking = ", "plan.toml is no TOML: Invalid value"),
        (PLAN.replace("planned_units = 40_000", ""), "plan.toml: planned_units: group_sequential needs"),
        (PLAN.replace("abandonment", "nothing"), "plan.toml: metrics: there is no metric nothing."),
        (PLAN.replace("decision", "main"), "plan.toml: metrics[0].role: No enum match"),
        (PLAN + "[ramp]\nhours = 1\nunits = 5", "plan.toml: ramp: the experiment has no levels to go through."),
        (PLAN + "power = 0.8", "plan.toml: power: Additional properties not allowed."),
    ],
    ids=range(6),
)
def test_a_fault_of_a_plan_is_told_with_its_place(run: Run, text: str, fault: str) -> None:
    refused = run("plans", "set", "A shorter title", write(text, "plan.toml"))

    assert refused.code == 1
    assert fault in refused.err


def test_an_experiment_that_is_not_there_has_no_plan(run: Run) -> None:
    assert run("plans", "show", "Nothing").err == "signpost: There is no such experiment.\n"


def test_changes_of_metrics_are_in_the_audit_trail(run: Run) -> None:
    run("metrics", "add", write(OWN))

    (entry,) = run("audit", "--limit", "1", "--json").value

    assert (entry["kind"], entry["action"], entry["after"]["metric"]["name"]) == ("metric", "create", "slow")
    assert "slow" in run("audit", "--limit", "1").out
    assert a_metric().id[:4] == entry["id"][:4]


def test_a_metric_is_previewed_over_what_was_recorded(run: Run, tmp_path: Path) -> None:
    parts = open_parts(load_settings({"data": tmp_path / "signpost-data"}, {}).settings)
    tenant_id = find_tenant(parts.store, None).id
    now_ms = int(parts.clock.now().timestamp() * 1000)
    for i in range(10):
        to = an_attribution(f"unit-{i}", "var_a", now_ms - 60_000, experiment_id=an_experiment().id)
        signed_in = Event(tenant_id, "s", now_ms - 60_000 + 100 * i, b"{}", None, f"unit-{i}")
        keep(parts.events, an_exposure(to, tenant_id=tenant_id), *([signed_in] if i < 8 else []))
    parts.close()

    share = run("metrics", "preview", "sign_in_success", "--experiment", "A shorter title")
    median = run("metrics", "preview", "time_to_sign_in_p50")
    own = run("metrics", "preview", write(OWN), "--json")

    assert "10 units exposed since" in share.out
    assert "80.00 % of those with a value" in share.out
    assert " ms at the quantile 0.5" in median.out
    assert "200 to 500" in median.out
    assert [(p["name"], p["units"], p["value"]) for p in own.value] == [("slow", 10, 0.0)]
