import io
from dataclasses import replace

import pytest
from rich.console import Console

from signpost.analysis.results import Note, NoteCode, Results
from signpost.cli.result_view import ResultView
from signpost.testing.measured import results_of

Counts = tuple[int, int]


def make_results(*arms: Counts) -> Results:
    names = ["Password [first]", "Passkey first", "Passkey only"]
    counts = {f"var_{number}": arm for number, arm in enumerate(arms)}
    return results_of(counts, names=dict(zip(counts, names, strict=False)))


RESULTS = replace(make_results((10_010, 8_010), (9_990, 8_290)), notes=(Note(NoteCode.NO_PLAN, "There is no plan."),))


def show(results: Results, columns: int, *, colour: bool = False) -> str:
    file = io.StringIO()
    Console(file=file, width=columns, force_terminal=colour, legacy_windows=False).print(ResultView(results))
    return file.getvalue()


def test_a_result_is_told_in_a_table_a_plot_and_sentences() -> None:
    shown = show(RESULTS, columns=100)

    assert [line.rstrip() for line in shown.splitlines()] == [
        "Passkeys first  exp_1111111111111111111111  active",
        "20,000 units, exposed from 1970-01-01 00:00 to 1970-01-01 00:01 UTC",
        "Plan: one look at the planned end, 1 units planned, 5 % error",
        "",
        "Ship it.",
        "  Passkey first is better in sign_in_success.",
        "",
        "Variation                    Planned    Units   Drifted   Automated   Forced",
        "Password [first] (control)      50 %   10,010         0           0        0",
        "Passkey first                   50 %    9,990         0           0        0",
        "",
        "sign_in_success  decides, more is better",
        "  Password [first] (control): 8,010 of 10,010 units, 80.02 % (79.23 – 80.79)",
        "  Passkey first: 8,290 of 9,990 units, 82.98 % (82.23 – 83.71)",
        "  Passkey first: better; +2.96 pp (+1.89 … +4.04), relative +3.7 % (+2.3 … +5.1), p < 0.0001",
        "    │                           ├──────────────●───────────────┤",
        "  ──┴─────────────────────────────────────────────────────────────",
        "    0                                                      +4.2 pp",
        "",
        "Sample ratio: as planned (χ² = 0.02, p = 0.8875, alarm under 0.001)",
        "Note: There is no plan.",
    ]


@pytest.mark.parametrize("columns", [20, 40, 60, 79, 80, 200])
@pytest.mark.parametrize("arms", [((0, 0), (0, 0)), ((9, 3), (9, 9)), ((9_000_000, 4), (8, 8))])
def test_no_line_is_wider_than_the_terminal(columns: int, arms: tuple[Counts, ...]) -> None:
    shown = show(make_results(*arms), columns)

    assert max(map(len, shown.splitlines())) <= columns


def test_colour_adds_nothing_that_words_do_not_say() -> None:
    coloured, plain = show(RESULTS, 100, colour=True), show(RESULTS, 100)

    assert "\x1b[" in coloured
    assert "Passkey first: better" in plain
    assert "\x1b[" not in plain


def test_what_is_missing_says_why() -> None:
    shown = show(make_results((9, 3), (9, 4)), columns=100)

    assert "Passkey first: no conclusion. Fewer than 5 successes are expected in a variation" in shown


def test_a_result_without_units_has_no_plot() -> None:
    shown = show(replace(make_results((0, 0), (0, 0)), notes=()), columns=100)

    assert "pp" not in shown
    assert "not checked. No unit has been exposed yet." in shown


def test_one_of_a_kind_is_told_in_the_singular() -> None:
    one, *others = (replace(arm, units=0) for arm in RESULTS.variations)
    arms = (replace(one, units=1, drifted_units=1, forced_exposures=1), *others)

    shown = show(replace(RESULTS, variations=arms), columns=200)

    assert "1 unit, " in shown
    assert "left out: 1 unit seen in more than one variation, 1 forced exposure\n" in shown


def test_several_treatments_show_the_adjusted_p_value() -> None:
    shown = show(make_results((3_000, 2_400), (3_000, 2_470), (3_000, 2_395)), columns=100)

    assert "(adjusted)" in shown
