import io
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from rich.console import Console

from signpost.analysis.arm import Arm
from signpost.analysis.comparison import compare
from signpost.analysis.rate import estimate_rate
from signpost.analysis.sample_ratio import check_sample_ratio
from signpost.cli.result_view import ResultView
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.usecases.result_notes import Note, NoteCode
from signpost.usecases.results import Results, VariationResult

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def make_results(*arms: Arm) -> Results:
    comparisons = [None, *compare(arms[0], arms[1:])]
    variations = tuple(
        VariationResult(
            variation_id=f"var_{index}",
            name=["Password [first]", "Passkey first", "Passkey only"][index],
            is_control=index == 0,
            planned_ratio=1 / len(arms),
            units=arm.units,
            successes=arm.successes,
            success_rate=estimate_rate(arm),
            comparison=comparisons[index],
        )
        for index, arm in enumerate(arms)
    )
    return Results(
        experiment_id="exp_1111111111111111111111",
        experiment_name="Passkeys first",
        status=ExperimentStatus.ACTIVE,
        strategy=Strategy.PERCENTAGE,
        computed_at=NOON,
        first_exposure_at=NOON,
        last_exposure_at=NOON,
        units=sum(arm.units for arm in arms),
        drifted_units=3,
        forced_exposures=0,
        variations=variations,
        sample_ratio=check_sample_ratio([arm.units for arm in arms], [1] * len(arms)),
        notes=(Note(NoteCode.ONE_LOOK, "The numbers hold for one look."),),
    )


RESULTS = make_results(Arm(10_010, 8_010), Arm(9_990, 8_290))


def show(results: Results, columns: int, *, colour: bool = False) -> str:
    file = io.StringIO()
    Console(file=file, width=columns, force_terminal=colour, legacy_windows=False).print(ResultView(results))
    return file.getvalue()


def test_a_result_is_told_in_a_table_a_plot_and_sentences() -> None:
    shown = show(RESULTS, columns=100)

    assert [line.rstrip() for line in shown.splitlines()] == [
        "Passkeys first  exp_1111111111111111111111  active",
        "20,000 units, exposed from 2026-11-23 12:00 to 2026-11-23 12:00 UTC; left out: 3 units seen in more",
        "than one variation",
        "",
        "Variation                    Planned    Units   Successes     Success rate (95 %)",
        "Password [first] (control)      50 %   10,010       8,010   80.02 % (79.23–80.79)",
        "Passkey first                   50 %    9,990       8,290   82.98 % (82.23–83.71)",
        "",
        "Difference to the control, with 95 % intervals",
        "Passkey first: higher",
        "  +2.96 pp (+1.89 … +4.04), relative +3.7 % (+2.3 … +5.1), p < 0.0001",
        "    │                           ├──────────────●───────────────┤",
        "  ──┴─────────────────────────────────────────────────────────────",
        "    0                                                      +4.2 pp",
        "",
        "Sample ratio: as planned (χ² = 0.02, p = 0.8875, alarm under 0.001)",
        "Note: The numbers hold for one look.",
    ]


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 80, 200])
@pytest.mark.parametrize("arms", [(Arm(0, 0), Arm(0, 0)), (Arm(9, 3), Arm(9, 9)), (Arm(9_000_000, 4), Arm(8, 8))])
def test_no_line_is_wider_than_the_terminal(columns: int, arms: tuple[Arm, ...]) -> None:
    shown = show(make_results(*arms), columns)

    assert max(map(len, shown.splitlines())) <= columns


def test_colour_adds_nothing_that_words_do_not_say() -> None:
    coloured, plain = show(RESULTS, 100, colour=True), show(RESULTS, 100)

    assert "\x1b[" in coloured
    assert "Passkey first: higher" in plain
    assert "\x1b[" not in plain


def test_what_is_missing_says_why() -> None:
    shown = show(make_results(Arm(9, 3), Arm(9, 4)), columns=100)

    assert "Passkey first: no conclusion. Fewer than 5 successes are expected in a variation" in shown


def test_a_result_without_units_has_no_plot() -> None:
    shown = show(replace(make_results(Arm(0, 0), Arm(0, 0)), notes=()), columns=100)

    assert "Difference" not in shown
    assert "not checked. No unit has been exposed yet." in shown


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    shown = show(replace(RESULTS, units=1, drifted_units=1, forced_exposures=1), columns=200)

    assert "1 unit, " in shown
    assert "left out: 1 unit seen in more than one variation, 1 forced exposure\n" in shown


def test_several_treatments_show_the_adjusted_p_value() -> None:
    shown = show(make_results(Arm(3_000, 2_400), Arm(3_000, 2_470), Arm(3_000, 2_395)), columns=100)

    assert "(adjusted)" in shown
