"""The SQL in the guide gives in ClickHouse what Signpost decides, row by row."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from signpost.assignment import Candidate, prepare
from signpost.assignment.hashing import exposure_of, hash_unit, slot_of, split_of
from signpost.assignment.slots import lay_out, ranges_for, reweigh
from signpost.batch.ids import generate_ids
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus
from signpost.testing.builders import a_flag, a_variation, an_experiment
from tests.conftest import miss

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-chdb" / "bin" / "python"
GUIDE = ROOT / "docs" / "guides" / "proof-in-sql.md"
COORDINATES, PLAIN, COVERAGE, ROLLOUT, DIFFERENCES = (
    token.content
    for token in MarkdownIt("commonmark").parse(GUIDE.read_text())
    if token.type == "fence" and token.info == "sql"
)

VARIATIONS = {v.id: v for v in map(a_variation, (1, 2, 3))}
A, B, C = VARIATIONS
THREE = (
    Allocation(A, is_control=True, weight_slots=500_000),
    Allocation(B, is_control=False, weight_slots=333_333),
    Allocation(C, is_control=False, weight_slots=166_667),
)
WEIGHTLESS = tuple(replace(allocation, weight_slots=None) for allocation in THREE)
CHAIN = reweigh(reweigh(lay_out({A: 1, B: 1}), {A: 2, B: 1, C: 4}), {C: 1, A: 1, B: 5})
EXPERIMENTS = {
    "plain": (PLAIN, an_experiment(salt="7Fh2mVq9ZtXc4KdPnR8sWy", allocations=THREE)),
    "re-weighed": (PLAIN, an_experiment(salt="zzzzzzzzzzzzzzzzzzzzzz", allocations=THREE, slot_ranges=CHAIN)),
    "coverage": (COVERAGE, an_experiment(allocations=THREE, levels=(5, 37), current_level=37)),
    "rollout": (ROLLOUT, an_experiment(allocations=WEIGHTLESS, levels=(5, 62, 100), current_level=62)),
    "rollout at 0": (ROLLOUT, an_experiment(allocations=WEIGHTLESS, levels=(0,), current_level=0)),
    "coverage at 100": (COVERAGE, an_experiment(allocations=THREE, levels=(100,), current_level=100)),
}


def make_units() -> Iterator[str]:
    yield from (unit.decode() for unit in generate_ids("sql", 0, 40_000).tolist())
    yield from (f"user.{i}@example.com" for i in range(20_000))
    yield from (str(i) for i in range(20_000))
    yield from (f"用户-{i}-é🙂" for i in range(19_000))
    yield from ("x" * length for length in range(1, 996))
    yield from ("nul\x00inside", " ", "tab\t", "line\nline", "quote'\"\\")


UNITS = list(make_units())


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The statement that makes the table of units."""
    if not PYTHON.exists():
        miss("chDB (run 'make .venv-chdb/ready')")
    path = tmp_path_factory.mktemp("sql") / "units.ndjson"
    path.write_text("".join(json.dumps({"unit": unit}) + "\n" for unit in [*UNITS, ""]))
    return f"CREATE TABLE units ENGINE = Memory AS SELECT * FROM file('{path}', JSONEachRow, 'unit String')"


def run(*statements: str) -> list[list[Any]]:
    """Return the rows of the last statement."""
    command = [str(PYTHON), str(ROOT / "tests" / "sql" / "run.py")]
    done = subprocess.run(command, input=json.dumps(statements).encode(), check=False, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stderr.decode()
    return [json.loads(line) for line in done.stdout.splitlines()]


def fill_in(sql: str, experiment: Experiment) -> str:
    """Put an experiment in place of the guide's, as a reader does."""
    ranges = experiment.slot_ranges or ranges_for(experiment)
    for theirs, mine in (
        ("'7Fh2mVq9ZtXc4KdPnR8sWy'", repr(experiment.salt)),
        ("[0, 500000]", repr([piece.start for piece in ranges])),
        ("['var_password', 'var_passkey']", repr([piece.variation_id for piece in ranges])),
        ("'var_control'", repr(A)),
        ("< 30", f"< {experiment.current_level}"),
    ):
        sql = sql.replace(theirs, mine)
    return sql


def decide_each(experiment: Experiment, units: Sequence[str]) -> dict[str, str | None]:
    active = replace(experiment, status=ExperimentStatus.ACTIVE)
    plan = prepare([Candidate(active, a_flag(), VARIATIONS, {})], revision=1).plan
    return {unit: plan.decide("authentication", unit, {})[0].variation_id for unit in units}


def test_there_are_a_hundred_thousand_units() -> None:
    assert len(set(UNITS)) == 100_000


def test_coordinates_are_the_same(table: str) -> None:
    experiment = an_experiment()
    select = "SELECT unit, toString(hash), toString(split), toString(exposure), toString(slot) FROM coordinates"

    rows = run(table, fill_in(COORDINATES, experiment), select)

    hashes = {unit: hash_unit(experiment.salt, unit) for unit in UNITS}
    expected = {u: (h, split_of(h), exposure_of(h), slot_of(split_of(h))) for u, h in hashes.items()}
    assert {unit: tuple(map(int, numbers)) for unit, *numbers in rows} == expected


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_variations_are_the_same(table: str, name: str) -> None:
    sql, experiment = EXPERIMENTS[name]
    select = f"SELECT unit, variation_id FROM ({fill_in(sql, experiment)})"

    rows = run(table, fill_in(COORDINATES, experiment), select)

    assert dict(map(tuple, rows)) == decide_each(experiment, UNITS)


def test_what_was_recorded_and_is_not_so_is_listed(table: str) -> None:
    experiment = EXPERIMENTS["plain"][1]
    decided = decide_each(experiment, UNITS[:100])
    wrong, forced = UNITS[3], UNITS[5]
    recorded = decided | {unit: B if decided[unit] == A else A for unit in (wrong, forced)}
    rows = ", ".join(f"('{unit}', '{recorded[unit]}', {unit == forced})" for unit in decided)
    exposures = f"""CREATE TABLE exposures ENGINE = Memory AS
        SELECT * FROM VALUES('unit String, variation_id String, is_forced Bool', {rows})"""

    found = run(table, fill_in(COORDINATES, experiment), exposures, fill_in(DIFFERENCES, experiment))

    assert found == [[wrong, recorded[wrong], decided[wrong]]]
