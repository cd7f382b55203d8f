"""The methods against GrowthBook's engine, and where they differ on purpose: see conformance/statistics/growthbook."""

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from signpost.analysis import Estimate, FixedHorizon, Histogram, Sums
from signpost.analysis.adjustment import adjust_for_covariate
from signpost.analysis.answers import PValue
from signpost.analysis.arm import Arm
from signpost.analysis.contrasts import Contrast
from signpost.analysis.difference import estimate_difference
from signpost.analysis.equality import calculate_p_value
from signpost.analysis.means import Sample, centre, centre_ratio, contrast
from signpost.analysis.quantiles import contrast_quantiles
from tests.conformance.units import arms, make_units, sum_arm

VALUES = Path(__file__).parents[2] / "conformance" / "statistics" / "growthbook" / "values.csv"


def said_by_growthbook() -> dict[str, float]:
    with VALUES.open(encoding="utf-8") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


THEIRS = said_by_growthbook()


def adjust(units: pd.DataFrame, x: pd.Series) -> Contrast[float]:
    sums = []
    for arm in arms(units):
        of, c = x[arm.index], arm.before
        plain, before = (len(arm), of.sum(), (of * of).sum()), (c.sum(), (c * c).sum(), (of * c).sum())
        sums.append(Sums(*map(int, plain), **dict(zip(("c", "cc", "xc"), map(int, before), strict=True))))
    found = adjust_for_covariate(*sums)
    assert isinstance(found, Contrast)
    return found


@pytest.mark.parametrize(("family", "centred"), [("mean", centre), ("ratio", centre_ratio)])
def test_means_and_ratios_are_theirs(family: str, centred: Callable[[Sums], Sample[float]]) -> None:
    control, treatment = (centred(sum_arm(arm, "value", "attempts")) for arm in arms(make_units()))

    effect = contrast(control, treatment).absolute()

    interval = FixedHorizon().interval(effect)
    ours = (effect.value, effect.standard_error, effect.degrees_of_freedom, interval.ci_lower, interval.ci_upper)
    names = ("value", "standard_error", "degrees_of_freedom", "ci_lower", "ci_upper")
    assert ours == pytest.approx([THEIRS[f"{family}.absolute.{name}"] for name in names], rel=1e-9)


def test_shares_are_nearly_theirs() -> None:
    # They take Welch's t on the share's own variance; we the pooled z, and Newcombe's interval.
    one, other = (Arm(len(arm), int((arm.time_ms < 5_000).sum())) for arm in arms(make_units()))

    interval, p_value = estimate_difference(one, other), calculate_p_value(one, other)

    assert isinstance(interval, Estimate)
    assert isinstance(p_value, PValue)
    assert interval.value == pytest.approx(THEIRS["share.absolute.value"])
    assert interval.ci_lower == pytest.approx(THEIRS["share.absolute.ci_lower"], abs=5e-4)
    assert interval.ci_upper == pytest.approx(THEIRS["share.absolute.ci_upper"], abs=5e-4)
    assert p_value.value == pytest.approx(THEIRS["share.absolute.p_value"], abs=1e-3)


def test_adjustment_is_nearly_theirs_where_one_slope_is_right() -> None:
    units = make_units()
    parallel = 2 * units.before + 3 * units.second + (units.index + 1) * 53 % 29 + 5 * units.treated

    effect = adjust(units, parallel).absolute()

    assert effect.value == pytest.approx(THEIRS["adjusted.parallel.absolute.value"], rel=1e-3)
    assert effect.standard_error == pytest.approx(THEIRS["adjusted.parallel.absolute.standard_error"], rel=2e-3)


def test_adjustment_gains_over_theirs_where_slopes_differ() -> None:
    units = make_units()

    found = adjust(units, units.value)

    effect, lift = found.absolute(), found.treatment / found.control * found.relative().standard_error
    theirs = THEIRS["adjusted.unequal.absolute.standard_error"], THEIRS["adjusted.unequal.relative.standard_error"]
    assert effect.value == pytest.approx(THEIRS["adjusted.unequal.absolute.value"], rel=1e-3)
    assert theirs == pytest.approx((1.008 * effect.standard_error, 1.0153 * lift), rel=1e-3)


def test_the_error_of_a_median_is_theirs() -> None:
    # Their median is midway between two values, ours is the lower: 3.5 apart in the control, 22.5 in the treatment.
    histograms = []
    for arm in arms(make_units()):
        times, counts = np.unique(arm.time_ms, return_counts=True)
        histograms.append(Histogram(tuple(times.tolist()), (1,) * len(times), tuple(counts.tolist())))

    found = contrast_quantiles(histograms[0], histograms[1], 0.5)

    assert isinstance(found, Contrast)
    effect = found.absolute()
    assert effect.value == pytest.approx(THEIRS["median.absolute.value"], abs=25)
    assert effect.standard_error == pytest.approx(THEIRS["median.absolute.standard_error"], rel=1e-3)
