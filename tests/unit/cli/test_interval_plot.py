import pytest

from signpost.analysis.answers import Estimate
from signpost.cli.interval_plot import ASCII, UNICODE, draw_axis, draw_interval, lay_axis


def estimate(lower: float, value: float, upper: float) -> Estimate:
    return Estimate(value, lower, upper, confidence_level=0.95, method="by hand")


def label(value: float) -> str:
    return f"{100 * value:+.1f} pp"


def test_intervals_of_one_plot_share_an_axis_with_zero_on_it() -> None:
    above, around = estimate(0.02, 0.03, 0.04), estimate(-0.01, 0.01, 0.03)
    axis = lay_axis([above, around], columns=27)

    drawn = [
        draw_interval(above, axis, UNICODE),
        draw_interval(around, axis, UNICODE),
        *draw_axis(axis, UNICODE, label),
    ]

    assert drawn == [
        "      │        ├────●────┤ ",
        " ├────┼────●────────┤      ",
        "──────┴────────────────────",
        "      0             +4.2 pp",
    ]


def test_a_terminal_without_unicode_gets_ascii() -> None:
    around = estimate(-0.01, 0.01, 0.03)

    drawn = draw_interval(around, lay_axis([around], columns=20), ASCII)

    assert drawn == " [---+----o-------] "


@pytest.mark.parametrize("value", [estimate(0, 0, 0), estimate(-1, -1, -1), estimate(0.1, 0.1, 0.1)])
def test_an_interval_of_no_width_is_a_point(value: Estimate) -> None:
    axis = lay_axis([value], columns=10)

    drawn = draw_interval(value, axis, UNICODE)

    assert len(drawn) == 10
    assert drawn.count("●") == 1


def test_an_axis_too_short_for_its_labels_keeps_the_zero() -> None:
    axis = lay_axis([estimate(-0.3, 0.1, 0.5)], columns=6)

    _, labels = draw_axis(axis, UNICODE, label)

    assert labels.strip() == "0"
