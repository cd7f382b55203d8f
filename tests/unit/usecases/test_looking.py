"""The planned end: what decides is read as of it for ever after, harm at any moment."""

from dataclasses import replace

import pytest

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.cells import Cell, Sums
from signpost.analysis.results import Decision, Judgement, NoteCode, Results
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus
from signpost.model.metrics import DAY_MS, Role
from signpost.testing.measured import SUCCESS, a_measurement, a_subject
from signpost.testing.repeatable import START
from signpost.usecases.conclusions import conclude
from signpost.usecases.looking import find_end, until

GUARDRAIL = replace(SUCCESS, name="guarded", role=Role.GUARDRAIL, margin=0.05)
PLANNED = (Looking.FIXED, Looking.GROUP_SEQUENTIAL)
Day = tuple[int, int]
"""Successes of the control and of the treatment, of 1,000 units each."""


def cells_of(*days: Day) -> tuple[Cell, ...]:
    return tuple(
        Cell(key, 0, number * DAY_MS, is_automated=False, units=1_000, sums=(Sums(1_000, x, x),) * 2)
        for number, day in enumerate(days)
        for key, x in zip(("var_1", "var_2"), day, strict=True)
    )


def results_of(
    *days: Day,
    looking: Looking = Looking.FIXED,
    planned: int = 6_000,
    status: ExperimentStatus = ExperimentStatus.ACTIVE,
) -> Results:
    plan = AnalysisPlan((SUCCESS, GUARDRAIL), looking, planned_units=planned)
    measured = replace(a_measurement({}), cells=cells_of(*days))
    return conclude(replace(a_subject(plan), status=status), measured, START)


EQUAL: Day = (800, 800)
BETTER: Day = (800, 900)
WORSE: Day = (800, 500)


@pytest.mark.parametrize(
    ("looking", "planned", "end"),
    [
        (Looking.FIXED, 6_000, 2),
        (Looking.GROUP_SEQUENTIAL, 5_001, 2),
        (Looking.FIXED, 2_000, 0),
        (Looking.FIXED, 10_001, None),
        (Looking.CONFIDENCE_SEQUENCE, 6_000, None),
    ],
)
def test_the_planned_end_is_the_day_on_which_the_units_are_there(
    looking: Looking, planned: int, end: int | None
) -> None:
    plan = AnalysisPlan((SUCCESS,), looking, planned_units=planned)

    found = find_end(plan, cells_of(*[EQUAL] * 5))

    assert found == (None if end is None else end * DAY_MS)
    assert len(until(cells_of(*[EQUAL] * 5), found)) == (10 if end is None else 2 * (end + 1))


def test_units_that_are_suspected_of_automation_bring_the_end_no_nearer() -> None:
    cells = [replace(cell, is_automated=True) for cell in cells_of(EQUAL, EQUAL)]

    assert find_end(AnalysisPlan((SUCCESS,), Looking.FIXED, planned_units=100), cells) is None


@pytest.mark.parametrize("looking", PLANNED)
def test_what_comes_after_the_end_decides_nothing(looking: Looking) -> None:
    then = results_of(*[EQUAL] * 3, looking=looking)
    later = results_of(*[EQUAL] * 3, *[BETTER] * 9, looking=looking)

    assert later.metrics[0].comparisons == then.metrics[0].comparisons
    assert later.metrics[0].arms == then.metrics[0].arms
    assert later.verdict.decision is then.verdict.decision is Decision.STOP
    assert [note.code for note in then.notes] == []
    assert [note.code for note in later.notes] == [NoteCode.PLANNED_END]


@pytest.mark.parametrize("looking", PLANNED)
def test_harm_is_found_after_the_end_all_the_same(looking: Looking) -> None:
    later = results_of(*[BETTER] * 3, *[WORSE] * 9, looking=looking)

    assert later.metrics[0].comparisons[0].judgement is Judgement.BETTER
    assert later.metrics[1].comparisons[0].judgement is Judgement.HARMED
    assert later.verdict.decision is Decision.STOP


def test_that_a_guardrail_has_held_is_read_as_of_the_end() -> None:
    then = results_of(*[(800, 793)] * 3)
    later = results_of(*[(800, 793)] * 3, *[(800, 805)] * 20)

    assert then.metrics[1].comparisons[0].judgement is Judgement.HELD
    assert later.metrics[1].comparisons[0].judgement is Judgement.HELD
    assert later.metrics[1].comparisons[0].absolute != then.metrics[1].comparisons[0].absolute


@pytest.mark.parametrize(
    ("status", "decision"),
    [(ExperimentStatus.ACTIVE, Decision.KEEP_GOING), (ExperimentStatus.COMPLETED, Decision.STOP)],
)
def test_one_look_before_its_time_concludes_nothing(status: ExperimentStatus, decision: Decision) -> None:
    found = results_of(BETTER, status=status)

    assert found.verdict.decision is decision
    assert "no earlier conclusion" in found.verdict.reasons[0]


@pytest.mark.parametrize(
    ("units", "status", "decision"),
    [
        ((5_240, 4_760), ExperimentStatus.ACTIVE, Decision.BROKEN),
        ((2_600, 2_400), ExperimentStatus.ACTIVE, Decision.KEEP_GOING),
        ((2_640, 2_400), ExperimentStatus.ACTIVE, Decision.KEEP_GOING),
        ((2_640, 2_400), ExperimentStatus.COMPLETED, Decision.BROKEN),
    ],
    ids=["alarm", "sound", "off at this look", "off at the end"],
)
def test_a_ratio_that_is_off_at_one_look_withholds_and_the_alarm_breaks(
    units: tuple[int, int], status: ExperimentStatus, decision: Decision
) -> None:
    plan = AnalysisPlan((SUCCESS,), Looking.CONFIDENCE_SEQUENCE)
    measured = a_measurement({key: (n, n * 8 // 10) for key, n in zip(("var_1", "var_2"), units, strict=True)})

    found = conclude(replace(a_subject(plan), status=status), measured, START)

    judgement = found.metrics[0].comparisons[0].judgement
    assert found.verdict.decision is decision
    assert isinstance(judgement, Missing) == (units != (2_600, 2_400))
    if isinstance(judgement, Missing):
        assert judgement.code is MissingCode.SAMPLE_RATIO_MISMATCH
        assert found.verdict.decision is not Decision.SHIP


@pytest.mark.parametrize(
    ("looking", "role", "successes", "is_refused"),
    [
        (Looking.FIXED, Role.DECISION, (6, 9), False),
        (Looking.CONFIDENCE_SEQUENCE, Role.DECISION, (16, 22), True),
        (Looking.CONFIDENCE_SEQUENCE, Role.DECISION, (18, 22), False),
        (Looking.GROUP_SEQUENTIAL, Role.DECISION, (16, 22), True),
        (Looking.FIXED, Role.GUARDRAIL, (16, 22), True),
        (Looking.FIXED, Role.GUARDRAIL, (18, 22), False),
    ],
)
def test_what_is_looked_at_all_along_needs_twenty_events(
    looking: Looking, role: Role, successes: Day, is_refused: bool
) -> None:
    watched = replace(SUCCESS, name="watched", role=role, margin=0.05)
    metrics = (watched, replace(SUCCESS, name="other"))
    plan = AnalysisPlan(metrics, looking, planned_units=2_000)
    measured = a_measurement({key: (1_000, x) for key, x in zip(("var_1", "var_2"), successes, strict=True)}, 2)

    found = conclude(a_subject(plan), measured, START).metrics[0].comparisons[0].judgement

    assert (isinstance(found, Missing) and found.code is MissingCode.TOO_FEW_UNITS) == is_refused
