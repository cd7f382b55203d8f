"""`signpost results` over a real data folder."""

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from signpost.assignment.slots import ranges_for
from signpost.bootstrap import Parts, open_parts, set_up
from signpost.cli import main
from signpost.config import load_settings
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.model.tenants import Tenant
from signpost.ports.events import EXPOSURE_TYPE, SUCCESS_TYPE, Attribution, Event
from signpost.testing.builders import a_variation, an_experiment
from signpost.testing.repeatable import START
from signpost.usecases.tenants import find_tenant

DRAFT = an_experiment()
RUNNING = replace(
    an_experiment(2, name="running"), status=ExperimentStatus.ACTIVE, started_at=START, slot_ranges=ranges_for(DRAFT)
)
START_MS = round(START.timestamp() * 1000)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with a draft, and an experiment that 40 devices met: 10 and 15 of 20 got in."""
    parts = open_parts(load_settings({"data": tmp_path}, {}).settings)
    set_up(parts)
    tenant = find_tenant(parts.store, None)
    with parts.store.writing(tenant.id, "test") as workspace:
        for number, name in ((1, "Password"), (2, "Passkey")):
            workspace.variations.add(a_variation(number, name=name))
        workspace.experiments.add(DRAFT)
        workspace.experiments.add(RUNNING)
    keep(parts, tenant, RUNNING, successes=(10, 15))
    parts.close()
    return tmp_path


def keep(parts: Parts, tenant: Tenant, experiment: Experiment, successes: Sequence[int]) -> None:
    events = []
    for allocation, succeeding in zip(experiment.allocations, successes, strict=True):
        for number in range(20):
            unit = f"{allocation.variation_id}-{number}"
            attribution = Attribution(
                experiment_id=experiment.id,
                variation_id=allocation.variation_id,
                is_control=allocation.is_control,
                allocation_strategy=experiment.strategy,
                segment_id=None,
                unit=unit,
                exposed_ms=START_MS,
                is_forced=False,
            )
            exposure = Event(tenant.id, EXPOSURE_TYPE, START_MS, b"{}", unit=unit, attribution=attribution)
            events.append(replace(exposure, is_exposure=True))
            if number < succeeding:
                events.append(replace(exposure, type=SUCCESS_TYPE))
    parts.events.append(events).result()


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
    assert "+25.00 pp" in shown
    assert "Sample ratio: as planned" in shown


def test_results_are_given_to_machines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    code = run(monkeypatch, "results", RUNNING.id, "--data", str(folder), "--json")

    body = json.loads(capsys.readouterr().out)
    assert code == 0
    assert [(v["units"], v["successes"]) for v in body["variations"]] == [(20, 10), (20, 15)]
    assert body["first_exposure_at"] == "2026-01-01T00:00:00.000Z"
    assert body["variations"][1]["comparison"]["conclusion"] == {"value": "no_difference_shown"}
    assert "comparison" not in body["variations"][0]


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
