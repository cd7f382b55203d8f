"""Results by segment: each by itself, against the rest, and all against each other."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from scipy import stats

from signpost.analysis.answers import Estimate, Missing, MissingCode, PValue
from signpost.analysis.cells import Cell, Sums
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.judging import Setting
from signpost.analysis.results import NoteCode
from signpost.model.analysis_plans import AnalysisPlan
from signpost.testing.measured import SUCCESS, a_measurement, a_subject
from signpost.testing.repeatable import START
from signpost.usecases.breakdowns import SEGMENTS_MAX, Arms, Breakdown, break_down, check_segments
from signpost.usecases.conclusions import conclude

ARMS = Arms(("var_1", "var_2"), "var_1")
SETTING = Setting(FixedHorizon(), 0.05)
Counts = Mapping[str | None, tuple[tuple[int, int], tuple[int, int]]]


def broken_down(counts: Counts, arms: Arms = ARMS) -> Breakdown | None:
    values = {
        name: tuple(
            Cell(key, 0, 0, is_automated=False, units=units, sums=(Sums(units, x, x),))
            for key, (units, x) in zip(("var_1", "var_2"), both, strict=True)
        )
        for name, both in counts.items()
    }
    return break_down(arms, {"connection": values}, 0, SUCCESS, SETTING).get("connection")


EVEN: Counts = {
    "db": ((1_000, 500), (1_000, 520)),
    "google": ((2_000, 1_600), (2_000, 1_640)),
    None: ((100, 50), (100, 60)),
}
UNEVEN: Counts = {"db": ((1_000, 500), (1_000, 600)), "google": ((2_000, 1_600), (2_000, 1_500))}


def test_segments_come_with_the_most_units_first() -> None:
    found = broken_down(EVEN)

    assert found is not None
    assert [segment.value for segment in found.segments] == ["google", "db", None]
    assert [arm.units for arm in found.segments[0].arms] == [2_000, 2_000]


def test_a_dimension_of_one_value_is_not_broken_down() -> None:
    assert broken_down({"db": ((10, 5), (10, 5))}) is None


def test_a_segment_is_held_against_the_rest() -> None:
    found = broken_down(UNEVEN)

    assert found is not None
    by_value = {segment.value: segment.against_rest["var_2"] for segment in found.segments}
    db, google = by_value["db"], by_value["google"]
    assert isinstance(db, Estimate)
    assert isinstance(google, Estimate)
    assert db.value == pytest.approx(0.1 - -0.05)
    assert google.value == pytest.approx(-db.value)
    assert db.ci_lower > 0


def test_that_all_have_one_effect_is_tested_by_cochran() -> None:
    # By hand: Σ w (e − ē)² with w = 1 / se², se² = Σ p (1 − p) / (n − 1), against SciPy's χ² with one degree of freedom.
    effects = [(0.1, 0.5 * 0.5 / 999 + 0.6 * 0.4 / 999), (-0.05, 0.8 * 0.2 / 1_999 + 0.75 * 0.25 / 1_999)]
    weights = [1 / variance for _, variance in effects]
    middle = sum(w * e for w, (e, _) in zip(weights, effects, strict=True)) / sum(weights)
    statistic = sum(w * (e - middle) ** 2 for w, (e, _) in zip(weights, effects, strict=True))

    found = broken_down(UNEVEN)

    assert found is not None
    assert isinstance(found.heterogeneity, PValue)
    assert found.heterogeneity.value == pytest.approx(stats.chi2.sf(statistic, 1), rel=1e-9)


def test_a_segment_that_can_t_be_compared_is_left_out_of_the_rest() -> None:
    found = broken_down({**UNEVEN, "sso": ((3, 1), (2, 1))})

    assert found is not None
    by_value = {segment.value: segment.against_rest["var_2"] for segment in found.segments}
    refused = by_value["sso"]
    assert isinstance(refused, Missing)
    assert refused.code is MissingCode.TOO_FEW_UNITS
    assert isinstance(by_value["db"], Estimate)


def test_without_a_control_nothing_is_compared() -> None:
    found = broken_down(EVEN, Arms(("var_1", "var_2"), None))

    assert found is not None
    assert all(isinstance(rest, Missing) for segment in found.segments for rest in segment.against_rest.values())
    assert isinstance(found.heterogeneity, Missing)


def test_many_values_are_cut_to_the_largest() -> None:
    found = broken_down({f"c{n}": ((100 + n, 50), (100 + n, 50)) for n in range(SEGMENTS_MAX + 5)})

    assert found is not None
    assert len(found.segments) == SEGMENTS_MAX
    assert found.segments[0].value == f"c{SEGMENTS_MAX + 4}"


def cells_of(counts: Counts) -> dict[str | None, tuple[Cell, ...]]:
    return {
        name: tuple(
            Cell(key, 0, 0, is_automated=False, units=units, sums=(Sums(units, x, x),))
            for key, (units, x) in zip(("var_1", "var_2"), both, strict=True)
        )
        for name, both in counts.items()
    }


LOPSIDED: Counts = {"db": ((5_000, 4_000), (5_000, 4_000)), "google": ((3_000, 2_400), (2_400, 1_900))}


def test_each_segment_is_held_against_the_planned_shares() -> None:
    found = check_segments(("var_1", "var_2"), {"connection": cells_of(LOPSIDED)}, {"var_1": 1, "var_2": 1})

    by_value = {segment.value: segment.alarm for segment in found}
    assert isinstance(by_value["db"], PValue)
    assert isinstance(by_value["google"], PValue)
    assert by_value["db"].value == 1
    assert by_value["google"].value < 1e-4


@pytest.mark.parametrize(("phases", "codes"), [(1, [NoteCode.SEGMENT_RATIO]), (2, [])])
def test_a_segment_that_is_off_is_told_where_there_is_one_phase(phases: int, codes: list[NoteCode]) -> None:
    plan = AnalysisPlan((SUCCESS,))
    measured = replace(
        a_measurement({"var_1": (8_000, 6_400), "var_2": (8_000, 6_400)}),
        breakdowns={"connection": cells_of(LOPSIDED)},
    )
    subject = a_subject(plan)

    found = conclude(replace(subject, shares=[*subject.shares] * phases), measured, START)

    assert [note.code for note in found.notes if note.code is NoteCode.SEGMENT_RATIO] == codes
