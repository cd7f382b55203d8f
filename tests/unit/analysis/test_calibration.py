"""Every method keeps its promise: 10,000 simulated experiments each, with fixed seeds.

A method that keeps its promise leaves these bands one time in a thousand: 430–573 rejections at 5 %,
intervals at 95 % that cover the truth in 94.3–95.7 % of the runs.
"""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import kstest

from signpost.analysis.difference import newcombe_bounds
from signpost.analysis.distributions import chi_square_tail, two_sided_p, two_sided_z
from signpost.analysis.equality import pooled_z
from signpost.analysis.lift import log_ratio_bounds
from signpost.analysis.rate import wilson_bounds
from signpost.analysis.sample_ratio import THRESHOLD, check_sample_ratio

RUNS = 10_000
REJECTIONS_MIN, REJECTIONS_MAX = 430, 573
COVERAGE_MIN, COVERAGE_MAX = 0.943, 0.957
Z_95 = two_sided_z(0.95)
Floats = NDArray[np.float64]

SPLITS = [(20_000, 20_000), (32_000, 8_000)]
TRUTHS = [(0.80, 0.80), (0.80, 0.83), (0.05, 0.07)]


def draw(seed: int, units: int, rate: float) -> tuple[Floats, Floats]:
    successes = np.random.default_rng(seed).binomial(units, rate, RUNS).astype(np.float64)
    return successes, np.full(RUNS, float(units))


def covers(bounds: tuple[Floats, Floats], truth: float) -> float:
    lower, upper = bounds
    return float(np.mean((lower <= truth) & (truth <= upper)))


@pytest.mark.parametrize(("control_units", "treatment_units"), SPLITS)
@pytest.mark.parametrize("rate", [0.80, 0.05])
def test_equals_are_found_different_as_often_as_promised(control_units: int, treatment_units: int, rate: float) -> None:
    p_values = two_sided_p(pooled_z(draw(11, control_units, rate), draw(12, treatment_units, rate)))

    assert REJECTIONS_MIN <= np.count_nonzero(p_values < 0.05) <= REJECTIONS_MAX
    assert kstest(p_values, "uniform").pvalue > 0.001


@pytest.mark.parametrize("rate", [0.80, 0.05, 0.999])
def test_intervals_of_a_rate_cover_it(rate: float) -> None:
    assert COVERAGE_MIN <= covers(wilson_bounds(*draw(21, 20_000, rate), Z_95), rate) <= COVERAGE_MAX


@pytest.mark.parametrize(("control_units", "treatment_units"), SPLITS)
@pytest.mark.parametrize(("control_rate", "treatment_rate"), TRUTHS)
def test_intervals_of_a_difference_cover_it(
    control_units: int, treatment_units: int, control_rate: float, treatment_rate: float
) -> None:
    control, treatment = draw(31, control_units, control_rate), draw(32, treatment_units, treatment_rate)

    absolute = covers(newcombe_bounds(control, treatment, Z_95), treatment_rate - control_rate)
    relative = covers(log_ratio_bounds(control, treatment, Z_95), treatment_rate / control_rate - 1)

    assert COVERAGE_MIN <= absolute <= COVERAGE_MAX
    assert COVERAGE_MIN <= relative <= COVERAGE_MAX


def test_a_planned_ratio_raises_the_alarm_once_in_a_thousand() -> None:
    observed = np.random.default_rng(41).multinomial(20_000, [0.5, 0.3, 0.2], RUNS)
    expected = np.array([10_000.0, 6_000.0, 4_000.0])

    alarms = np.count_nonzero(chi_square_tail(((observed - expected) ** 2 / expected).sum(axis=1), 2) < THRESHOLD)

    assert 1 <= alarms <= 23


def test_a_loss_of_five_percent_of_one_variation_raises_the_alarm() -> None:
    observed = np.random.default_rng(42).multinomial(100_000, [0.5, 0.5])
    lost = round(observed[1] * 0.05)

    found = check_sample_ratio([int(observed[0]), int(observed[1]) - lost], [1, 1])

    assert getattr(found, "is_mismatch", None) is True


def test_the_bands_catch_an_interval_that_covers_too_little() -> None:
    """The usual p ± z·se with two expected failures."""
    successes, units = draw(51, 100, 0.98)
    rate = successes / units
    half_width = Z_95 * (rate * (1 - rate) / units) ** 0.5

    coverage = covers((rate - half_width, rate + half_width), 0.98)

    assert coverage < COVERAGE_MIN - 0.05


def test_the_bands_catch_a_test_that_is_watched_until_it_is_significant() -> None:
    looks = np.arange(1.0, 15.0)[:, np.newaxis] * 1_000
    control, treatment = (draw_looks(seed) for seed in (52, 53))
    p_values = two_sided_p(pooled_z((control, looks), (treatment, looks)))

    ever_rejected = np.mean((p_values < 0.05).any(axis=0))

    assert 0.20 < ever_rejected < 0.24


def draw_looks(seed: int) -> Floats:
    by_day = np.random.default_rng(seed).binomial(1_000, 0.5, (14, RUNS)).astype(np.float64)
    return np.asarray(by_day.cumsum(axis=0), np.float64)
