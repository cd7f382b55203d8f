"""The oracles are the adjustment for one covariate, numpy's least squares, and statsmodels."""

import math
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from signpost.analysis import Missing, MissingCode, sum_values
from signpost.analysis.adjustment import adjust_for_covariate, adjust_or_not
from signpost.analysis.contrasts import Contrast
from signpost.analysis.covariates import CovariateSums, add_strata, adjust_for_covariates

Integers = NDArray[np.int64]


def sums(values: Integers, covariates: Integers) -> CovariateSums:
    """Return the sums of units; a covariate is a row."""
    x, c = values.astype(object), covariates.astype(object)
    cc = tuple(tuple(int((a * b).sum()) for b in c) for a in c)
    return CovariateSums(
        len(x),
        int(x.sum()),
        int((x * x).sum()),
        tuple(int(row.sum()) for row in c),
        cc,
        tuple(int((row * x).sum()) for row in c),
    )


def experiment(seed: int, units: int = 1_000) -> tuple[Integers, Any, Integers]:
    """Draw two covariates, who is treated (a fifth), and values with unequal slopes."""
    rng = np.random.default_rng(seed)
    before = rng.poisson([[20], [4]], (2, units))
    is_treated = rng.random(units) < 0.2
    after = rng.poisson(10 + before[0] * (0.5 + 0.5 * is_treated) + 2 * before[1])
    return before, is_treated, after


def adjust(before: Integers, is_treated: Any, after: Integers) -> Contrast[float]:
    found = adjust_for_covariates(
        sums(after[~is_treated], before[:, ~is_treated]), sums(after[is_treated], before[:, is_treated])
    )
    assert isinstance(found, Contrast)
    return found


def test_one_covariate_is_what_the_adjustment_for_one_makes_of_it() -> None:
    before, is_treated, after = experiment(1)

    many = adjust(before[:1], is_treated, after)
    one = adjust_for_covariate(
        *(sum_values(after[arm].tolist(), before[0, arm].tolist()) for arm in (~is_treated, is_treated))
    )

    assert isinstance(one, Contrast)
    for scale in ("absolute", "relative"):
        theirs, ours = getattr(one, scale)(), getattr(many, scale)()
        assert (ours.value, ours.standard_error) == pytest.approx((theirs.value, theirs.standard_error), rel=1e-10)
        assert ours.degrees_of_freedom == pytest.approx(theirs.degrees_of_freedom)


def test_several_covariates_are_the_regression_with_slopes_for_each_arm() -> None:
    before, is_treated, after = experiment(2)
    a, b = (row - row.mean() for row in before)
    data = pd.DataFrame({"y": after, "t": is_treated.astype(int), "a": a, "b": b})

    effect = adjust(before, is_treated, after).absolute()

    fit = smf.ols("y ~ t * (a + b)", data).fit(cov_type="HC2")
    gap = fit.params[["t:a", "t:b"]].to_numpy()
    # HC2 takes the covariates' means as known; that they are not adds the last part.
    error = math.sqrt(fit.bse["t"] ** 2 + gap @ np.cov(before) @ gap / len(after))
    assert effect.value == pytest.approx(fit.params["t"], rel=1e-9)
    assert effect.standard_error == pytest.approx(error, rel=0.02)


def test_strata_are_covariates_that_are_one_inside_and_zero_elsewhere() -> None:
    before, is_treated, after = experiment(3)
    stratum = np.arange(1_000) % 3
    dummies = np.array([stratum == 1, stratum == 2]).astype(np.int64)

    by_sums = [
        add_strata([sums(after[s], before[:1, s]) for s in ((stratum == k) & arm for k in range(3))])
        for arm in (~is_treated, is_treated)
    ]

    assert by_sums == [sums(after[arm], np.vstack([before[:1], dummies])[:, arm]) for arm in (~is_treated, is_treated)]


def test_strata_alone_are_the_post_stratified_difference() -> None:
    _, is_treated, after = experiment(4)
    stratum = np.arange(1_000) % 3
    none = np.empty((0, 1_000), np.int64)

    control, treatment = (
        add_strata([sums(after[s], none[:, s]) for s in ((stratum == k) & arm for k in range(3))])
        for arm in (~is_treated, is_treated)
    )
    found = adjust_for_covariates(control, treatment)

    assert isinstance(found, Contrast)
    gaps = [after[(stratum == k) & is_treated].mean() - after[(stratum == k) & ~is_treated].mean() for k in range(3)]
    assert found.absolute().value == pytest.approx(np.average(gaps, weights=np.bincount(stratum)))


def test_covariates_that_determine_nothing_are_refused_in_words() -> None:
    before, is_treated, after = experiment(5)
    twice = np.vstack([before[0], 2 * before[0] + 3])
    flat = np.vstack([before[0], np.full(1_000, 7)])

    refusals = [
        adjust_for_covariates(*(sums(y[arm], c[:, arm]) for arm in (~is_treated, is_treated)))
        for c, y in ((twice, after), (flat, after), (before, before[0] - before[1]))
    ]

    for refusal in refusals:
        assert isinstance(refusal, Missing)
        assert refusal.code is MissingCode.NO_VARIANCE


def test_each_slope_needs_its_units() -> None:
    before, is_treated, after = experiment(6, 450)

    found = adjust_for_covariates(*(sums(after[arm], before[:, arm]) for arm in (~is_treated, is_treated)))

    assert isinstance(found, Missing)
    assert "100 units" in found.message


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10**15), st.integers(0, 10**15), st.integers(1, 10**6))
def test_where_the_covariates_begin_and_how_they_are_measured_does_not_matter(a: int, b: int, scale: int) -> None:
    before, is_treated, after = experiment(7)
    moved = before.astype(object) * scale + np.array([[a], [b]], object)

    plain, other = adjust(before, is_treated, after), adjust(moved, is_treated, after)

    assert other.absolute().value == pytest.approx(plain.absolute().value, rel=1e-9)
    assert other.absolute().standard_error == pytest.approx(plain.absolute().standard_error, rel=1e-9)


@pytest.mark.parametrize("shift", [10**9, 10**12, 10**15])
def test_one_covariate_may_begin_anywhere(shift: int) -> None:
    before, is_treated, after = experiment(8)

    plain, moved = (
        adjust_for_covariate(
            *(
                sum_values(after[arm].tolist(), [c + by for c in before[0, arm].tolist()])
                for arm in (~is_treated, is_treated)
            )
        )
        for by in (0, shift)
    )

    assert isinstance(plain, Contrast)
    assert isinstance(moved, Contrast)
    assert moved.absolute() == plain.absolute()


def test_what_the_past_tells_without_error_is_not_adjusted_and_the_method_says_so() -> None:
    past = list(range(200))
    arms = sum_values([3 * c + 1 for c in past], past), sum_values([3 * c + 2 for c in past], past)

    found = adjust_or_not(*arms)

    assert found.absolute().value == pytest.approx(1)
    assert found.absolute().standard_error > 0
    assert "not adjusted" in found.method


def test_too_few_units_are_not_adjusted_and_the_method_says_so() -> None:
    found = adjust_or_not(sum_values([1, 2, 3], [1, 2, 4]), sum_values([1, 2, 5], [1, 2, 3]))

    assert found.method == "Welch's t on means over units, not adjusted (too few units)"
