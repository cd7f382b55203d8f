"""The ways of looking, against tables, other programs and their own promises."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, special, stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import NormalIndPower

from signpost.analysis import Estimate, Missing, MissingCode, PValue
from signpost.analysis.confidence_sequence import ConfidenceSequence, anytime_p, anytime_p_above, half_width, tuning
from signpost.analysis.contrasts import Contrast
from signpost.analysis.crossing import boundaries, last_boundaries, spend
from signpost.analysis.deciding import Judged, Situation, decide
from signpost.analysis.distributions import as_student
from signpost.analysis.effects import Effect
from signpost.analysis.false_discovery import adjust_rates
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.group_sequential import STEP_MIN, TOO_EARLY, GroupSequential, merge_looks
from signpost.analysis.guardrails import judge_guardrail
from signpost.analysis.looks import as_lift
from signpost.analysis.planning import Design, find_effect, find_error, find_expected_units, find_power, find_units
from signpost.analysis.results import Decision, Judgement
from signpost.analysis.sample_ratio import sound_alarm
from signpost.analysis.shares import compare_shares
from signpost.model.analysis_plans import Looking, Spending
from signpost.model.metrics import Direction

FIFTHS = (0.2, 0.4, 0.6, 0.8, 1.0)
DAYS = tuple((day + 1) / 14 for day in range(14))
RUNS = 20_000


def effect_of(z: float, units: float = 10_000.0) -> Effect[float]:
    return Effect(z, 1.0, math.inf, units, "test")


@pytest.mark.parametrize(
    ("spending", "published"),
    [
        # R's gsDesign 3.6, sfLDOF and sfLDPocock, one-sided 2.5 %, and rpact's typeOfDesign asOF and asP: the same digits.
        (Spending.OBRIEN_FLEMING, [4.8769, 3.3570, 2.6803, 2.2898, 2.0310]),
        (Spending.POCOCK, [2.4380, 2.4268, 2.4102, 2.3966, 2.3860]),
    ],
)
def test_boundaries_are_the_published_ones(spending: Spending, published: list[float]) -> None:
    assert boundaries(FIFTHS, spending, 0.05) == pytest.approx(published, abs=2e-4)


def test_boundaries_at_uneven_looks_spend_what_they_may() -> None:
    # Brute force: the multivariate normal of SciPy, whose correlations are √(t_i / t_j).
    fractions = (0.15, 0.5, 0.62)
    bounds = boundaries(fractions, Spending.POCOCK, 0.05)
    covariance = [[math.sqrt(min(s, t) / max(s, t)) for s in fractions] for t in fractions]

    stays = stats.multivariate_normal(np.zeros(3), covariance, maxpts=10**6, abseps=1e-7).cdf(bounds)

    assert 1 - stays == pytest.approx(0.025 * math.log1p((math.e - 1) * 0.62), abs=2e-5)


@pytest.mark.parametrize("spending", Spending)
@pytest.mark.parametrize(
    "fractions",
    [(0.5, 0.5025, 0.505, 0.9, 0.9025, 1.0), tuple((i + 1) / 60 for i in range(60)), (0.3, 0.95, 1.5)],
    ids=["close", "sixty", "past the end"],
)
def test_boundaries_spend_what_they_may_however_close_the_looks_are(
    fractions: tuple[float, ...], spending: Spending
) -> None:
    # Brute force: an even grid of 1,201 points, the trapezoid rule.
    bounds = boundaries(fractions, spending, 0.05)

    assert spend_by_brute_force(fractions, bounds) == pytest.approx(0.025, abs=1e-5)


def spend_by_brute_force(fractions: Sequence[float], bounds: np.ndarray) -> float:
    crossed, points, mass, before = 0.0, np.zeros(1), np.ones(1), 0.0
    for fraction, bound in zip(fractions, bounds, strict=True):
        step, limit = math.sqrt(fraction - before), min(bound, 8) * math.sqrt(fraction)
        crossed += float(np.sum(mass * special.ndtr((points - limit) / step)))
        here, width = np.linspace(-8 * math.sqrt(fraction), limit, 1_201, retstep=True)
        density = np.exp(-(((here[:, None] - points) / step) ** 2) / 2) @ mass / (step * math.sqrt(2 * math.pi))
        density[[0, -1]] /= 2
        points, mass, before = here, density * width, fraction
    return crossed


def test_looks_past_the_end_are_told_apart_from_one_at_the_end() -> None:
    # The correlation of the last two looks is √(0.9 / 1.3), not √0.9: a boundary for the latter finds 5.9 % of equals different.
    steps = np.random.default_rng(3).normal(0, np.sqrt([0.9, 0.4]), (200_000, 2))
    z = np.abs(np.cumsum(steps, axis=1) / np.sqrt([0.9, 1.3]))

    right = (z > boundaries((0.9, 1.3), Spending.OBRIEN_FLEMING, 0.05)).any(axis=1).mean()
    wrong = (z > boundaries((0.9, 1.0), Spending.OBRIEN_FLEMING, 0.05)).any(axis=1).mean()

    assert right == pytest.approx(0.05, abs=0.0016)
    assert wrong > 0.055


def test_a_look_too_early_for_any_boundary_says_so() -> None:
    look = GroupSequential((0.0025,))

    found = look.interval(effect_of(3.0))

    assert look.boundary == math.inf
    assert found is TOO_EARLY
    assert as_lift(found) is TOO_EARLY
    assert look.p_value(effect_of(3.0)).value == pytest.approx(1)


@pytest.mark.parametrize("fractions", [FIFTHS[:1], FIFTHS[:4], DAYS, (0.3, 1.2)])
@pytest.mark.parametrize("spending", Spending)
@pytest.mark.parametrize("alpha", [0.05, 0.013])
def test_a_repeated_p_value_is_under_alpha_just_where_the_interval_leaves_0_out(
    fractions: tuple[float, ...], spending: Spending, alpha: float
) -> None:
    look = GroupSequential(fractions, spending, alpha)

    inside, outside = (look.p_value(effect_of(look.boundary * factor)).value for factor in (0.9999, 1.0001))

    assert outside < alpha < inside


@given(
    st.lists(st.floats(0.003, 1.5), min_size=1, max_size=6).map(sorted),
    st.sampled_from(Spending),
    st.lists(st.floats(0, 9), min_size=2, max_size=2).map(sorted),
)
def test_more_z_is_never_less_significant_and_a_repeated_interval_is_never_shorter_than_a_plain_one(
    fractions: list[float], spending: Spending, zs: list[float]
) -> None:
    look = GroupSequential(merge_looks(fractions), spending)
    less, more = (look.p_value(effect_of(z)).value for z in zs)
    shown, plain = look.interval(effect_of(zs[1])), FixedHorizon().interval(effect_of(zs[1]))

    assert more <= less
    assert look.p_value(effect_of(-zs[1])).value == more
    assert look.boundary > 1.9599
    assert shown is TOO_EARLY or (isinstance(shown, Estimate) and shown.ci_upper >= plain.ci_upper - 1e-4 > zs[1])


def test_few_units_widen_a_boundary_as_they_widen_one_look() -> None:
    # 20,000 experiments on equals with looks at 4, 8, … 20 units an arm, variances not known.
    arms = np.random.default_rng(6).normal(0, 1, (2, RUNS, 20))
    sizes = np.arange(4, 21, 4)
    t = []
    for n in sizes:
        control, treatment = (arm[:, :n] for arm in arms)
        error = np.sqrt((control.var(axis=1, ddof=1) + treatment.var(axis=1, ddof=1)) / n)
        t.append(np.abs(treatment.mean(axis=1) - control.mean(axis=1)) / error)
    bounds = boundaries(FIFTHS, Spending.POCOCK, 0.05)

    widened = as_student(bounds, np.asarray(2.0 * sizes - 2, np.float64)) < np.array(t).T
    plain = bounds < np.array(t).T

    assert 0.044 < widened.any(axis=1).mean() < 0.0555
    assert plain.any(axis=1).mean() > 0.08


@pytest.mark.parametrize("degrees_of_freedom", [3.0, 18.0, math.inf])
def test_a_look_on_few_units_has_an_interval_that_goes_with_its_p_value(degrees_of_freedom: float) -> None:
    look = GroupSequential(FIFTHS)

    found = look.interval(Effect(5.0, 1.0, degrees_of_freedom, 40.0, "test"))

    assert isinstance(found, Estimate)
    edge = Effect(found.ci_upper - 5, 1.0, degrees_of_freedom, 40.0, "test")
    assert look.p_value(edge).value == pytest.approx(0.05, rel=1e-4)
    assert look.p_value(Effect(1e9, 1.0, degrees_of_freedom, 40.0, "test")).value < 1e-6


@given(st.sampled_from(Spending), st.floats(0.001, 1), st.floats(0.001, 1), st.floats(0.001, 0.2))
def test_spending_grows_up_to_alpha_and_no_further(spending: Spending, one: float, other: float, alpha: float) -> None:
    early, late = sorted((one, other))

    assert 0 <= spend(spending, early, alpha) <= spend(spending, late, alpha) <= alpha * (1 + 1e-12)
    assert spend(spending, 1.7, alpha) == pytest.approx(alpha)


@pytest.mark.parametrize("spending", Spending)
def test_many_levels_at_once_are_each_as_one_alone(spending: Spending) -> None:
    levels = (0.001, 0.05, 0.3)

    together = last_boundaries(DAYS, spending, levels)

    assert pytest.approx(np.array([boundaries(DAYS, spending, level) for level in levels]), abs=1e-6) == together.T


def test_a_repeated_p_value_is_the_level_that_just_crosses() -> None:
    look = GroupSequential(FIFTHS[:3])

    assert look.p_value(effect_of(look.boundary)).value == pytest.approx(0.05, rel=2e-3)
    assert look.p_value(effect_of(1.0)).value > 0.3
    assert look.p_value(effect_of(9.0)).value < 1e-6
    assert look.p_above(effect_of(-3.0)).value == 1


def test_looks_too_close_together_and_past_the_end_are_one() -> None:
    assert merge_looks([0.1, 0.1001, 0.5, 1.2, 1.3]) == (0.1, 0.5, 1.3)
    assert merge_looks([0.0, 0.5]) == (STEP_MIN, 0.5)
    assert merge_looks([]) == (STEP_MIN,)


def walks(seed: int, looks: int = 14) -> np.ndarray:
    """Draw z at equally spaced looks of experiments on equals."""
    steps = np.random.default_rng(seed).normal(0, 1, (RUNS, looks))
    return np.cumsum(steps, axis=1) / np.sqrt(np.arange(1, looks + 1))


def test_group_sequential_looks_keep_their_level_and_plain_ones_do_not() -> None:
    z = np.abs(walks(1))

    guarded = (z > boundaries(DAYS, Spending.OBRIEN_FLEMING, 0.05)).any(axis=1).mean()
    peeking = (z > 1.96).any(axis=1).mean()

    assert 0.044 < guarded < 0.0555  # about 4.9 %: each side spends half as if the other were not there
    assert 0.20 < peeking < 0.25  # the negative control: 22 %


def test_a_confidence_sequence_hardly_ever_leaves_the_truth_out() -> None:
    units = np.arange(1, 15) * 1_000.0
    z = walks(2)
    effect = Effect(z, np.ones_like(z), np.full_like(z, np.inf), np.broadcast_to(units, z.shape), "test")

    ever = (np.abs(z) > half_width(effect, 0.05)).any(axis=1).mean()

    assert 0.006 < ever < 0.022  # about 1.3 % over 14 looks; near 5 % would be a bug


def test_the_p_value_of_a_sequence_is_the_level_of_its_interval() -> None:
    sequence = ConfidenceSequence()
    on_the_edge = effect_of(float(half_width(effect_of(0.0), 0.05)))

    assert sequence.p_value(on_the_edge).value == pytest.approx(0.05)
    assert sequence.interval(on_the_edge).ci_lower == pytest.approx(0)
    assert sequence.p_above(effect_of(-1.0)).value == 1
    assert sequence.p_value(effect_of(0.0)).value == 1


@given(st.floats(-8, 8), st.floats(100, 10**8))
def test_an_interval_has_its_value_in_it_and_is_never_shorter_than_that_of_one_look(z: float, units: float) -> None:
    fixed, sequence = FixedHorizon().interval(effect_of(z, units)), ConfidenceSequence().interval(effect_of(z, units))

    assert sequence.ci_lower < fixed.ci_lower < z < fixed.ci_upper < sequence.ci_upper


@pytest.mark.parametrize("z", [-1.5, 0.3, 2.0, 3.5])
@pytest.mark.parametrize("units", [300.0, 5_000.0, 200_000.0])
def test_the_one_sided_p_value_is_one_over_a_mixture_of_effects_above_nothing(z: float, units: float) -> None:
    # Robbins' mixture, integrated by SciPy: a half-normal law of λ over e^(λS − λ²n/2), with S = z √n.
    variance = tuning(0.1, 5_000)

    def weigh(λ: float) -> float:  # noqa: PLC2401
        law = 2 * math.exp(-(λ**2) / (2 * variance)) / math.sqrt(2 * math.pi * variance)
        return law * math.exp(λ * z * math.sqrt(units) - λ**2 * units / 2)

    mixture, _ = integrate.quad(weigh, 0, 12 * math.sqrt(variance), points=[1 / math.sqrt(units)], limit=200)

    assert anytime_p_above(effect_of(z, units), 0.05) == pytest.approx(1 / mixture, rel=1e-6)


def test_a_one_sided_sequence_keeps_its_level_where_half_of_two_sides_would_be_bolder() -> None:
    on_the_edge = effect_of(float(half_width(effect_of(0.0), 0.1)))

    assert 0.05 < ConfidenceSequence().p_above(on_the_edge).value < 0.0505


def test_many_sequences_at_once_are_each_as_one_alone() -> None:
    z, units = np.array([0.5, 3.0, -4.0]), np.array([100.0, 5_000.0, 10**6])
    many = Effect(z, np.ones(3), np.full(3, np.inf), units, "test")

    assert anytime_p(many, 0.05).tolist() == pytest.approx(
        [anytime_p(effect_of(a, b), 0.05) for a, b in zip(z.tolist(), units.tolist(), strict=True)]
    )


def test_the_alarm_is_that_of_its_authors() -> None:
    # M. Lindon's ssrm-test 0.1.5: sequential_p_values([[…]], [0.5, 0.5])[-1], which multiplies the predictive of each unit.
    counts, concentration, log_factor = (520, 480), 10_000, 0.0
    seen = [0, 0]
    for arm in [0] * counts[0] + [1] * counts[1]:
        predictive = (concentration / 2 + seen[arm]) / (concentration + sum(seen))
        log_factor += math.log(predictive / 0.5)
        seen[arm] += 1

    found = sound_alarm([(counts, (1, 1))])

    assert isinstance(found, PValue)
    assert found.value == pytest.approx(min(1.0, math.exp(-log_factor)))


def test_the_alarm_is_raised_by_a_loss_and_not_by_chance() -> None:
    lost, sound = sound_alarm([((50_000, 48_500), (1, 1))]), sound_alarm([((50_000, 49_900), (1, 1))])
    unplanned = sound_alarm([((5, 5, 1), (1, 1, 0))])

    assert isinstance(lost, PValue)
    assert lost.value < 0.001
    assert isinstance(sound, PValue)
    assert sound.value > 0.05
    assert isinstance(unplanned, Missing)
    assert unplanned.code is MissingCode.UNPLANNED_UNITS


def test_shares_are_compared_as_scipy_compares_a_table() -> None:
    found = compare_shares((30, 55), (1_000, 1_010))

    theirs = stats.chi2_contingency([[30, 970], [55, 955]], correction=False)
    assert isinstance(found, PValue)
    assert found.value == pytest.approx(theirs.pvalue)


@pytest.mark.parametrize("counts", [(3, 0), (0, 9), (1, 1)])
@pytest.mark.parametrize("totals", [(40, 1_000), (500, 500), (20_000, 980_000)])
def test_few_are_compared_as_fisher_s_exact_test_of_scipy_does(
    counts: tuple[int, int], totals: tuple[int, int]
) -> None:
    found = compare_shares(counts, totals)

    table = [counts, [total - count for count, total in zip(counts, totals, strict=True)]]
    assert isinstance(found, PValue)
    assert found.method == "Fisher's exact test of equal shares"
    assert found.value == pytest.approx(stats.fisher_exact(table).pvalue, rel=1e-5)


def test_a_small_variation_that_loses_all_its_units_is_found() -> None:
    found = compare_shares((60, 1, 0), (1_000, 19_000, 20_000))

    rest = stats.fisher_exact([[60, 1], [940, 38_999]]).pvalue
    assert isinstance(found, PValue)
    assert found.value == pytest.approx(3 * rest, rel=1e-5)
    assert found.value < 1e-80


@pytest.mark.parametrize(
    ("counts", "totals", "code"),
    [((0, 0), (10, 10), MissingCode.NO_VARIANCE), ((3, 0), (10, 0), MissingCode.NO_UNITS)],
)
def test_shares_without_a_difference_to_find_say_so(
    counts: tuple[int, int], totals: tuple[int, int], code: MissingCode
) -> None:
    found = compare_shares(counts, totals)

    assert isinstance(found, Missing)
    assert found.code is code


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_false_discoveries_are_adjusted_as_statsmodels_does(p_values: list[float]) -> None:
    assert adjust_rates(p_values) == pytest.approx(tuple(multipletests(p_values, method="fdr_bh")[1]))


SSRM = [
    ((520, 470), (1, 1), 0.9356180835378876),
    ((9_300, 700), (95, 5), 3.7195169477798942e-09),
    ((2_100, 3_150, 4_400), (2, 3, 5), 2.0678057869847475e-08),
    ((50_000, 48_900), (1, 1), 0.012755970057661683),
]


def test_the_alarm_is_that_of_ssrm_test() -> None:
    # ssrm-test 0.1.5: 1 / sequential_bayes_factors(counts, shares)[-1]; the package itself needs NumPy 1.
    for counts, planned, theirs in SSRM:
        found = sound_alarm([(counts, planned)])

        assert isinstance(found, PValue)
        assert found.value == pytest.approx(theirs, rel=1e-6)


def a_contrast(control: float, treatment: float, error: float = 0.002) -> Contrast[float]:
    return Contrast(control, treatment, error**2 / 2, error**2 / 2, 0.0, (math.inf, math.inf), 50_000.0, "test")


@pytest.mark.parametrize(
    ("treatment", "direction", "judgement"),
    [
        (0.80, Direction.INCREASE, Judgement.HELD),
        (0.784, Direction.INCREASE, Judgement.NOT_SHOWN_YET),
        (0.76, Direction.INCREASE, Judgement.HARMED),
        (0.84, Direction.INCREASE, Judgement.HELD),
        (0.84, Direction.DECREASE, Judgement.HARMED),
        (0.79, Direction.DECREASE, Judgement.HELD),
    ],
)
def test_a_guardrail_holds_or_is_harmed_by_its_margin(
    treatment: float, direction: Direction, judgement: Judgement
) -> None:
    assert judge_guardrail(a_contrast(0.80, treatment), direction, 0.02, FixedHorizon(), 0.05) is judgement


def test_units_for_one_look_are_those_of_statsmodels() -> None:
    design = Design(baseline=0.8, deviation=0.4)

    theirs = NormalIndPower().solve_power(0.01 / 0.4, power=0.8, alpha=0.05)
    assert find_units(design, 0.01) == pytest.approx(2 * theirs, rel=2e-4)
    assert find_effect(design, 2 * theirs) == pytest.approx(0.01, rel=1e-4)


@pytest.mark.parametrize(("d", "units"), [(0.05, 6_280.049), (0.1, 1_570.733)])
def test_units_for_one_look_are_those_of_r_s_pwr(d: float, units: float) -> None:
    # R 4.2.2, pwr 1.3.0: pwr.t.test(d, power = 0.8)$n, units in each arm; it takes Student's t where we take the normal.
    assert find_units(Design(baseline=1.0, deviation=1.0), d) == pytest.approx(2 * units, rel=1e-3)


@pytest.mark.parametrize(("units", "power"), [(50, 0.07852399), (500, 0.3520444), (5_000, 0.9988154)])
def test_the_power_of_one_look_is_that_of_r_s_pwr(units: int, power: float) -> None:
    # pwr.t.test(d = 0.1, n = units)$power, units in each arm.
    assert find_power(Design(1.0, 1.0), 2 * units, 0.1) == pytest.approx(power, abs=1e-3)


def test_the_power_of_uneven_shares_is_that_of_r_s_pwr() -> None:
    # pwr.t2n.test(n1 = 8000, n2 = 2000, d = 0.07)$power
    assert find_power(Design(1.0, 1.0, treatment_ratio=0.2), 10_000, 0.07) == pytest.approx(0.7994815, abs=1e-3)


def test_uneven_shares_need_more_units_as_statsmodels_says() -> None:
    theirs = NormalIndPower().solve_power(0.1, power=0.9, alpha=0.05, ratio=0.25)

    assert find_units(Design(0, 1, power=0.9, treatment_ratio=0.2), 0.1) == pytest.approx(1.25 * theirs, rel=2e-4)


def test_daily_looks_cost_little_power_and_a_sequence_more() -> None:
    # design: 78.6 % for O'Brien–Fleming over 14 looks where one look has 80.3 %.
    units = 25_300
    one, daily, always = (find_power(Design(0.8, 0.4, looking=looking), units, 0.0141) for looking in Looking)

    assert one == pytest.approx(0.80, abs=0.01)
    assert one - 0.03 < daily < one - 0.005
    assert always < daily


def test_a_sequence_counts_what_it_finds_on_the_way() -> None:
    # 20,000 simulated experiments, each watched 14 times.
    design, units, effect = Design(0.8, 0.4, looking=Looking.CONFIDENCE_SEQUENCE), 37_177, 0.016
    drift = effect / find_error(design, units)
    times = np.array(DAYS)
    z = walks(4) + drift * np.sqrt(times)
    bounds = [half_width(effect_of(0.0, units * time), 0.05) for time in DAYS]

    stops = z > bounds
    first = np.where(stops.any(axis=1), times[stops.argmax(axis=1)], 1.0)

    assert find_power(design, units, effect) == pytest.approx(stops.any(axis=1).mean(), abs=0.011)
    assert find_expected_units(design, units, effect) == pytest.approx(units * first.mean(), rel=0.01)


def test_one_look_takes_all_its_units() -> None:
    assert find_expected_units(Design(0.8, 0.4), 1_000, 0.1) == 1_000


def test_guardrails_enter_the_power() -> None:
    alone, guarded = find_units(Design(0.8, 0.4), 0.01), find_units(Design(0.8, 0.4, guardrails=3), 0.01)

    assert alone is not None
    assert guarded is not None
    assert 1.4 < guarded / alone < 2


def test_an_effect_of_nothing_takes_no_number_of_units() -> None:
    assert find_units(Design(0.8, 0.4), 0) is None
    assert find_units(Design(0.8, 0.4), 1e-9) is None


def situation(
    *decisions: Judgement | Missing,
    guardrails: tuple[Judgement | Missing, ...] = (),
    faults: tuple[str, ...] = (),
    may: bool = True,
    final: bool = False,
) -> Situation:
    return Situation(
        [Judged(f"metric {i}", "B", judgement) for i, judgement in enumerate(decisions)],
        [Judged(f"guardrail {i}", "B", judgement) for i, judgement in enumerate(guardrails)],
        faults,
        may,
        final,
    )


BETTER, WORSE, NONE = Judgement.BETTER, Judgement.WORSE, Judgement.NO_DIFFERENCE_SHOWN
HELD, HARMED, OPEN = Judgement.HELD, Judgement.HARMED, Judgement.NOT_SHOWN_YET


@pytest.mark.parametrize(
    ("given", "decision"),
    [
        (situation(BETTER, guardrails=(HELD,)), Decision.SHIP),
        (situation(BETTER, BETTER), Decision.SHIP),
        (situation(BETTER, guardrails=(Missing(MissingCode.NO_VARIANCE, "Never."),)), Decision.SHIP),
        (situation(BETTER, guardrails=(Missing(MissingCode.TOO_FEW_UNITS, "Few."),)), Decision.KEEP_GOING),
        (situation(BETTER, NONE), Decision.KEEP_GOING),
        (situation(BETTER, guardrails=(OPEN,)), Decision.KEEP_GOING),
        (situation(BETTER, guardrails=(HELD, HARMED)), Decision.STOP),
        (situation(WORSE), Decision.STOP),
        (situation(NONE, final=True), Decision.STOP),
        (situation(NONE), Decision.KEEP_GOING),
        (situation(BETTER, may=False), Decision.KEEP_GOING),
        (situation(WORSE, guardrails=(HARMED,), may=False), Decision.STOP),
        (situation(BETTER, guardrails=(HELD,), faults=("The ratio is off.",)), Decision.BROKEN),
        (situation(Missing(MissingCode.NO_UNITS, "Nobody.")), Decision.KEEP_GOING),
        (situation(), Decision.KEEP_GOING),
    ],
)
def test_the_rule_decides_by_harm_first_and_then_by_proof(given: Situation, decision: Decision) -> None:
    assert decide(given).decision is decision


def test_one_good_treatment_of_two_is_shipped() -> None:
    given = Situation(
        [Judged("success", "A", WORSE), Judged("success", "B", BETTER)],
        [Judged("lockouts", "A", HARMED)],
        (),
        True,
        False,
    )

    verdict = decide(given)

    assert verdict.decision is Decision.SHIP
    assert verdict.reasons == ("B is better in success.", "lockouts is harmed beyond its margin with A.")
