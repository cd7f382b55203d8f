"""The ways of looking, against tables, other programs and their own promises."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.power import NormalIndPower

from signpost.analysis import Missing, MissingCode, PValue
from signpost.analysis.confidence_sequence import ConfidenceSequence, anytime_p, half_width
from signpost.analysis.contrasts import Contrast
from signpost.analysis.deciding import Judged, Situation, decide
from signpost.analysis.effects import Effect
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.group_sequential import GroupSequential, boundaries, merge_looks
from signpost.analysis.guardrails import judge_guardrail
from signpost.analysis.planning import Design, find_effect, find_power, find_units
from signpost.analysis.results import Decision, Judgement
from signpost.analysis.sample_ratio import compare_shares, sound_alarm
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


def test_a_look_too_early_for_any_boundary_says_so() -> None:
    assert GroupSequential((0.001,)).boundary == math.inf


def test_a_repeated_p_value_is_the_level_that_just_crosses() -> None:
    look = GroupSequential(FIFTHS[:3])

    assert look.p_value(effect_of(look.boundary)).value == pytest.approx(0.05, rel=2e-3)
    assert look.p_value(effect_of(1.0)).value > 0.3
    assert look.p_value(effect_of(9.0)).value < 1e-6
    assert look.p_above(effect_of(-3.0)).value == 1


def test_looks_too_close_together_and_past_the_end_are_one() -> None:
    assert merge_looks([0.1, 0.1001, 0.5, 1.2, 1.3]) == (0.1, 0.5, 1.0)
    assert merge_looks([0.0]) == (0.001,) or merge_looks([0.0]) == (0.0,)


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
