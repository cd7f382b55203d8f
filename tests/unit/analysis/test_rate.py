"""The oracle is R. G. Newcombe (1998), Statistics in Medicine 17, 857–872, table I, method 3."""

import pytest
from statsmodels.stats.proportion import proportion_confint

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.rate import estimate_rate


@pytest.mark.parametrize(
    ("successes", "units", "lower", "upper"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_published_one(successes: int, units: int, lower: float, upper: float) -> None:
    rate = estimate_rate(Arm(units=units, successes=successes))

    assert isinstance(rate, Estimate)
    assert rate.value == successes / units
    assert (round(rate.ci_lower, 4), round(rate.ci_upper, 4)) == (lower, upper)


@pytest.mark.parametrize(("successes", "units"), [(0, 1), (1, 1), (3, 7), (99, 100), (412_345, 9_000_001)])
def test_the_interval_is_that_of_statsmodels(successes: int, units: int) -> None:
    rate = estimate_rate(Arm(units=units, successes=successes), confidence_level=0.99)

    assert isinstance(rate, Estimate)
    expected = proportion_confint(successes, units, alpha=0.01, method="wilson")
    assert (rate.ci_lower, rate.ci_upper) == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("successes", "units"), [(0, 3), (3, 3), (0, 1_000_000_000)])
def test_no_bound_leaves_the_range_of_a_rate(successes: int, units: int) -> None:
    rate = estimate_rate(Arm(units=units, successes=successes))

    assert isinstance(rate, Estimate)
    assert 0 <= rate.ci_lower <= rate.value <= rate.ci_upper <= 1


def test_nothing_is_said_of_a_variation_without_units() -> None:
    rate = estimate_rate(Arm(units=0, successes=0))

    assert isinstance(rate, Missing)
    assert rate.code is MissingCode.NO_UNITS


@pytest.mark.parametrize(("units", "successes"), [(3, 4), (3, -1), (-1, 0)])
def test_counts_that_cannot_be_are_refused(units: int, successes: int) -> None:
    with pytest.raises(ValueError, match="can't be"):
        Arm(units=units, successes=successes)
