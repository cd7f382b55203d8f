"""The oracles are R. G. Newcombe (1998), Statistics in Medicine 17, 873–890, table II, and statsmodels."""

import pytest
from statsmodels.stats.proportion import confint_proportions_2indep

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.difference import estimate_difference


@pytest.mark.parametrize(
    ("treatment", "control", "lower", "upper"),
    [
        (Arm(70, 56), Arm(80, 48), 0.0524, 0.3339),
        (Arm(10, 9), Arm(10, 3), 0.1705, 0.8090),
        (Arm(7, 6), Arm(7, 2), 0.0582, 0.8062),
        (Arm(56, 5), Arm(29, 0), -0.0381, 0.1926),
        (Arm(10, 0), Arm(20, 0), -0.1611, 0.2775),
        (Arm(10, 0), Arm(10, 0), -0.2775, 0.2775),
        (Arm(10, 10), Arm(20, 0), 0.6791, 1.0),
        (Arm(10, 10), Arm(10, 0), 0.6075, 1.0),
    ],
)
def test_the_interval_is_the_published_one(treatment: Arm, control: Arm, lower: float, upper: float) -> None:
    difference = estimate_difference(control, treatment)

    assert isinstance(difference, Estimate)
    assert (round(difference.ci_lower, 4), round(difference.ci_upper, 4)) == (lower, upper)


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        (Arm(2435, 235), Arm(2435, 157)),
        (Arm(1, 0), Arm(1, 1)),
        (Arm(8_000_003, 5), Arm(12, 11)),
        (Arm(44_925, 500), Arm(44_910, 505)),
    ],
)
def test_the_interval_is_that_of_statsmodels(treatment: Arm, control: Arm) -> None:
    difference = estimate_difference(control, treatment)

    assert isinstance(difference, Estimate)
    expected = confint_proportions_2indep(
        treatment.successes,
        treatment.units,
        control.successes,
        control.units,
        compare="diff",
        method="newcomb",
    )
    assert (difference.ci_lower, difference.ci_upper) == pytest.approx(expected, abs=1e-12)


def test_exchanging_the_variations_exchanges_the_signs() -> None:
    there = estimate_difference(Arm(80, 48), Arm(70, 56))
    back = estimate_difference(Arm(70, 56), Arm(80, 48))

    assert isinstance(there, Estimate)
    assert isinstance(back, Estimate)
    assert (back.value, back.ci_lower, back.ci_upper) == (-there.value, -there.ci_upper, -there.ci_lower)


@pytest.mark.parametrize(("control", "treatment"), [(Arm(0, 0), Arm(5, 1)), (Arm(5, 1), Arm(0, 0))])
def test_a_difference_needs_units_on_both_sides(control: Arm, treatment: Arm) -> None:
    difference = estimate_difference(control, treatment)

    assert isinstance(difference, Missing)
    assert difference.code is MissingCode.NO_UNITS
