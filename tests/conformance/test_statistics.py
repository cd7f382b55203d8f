"""The methods against R: see conformance/statistics."""

import csv
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from signpost.analysis import Estimate, FixedHorizon, Histogram, Sums
from signpost.analysis.clusters import contrast_clusters
from signpost.analysis.contrasts import Contrast
from signpost.analysis.covariates import CovariateSums, add_strata, adjust_for_covariates
from signpost.analysis.means import centre, centre_ratio, contrast
from signpost.analysis.quantiles import estimate_quantile
from signpost.analysis.strata import combine
from tests.conformance.units import arms, make_units, sum_arm

VALUES = Path(__file__).parents[2] / "conformance" / "statistics" / "values.csv"


def said_by_r() -> dict[str, float]:
    with VALUES.open(encoding="utf-8") as file:
        return {row["name"]: float(row["value"]) for row in csv.DictReader(file)}


R = said_by_r()


def sum_organisations(units: pd.DataFrame) -> Sums:
    return sum_arm(units.assign(one=1).groupby("organisation")[["value", "one"]].sum(), "value", "one")


def sum_covariates(units: pd.DataFrame, names: tuple[str, ...]) -> CovariateSums:
    cc = tuple(tuple(int((units[a] * units[b]).sum()) for b in names) for a in names)
    xc = tuple(int((units.value * units[a]).sum()) for a in names)
    plain = sum_arm(units, "value", "attempts")
    return CovariateSums(plain.n, plain.x, plain.xx, tuple(int(units[a].sum()) for a in names), cc, xc)


def test_means_are_those_of_t_test() -> None:
    control, treatment = (centre(sum_arm(arm, "value", "attempts")) for arm in arms(make_units()))

    effect = contrast(control, treatment).absolute()

    interval = FixedHorizon().interval(effect)
    assert effect.degrees_of_freedom == pytest.approx(R["welch.degrees_of_freedom"])
    assert FixedHorizon().p_value(effect).value == pytest.approx(R["welch.p_value"])
    assert (interval.ci_lower, interval.ci_upper) == pytest.approx((R["welch.ci_lower"], R["welch.ci_upper"]))


@pytest.mark.parametrize(("arm", "name"), [(0, "control"), (1, "treatment")])
def test_ratios_are_those_of_survey(arm: int, name: str) -> None:
    sample = centre_ratio(sum_arm(arms(make_units())[arm], "value", "attempts"))

    error = math.sqrt(sample.variance / sample.n)
    assert (sample.mean, error) == pytest.approx((R[f"ratio.{name}"], R[f"ratio.{name}.standard_error"]))


def test_clusters_are_those_of_survey() -> None:
    found = contrast_clusters(*(sum_organisations(arm) for arm in arms(make_units())))

    assert isinstance(found, Contrast)
    assert (found.control, found.treatment) == pytest.approx((R["clusters.control"], R["clusters.treatment"]))
    assert (found.control_variance**0.5, found.treatment_variance**0.5) == pytest.approx(
        (R["clusters.control.standard_error"], R["clusters.treatment.standard_error"])
    )


def test_clusters_are_nearly_those_of_the_bias_reduced_linearisation() -> None:
    # CR2 divides a cluster's residual by √(1 − 1/G) where clusters are of one size, as G/(G − 1) does.
    found = contrast_clusters(*(sum_organisations(arm) for arm in arms(make_units())))

    assert isinstance(found, Contrast)
    effect = found.absolute()
    assert (effect.value, effect.standard_error) == pytest.approx((R["cr2.value"], R["cr2.standard_error"]))
    assert effect.degrees_of_freedom == pytest.approx(R["cr2.degrees_of_freedom"], rel=0.02)


def test_strata_are_those_of_blocks() -> None:
    parts = [part for _, part in make_units().groupby("stratum")]
    contrasts = []
    for part in parts:
        control, treatment = (centre(sum_arm(arm, "value", "attempts")) for arm in arms(part))
        contrasts.append(contrast(control, treatment))

    effect = combine(contrasts, [float(len(part)) for part in parts]).absolute()

    assert (effect.value, effect.standard_error) == pytest.approx((R["strata.value"], R["strata.standard_error"]))


def test_one_covariate_is_that_of_lin() -> None:
    units = make_units()

    found = adjust_for_covariates(*(sum_covariates(arm, ("before",)) for arm in arms(units)))

    assert isinstance(found, Contrast)
    effect = found.absolute()
    # Lin's error takes the covariate's mean as known; that it is not adds (b_t − b_c)² var(c) / n.
    added = R["lin.one.slope_difference"] ** 2 * units.before.var() / len(units)
    assert effect.value == pytest.approx(R["lin.one.value"])
    assert effect.standard_error == pytest.approx(math.sqrt(R["lin.one.standard_error"] ** 2 + added), rel=0.01)


def test_several_covariates_and_strata_are_those_of_lin() -> None:
    names = ("before", "second")

    found = adjust_for_covariates(
        *(add_strata([sum_covariates(part, names) for _, part in arm.groupby("stratum")]) for arm in arms(make_units()))
    )

    assert isinstance(found, Contrast)
    assert found.absolute().value == pytest.approx(R["lin.several.value"])
    assert found.absolute().standard_error > R["lin.several.standard_error"]


def test_a_median_of_units_of_organisations_is_that_of_survey() -> None:
    # The treatment has 16 organisations, too few here; R says 4,965 (2,453–7,476) of it.
    units = arms(make_units())[0]
    times, counts = np.unique(units.time_ms, return_counts=True)
    histogram = Histogram(tuple(times.tolist()), (1,) * len(times), tuple(counts.tolist()))
    below = units.assign(one=1, under=(units.time_ms < R["median.control"]).astype(int))
    by_organisation = below.groupby("organisation")[["under", "one"]].sum()

    found = estimate_quantile(histogram, 0.5, shares=sum_arm(by_organisation, "under", "one"))

    assert isinstance(found, Estimate)
    ours = (found.value, found.ci_lower, found.ci_upper)
    theirs = tuple(R[f"median.control{end}"] for end in ("", ".ci_lower", ".ci_upper"))
    assert ours == pytest.approx(theirs, abs=60)
