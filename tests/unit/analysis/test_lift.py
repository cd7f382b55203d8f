"""The oracles are a published trial, scipy.stats and statsmodels."""

import pytest
from scipy.stats.contingency import relative_risk
from statsmodels.stats.proportion import confint_proportions_2indep

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.lift import estimate_lift


def test_breast_screening_gives_the_published_ratio() -> None:
    """A. B. Miller et al. (2014), BMJ 348, g366: 500 of 44,925 died against 505 of 44,910."""
    lift = estimate_lift(control=Arm(44_910, 505), treatment=Arm(44_925, 500))

    assert isinstance(lift, Estimate)
    ratios = (round(1 + lift.value, 3), round(1 + lift.ci_lower, 3), round(1 + lift.ci_upper, 3))
    assert ratios == (0.990, 0.875, 1.119)


@pytest.mark.parametrize(
    ("control", "treatment"),
    [(Arm(2435, 157), Arm(2435, 235)), (Arm(10, 5), Arm(10, 10)), (Arm(9_000, 5), Arm(20, 9))],
)
def test_the_interval_is_that_of_scipy_and_statsmodels(control: Arm, treatment: Arm) -> None:
    lift = estimate_lift(control, treatment)

    assert isinstance(lift, Estimate)
    by_scipy = relative_risk(treatment.successes, treatment.units, control.successes, control.units)
    by_statsmodels = confint_proportions_2indep(
        treatment.successes, treatment.units, control.successes, control.units, compare="ratio", method="log"
    )
    bounds = (1 + lift.ci_lower, 1 + lift.ci_upper)
    assert 1 + lift.value == pytest.approx(by_scipy.relative_risk, rel=1e-12)
    assert bounds == pytest.approx(tuple(by_scipy.confidence_interval(0.95)), rel=1e-9)
    assert bounds == pytest.approx(by_statsmodels, rel=1e-9)


@pytest.mark.parametrize(
    ("control", "treatment", "code"),
    [
        (Arm(0, 0), Arm(90, 30), MissingCode.NO_UNITS),
        (Arm(90, 0), Arm(90, 30), MissingCode.LIFT_UNDEFINED),
        (Arm(90, 30), Arm(90, 4), MissingCode.TOO_FEW_UNITS),
        (Arm(90, 4), Arm(90, 30), MissingCode.TOO_FEW_UNITS),
        (Arm(90, 90), Arm(90, 90), MissingCode.NO_VARIANCE),
    ],
)
def test_a_lift_without_an_interval_is_refused(control: Arm, treatment: Arm, code: MissingCode) -> None:
    lift = estimate_lift(control, treatment)

    assert isinstance(lift, Missing)
    assert lift.code is code
