"""`signpost simulate` over a real data folder."""

import gzip
import json
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from signpost.bootstrap import open_parts, set_up
from signpost.cli import main, unit_sources
from signpost.config import load_settings
from signpost.model.experiments import Allocation, Strategy
from signpost.model.ids import IdKind, encode_id
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment
from signpost.usecases.tenants import find_tenant

A, B, C = (encode_id(IdKind.VARIATION, number) for number in (1, 2, 3))
ARMS = (
    Allocation(A, is_control=True, weight_slots=500_000),
    Allocation(B, is_control=False, weight_slots=300_000),
    Allocation(C, is_control=False, weight_slots=200_000),
)
WEIGHTLESS = tuple(replace(arm, weight_slots=None) for arm in ARMS)
EXPERIMENTS = (
    an_experiment(1, name="plain", allocations=ARMS),
    an_experiment(2, name="rollout", allocations=WEIGHTLESS, levels=(10, 50)),
    an_experiment(3, name="coverage", allocations=ARMS, levels=(10, 50)),
    an_experiment(
        4,
        name="targeted",
        strategy=Strategy.SEGMENT,
        allocations=(
            Allocation(A, is_control=True, is_fallback=True),
            Allocation(B, is_control=False, segment_id=a_segment().id, priority=1),
        ),
    ),
    an_experiment(5, name="unfinished", allocations=()),
    an_experiment(6, name="odd weights", allocations=ARMS[:2]),
)


@dataclass(frozen=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def value(self) -> Any:
        return json.loads(self.out)


Simulate = Callable[..., Done]


@pytest.fixture
def simulate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Simulate:
    """Run the command in a folder with experiments of each kind."""
    parts = open_parts(load_settings({"data": tmp_path / "data"}, {}).settings)
    set_up(parts)
    with parts.store.writing(find_tenant(parts.store, None).id, "test") as workspace:
        workspace.flags.add(a_flag())
        workspace.segments.add(a_segment())
        for number, name in enumerate(("Password", "Passkey", "Link"), start=1):
            workspace.variations.add(a_variation(number, name=name))
        for experiment in EXPERIMENTS:
            workspace.experiments.add(experiment)
    parts.close()
    monkeypatch.setenv("COLUMNS", "120")

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["signpost", "simulate", *map(str, words), "--data", str(tmp_path / "data")])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capsys.readouterr()
        return Done(code, captured.out, captured.err)

    return run


def test_the_split_is_told_to_people(simulate: Simulate) -> None:
    done = simulate("plain", "--units", 100_000)

    assert (done.code, done.err) == (0, "")
    assert "100,000 units" in done.out
    assert "Password (control)" in done.out
    assert "30.0000 %" in done.out
    assert "As planned: χ² = " in done.out
    assert "Who moves" not in done.out


def test_moves_are_told_to_people(simulate: Simulate) -> None:
    words = ("--weights", "Password=50", "--weights", f"{B}=10.5", "--weights", "Link=39.5")

    done = simulate(EXPERIMENTS[0].id, "--units", 10_000, *words)

    assert done.code == 0
    assert "of 10,000 units move, all of them from Passkey to Link; nobody else moves." in done.out


def test_a_level_can_be_one_that_is_not_planned(simulate: Simulate) -> None:
    done = simulate("coverage", "--units", 10_000, "--level", 25)

    assert "at level 25 %, which is none of its levels 10, 50" in done.out
    assert "from outside the experiment to Password" in done.out
    assert "not enrolled" in done.out


def test_nobody_moves_when_nothing_changes(simulate: Simulate) -> None:
    assert "Not one of 1,000 units moves." in simulate("rollout", "--units", 1_000, "--level", 10).out


def test_the_document_has_what_is_needed_to_recompute_it(simulate: Simulate) -> None:
    document = simulate("rollout", "--units", 10_000, "--level", 50, "--json").value

    before, after = document["before"], document["after"]
    assert document["salt"] == EXPERIMENTS[1].salt
    assert before["slot_ranges"] == [
        {"start": 0, "stop": 500_000, "variation_id": B},
        {"start": 500_000, "stop": 1_000_000, "variation_id": C},
    ]
    assert (before["level"], after["level"], before["is_rollout"]) == (10, 50, True)
    assert [v["planned_ratio"] for v in after["variations"]] == [0.5, 0.25, 0.25]
    assert sum(v["units"] for v in before["variations"]) == document["units"] == 10_000
    assert before["sample_ratio"]["is_mismatch"] is False
    assert {(m["before"], m["after"]) for m in document["flow"]} == {(A, A), (A, B), (A, C), (B, B), (C, C)}
    assert document["moved"] == sum(m["units"] for m in document["flow"] if m["before"] != m["after"])
    assert document["summary"].startswith(f"{document['moved']:,} of 10,000 units move: ")


def test_the_same_seed_gives_the_same_and_another_something_else(simulate: Simulate) -> None:
    first, again = (simulate("plain", "--units", 1_000, "--json").out for _ in range(2))
    other = simulate("plain", "--units", 1_000, "--json", "--seed", "other").out

    assert first == again != other


@pytest.mark.parametrize("is_gzip", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_ids_come_from_a_file(
    simulate: Simulate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, end: str, *, is_gzip: bool
) -> None:
    monkeypatch.setattr(unit_sources, "BLOCK_BYTES", 100)
    ids = ["\ufeffdevice-0", "", "Zoë", *(f"device-{i}" for i in range(1, 500))]
    data = end.join(ids).encode()
    path = tmp_path / "ids"
    path.write_bytes(gzip.compress(data) if is_gzip else data)

    with_end = simulate("plain", "--ids", path, "--json").value
    path.write_bytes(data + end.encode())

    assert (with_end["units"], with_end["unusable"]) == (501, 1)
    assert simulate("plain", "--ids", path, "--json").value == with_end


def test_requests_come_from_a_file(simulate: Simulate, tmp_path: Path) -> None:
    path = tmp_path / "requests.ndjson"
    path.write_text('{"unit": "a", "device_type": "Mobile"}\n\n{"unit": "b", "age": 29}\n{"unit": ""}\n')

    document = simulate("targeted", "--contexts", path, "--json").value

    assert [(v["variation_id"], v["units"]) for v in document["before"]["variations"]] == [(A, 1), (B, 1)]
    assert document["unusable"] == 1
    assert document["before"]["sample_ratio"]["missing"] == "no_planned_ratio"
    assert "Not checked against the plan." in simulate("targeted", "--contexts", path).out


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("nothing",), "There is no such experiment."),
        (("unfinished",), "unfinished can't divide units as it is: There is no allocation."),
        (("odd weights",), "odd weights can't divide units as it is: The weights sum to 80."),
        (("targeted",), "name a file of requests with --contexts"),
        (("targeted", "--weights", "Password=1"), "there are no weights to change"),
        (("plain", "--level", "5"), "has no ramp"),
        (("rollout", "--weights", "Password=1"), "Change --level."),
        (("plain", "--weights", "Pass=1"), "Pass is none of the variations Password, Passkey, Link."),
        (("plain", "--weights", "Password=100"), "says nothing of Passkey, Link"),
        (
            ("plain", "--weights", "Password=9", "--weights", "Passkey=1", "--weights", "Link=0.5"),
            "The weights sum to 10.5 and not to 100.",
        ),
        *(
            (("plain", "--weights", f"Password={bad}"), "is 0 to 100")
            for bad in ("", "x", "-1", "101", "1.00001", "NaN")
        ),
    ],
    ids=str,
)
def test_what_can_t_be_simulated_is_said_in_one_sentence(
    simulate: Simulate, words: tuple[str, ...], complaint: str
) -> None:
    done = simulate(*words)

    assert (done.code, done.out) == (1, "")
    assert complaint in done.err
    assert done.err.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "data", "complaint"),
    [
        ("--ids", b"", "There is no unit in"),
        ("--ids", b"\n\n", "There is no unit in"),
        ("--ids", b"a\nb\n\xff\n", "line 3: not UTF-8."),
        ("--ids", b"a\n" + b"x" * 70_000, "a line of over 65,536 bytes"),
        ("--ids", gzip.compress(b"a\n" * 1_000, mtime=0)[:-9], "is no whole gzip file"),
        ("--ids", gzip.compress(b"a\n" * 1_000, mtime=0)[:12] + b"\xff" * 30, "is no whole gzip file"),
        ("--contexts", b'{"unit": "a"}\n\n{', "line 3: not JSON"),
        ("--contexts", b"[" * 60_000, "line 1: not JSON"),
        ("--contexts", b'{"unit": 7}', "line 1: no unit"),
        ("--contexts", b"[]", "line 1: no unit"),
    ],
    ids=str,
)
def test_what_is_wrong_with_a_file_is_said_with_its_line(
    simulate: Simulate, tmp_path: Path, option: str, data: bytes, complaint: str
) -> None:
    path = tmp_path / "units"
    path.write_bytes(data)

    done = simulate("plain", option, path)

    assert (done.code, done.out) == (1, "")
    assert complaint in done.err


def test_one_source_of_units_is_enough(simulate: Simulate, tmp_path: Path) -> None:
    path = tmp_path / "units"
    path.write_text("a\n")

    assert "give one of them" in simulate("plain", "--ids", path, "--contexts", path).err
