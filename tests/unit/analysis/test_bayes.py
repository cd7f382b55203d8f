"""The oracles are scipy's adaptive integration, closed forms, and gbstats 0.8.0 (GrowthBook)."""

import math

import pytest
from scipy import integrate, stats

from signpost.analysis import Sums, sum_rate
from signpost.analysis.bayes import CAUTION, view_effect
from signpost.analysis.beta_binomial import chance_to_beat, view_rates
from signpost.analysis.effects import Effect
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.means import centre, centre_ratio, contrast


@pytest.mark.parametrize(
    ("control", "treatment"), [((47, 1_000), (59, 1_000)), ((0, 10), (3, 12)), ((9, 10), (800, 1_000))]
)
def test_chance_and_loss_are_those_of_an_adaptive_integral(
    control: tuple[int, int], treatment: tuple[int, int]
) -> None:
    c, t = (stats.beta(s + 1, n - s + 1) for s, n in (control, treatment))

    view = view_rates(control, treatment)

    # quad cuts its steps where it must; twelve points of the posteriors keep it from missing the narrow one.
    points = sorted({float(d.ppf(q)) for d in (c, t) for q in (1e-9, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-9)})
    chance = integrate.quad(lambda x: t.pdf(x) * c.cdf(x), 0, 1, points=points, limit=500, epsabs=1e-13)[0]
    loss = integrate.quad(lambda x: t.cdf(x) * c.sf(x), 0, 1, points=points, limit=500, epsabs=1e-15)[0]
    assert view.chance_above == pytest.approx(chance, abs=1e-9)
    assert view.expected_loss == pytest.approx(loss, rel=1e-8)


def test_a_small_arm_against_a_huge_one_is_exact() -> None:
    # The huge arm is all but a point, so the chance is the small posterior's above it.
    point = stats.beta(7, 5).sf(0.5)

    assert chance_to_beat((5 * 10**8, 10**9), (6, 10)) == pytest.approx(point, abs=1e-8)
    assert chance_to_beat((6, 10), (5 * 10**8, 10**9)) == pytest.approx(1 - point, abs=1e-8)


def test_the_bounds_of_a_difference_hold_their_share_of_draws() -> None:
    view = view_rates((47, 1_000), (59, 1_000))

    draws = stats.beta(60, 942).rvs(400_000, random_state=1) - stats.beta(48, 954).rvs(400_000, random_state=2)
    assert (draws < view.interval.ci_lower).mean() == pytest.approx(0.025, abs=0.001)
    assert (draws > view.interval.ci_upper).mean() == pytest.approx(0.025, abs=0.001)
    assert view.interval.value == pytest.approx(draws.mean(), abs=1e-4)


def test_with_many_units_the_exact_view_is_the_normal_one() -> None:
    control, treatment = (40_000, 100_000), (40_300, 100_000)

    exact = view_rates(control, treatment)
    normal = view_effect(contrast(centre(sum_rate(*control)), centre(sum_rate(*treatment))).absolute())

    assert exact.chance_above == pytest.approx(normal.chance_above, abs=1e-4)
    assert exact.expected_loss == pytest.approx(normal.expected_loss, rel=1e-2)
    assert (exact.interval.ci_lower, exact.interval.ci_upper) == pytest.approx(
        (normal.interval.ci_lower, normal.interval.ci_upper), abs=1e-6
    )


def test_exchanged_arms_exchange_the_chances() -> None:
    there, back = view_rates((47, 1_000), (59, 900)), view_rates((59, 900), (47, 1_000))

    assert there.chance_above + back.chance_above == pytest.approx(1)
    assert there.interval.ci_lower == pytest.approx(-back.interval.ci_upper)
    # What is lost by one choice less what is lost by the other is the difference itself.
    assert back.expected_loss - there.expected_loss == pytest.approx(there.interval.value)


def test_the_normal_posterior_is_the_closed_form() -> None:
    effect = Effect(2.0, 1.0, math.inf, 100.0, "")

    view = view_effect(effect, prior_mean=1.0, prior_error=1.0)

    posterior = stats.norm(1.5, math.sqrt(0.5))
    assert view.chance_above == pytest.approx(posterior.sf(0))
    assert (view.interval.ci_lower, view.interval.ci_upper) == pytest.approx(posterior.interval(0.95))
    assert view.expected_loss == pytest.approx(-posterior.expect(lambda d: d, ub=0.0), rel=1e-6)


@pytest.mark.parametrize(
    ("prior", "interval", "chance", "loss"),
    [
        ((0.0, None), (-0.04728956624253966, 3.047289566242539), 0.9712875025700868, 0.008725431391580845),
        ((5.0, 5.0), (0.05677318017831445, 3.113486263335349), 0.9789621119675664, 0.006061719367404262),
    ],
)
def test_the_view_of_means_is_that_of_growthbook(
    prior: tuple[float, float | None], interval: tuple[float, float], chance: float, loss: float
) -> None:
    # gbstats 0.8.0, EffectBayesianABTest of these sums, absolute; its prior N(0.5, 0.25) is of the lift, here of the difference:
    # times the control's mean, 10.
    control, treatment = Sums(100, 1_000, 14_000), Sums(120, 1_380, 19_000)

    view = view_effect(contrast(centre(control), centre(treatment)).absolute(), *prior)

    assert (view.interval.ci_lower, view.interval.ci_upper) == pytest.approx(interval, rel=1e-9)
    assert view.chance_above == pytest.approx(chance, rel=1e-9)
    assert view.expected_loss == pytest.approx(loss, rel=1e-9)


def test_means_and_ratios_are_those_of_growthbook() -> None:
    # gbstats 0.8.0, TwoSidedTTest, absolute; of the ratio it gives the units' variance, too.
    control = Sums(100, 1_000, 14_000, d=300, dd=1_100, xd=3_500)
    treatment = Sums(120, 1_380, 19_000, d=370, dd=1_400, xd=4_600)

    mean = contrast(centre(control), centre(treatment)).absolute()
    ratio = contrast(centre_ratio(control), centre_ratio(treatment)).absolute()

    assert FixedHorizon().p_value(mean).value == pytest.approx(0.05894566071921048, rel=1e-9)
    assert (ratio.value, ratio.standard_error) == pytest.approx((0.39639639639639634, 0.2511537209678591), rel=1e-9)
    assert FixedHorizon().p_value(ratio).value == pytest.approx(0.11596715481285669, rel=1e-9)


def test_a_flat_prior_leaves_the_effect_as_it_is() -> None:
    effect = Effect(-0.3, 0.2, math.inf, 100.0, "")

    view = view_effect(effect)

    assert view.interval.value == effect.value
    assert view.chance_above == pytest.approx(stats.norm.cdf(-1.5))


def test_every_view_says_that_it_is_no_licence_to_peek() -> None:
    assert "no licence to peek" in CAUTION
    assert view_rates((1, 2), (1, 2)).caution == view_effect(Effect(0.0, 1.0, math.inf, 2.0, "")).caution == CAUTION
