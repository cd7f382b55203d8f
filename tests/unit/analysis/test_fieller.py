"""The oracle is the definition: a bound is the lift that a test at the interval's level just does not reject."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.optimize import brentq

from signpost.analysis import Estimate, Missing, MissingCode, sum_rate
from signpost.analysis.contrasts import Contrast
from signpost.analysis.fieller import estimate_fieller_lift
from signpost.analysis.means import centre, contrast


def make(control: float, treatment: float, variances: tuple[float, float], covariance: float = 0.0) -> Contrast[float]:
    return Contrast(control, treatment, *variances, covariance, (40.0, 50.0), 92.0, "a test")


@pytest.mark.parametrize("covariance", [0.0, 0.1])
def test_a_bound_is_where_the_test_just_rejects(covariance: float) -> None:
    found = make(10.0, 12.0, (0.4, 0.9), covariance)

    lift = estimate_fieller_lift(found)

    assert isinstance(lift, Estimate)
    t = stats.t.ppf(0.975, found.absolute().degrees_of_freedom)

    def excess(margin: float) -> float:
        beyond = found.beyond(margin)
        return float(abs(beyond.value) / beyond.standard_error - t)

    assert lift.value == pytest.approx(0.2)
    assert lift.ci_lower == pytest.approx(brentq(excess, -0.5, 0.2))
    assert lift.ci_upper == pytest.approx(brentq(excess, 0.2, 2.0))


def test_with_many_units_it_is_the_interval_of_the_logarithm() -> None:
    found = contrast(centre(sum_rate(40_000, 100_000)), centre(sum_rate(40_500, 100_000)))

    lift = estimate_fieller_lift(found)

    logarithm = found.relative()
    assert isinstance(lift, Estimate)
    assert lift.ci_upper - lift.ci_lower == pytest.approx(2 * 1.95996 * logarithm.standard_error * 1.0125, rel=1e-4)


def test_a_control_that_may_be_nothing_has_no_lift() -> None:
    lift = estimate_fieller_lift(make(0.5, 12.0, (0.4, 0.9)))

    assert isinstance(lift, Missing)
    assert lift.code is MissingCode.LIFT_UNDEFINED


@given(st.floats(1, 100), st.floats(-100, 100), st.floats(1e-3, 10), st.floats(1e-3, 10), st.floats(0.1, 1_000))
def test_the_measure_of_the_metric_does_not_matter(
    control: float, treatment: float, one: float, other: float, scale: float
) -> None:
    plain = estimate_fieller_lift(make(control, treatment, (one, other)))
    scaled = estimate_fieller_lift(make(scale * control, scale * treatment, (scale**2 * one, scale**2 * other)))
    assume(isinstance(plain, Estimate) and abs(control / one**0.5 - 2) > 0.1)

    assert isinstance(plain, Estimate)
    assert isinstance(scaled, Estimate)
    assert plain.ci_lower <= plain.value <= plain.ci_upper
    assert (scaled.ci_lower, scaled.ci_upper) == pytest.approx((plain.ci_lower, plain.ci_upper), rel=1e-6, abs=1e-6)
