"""One metric of an experiment: from the sums of its arms to what they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

from signpost.analysis.adjustment import adjust_or_not
from signpost.analysis.answers import Estimate, Loss, Missing, MissingCode, PValue
from signpost.analysis.arm import Arm
from signpost.analysis.bayes import view_effect
from signpost.analysis.beta_binomial import METHOD as RATES
from signpost.analysis.beta_binomial import weigh_rates
from signpost.analysis.cells import Histogram, Sums
from signpost.analysis.clusters import contrast_clusters
from signpost.analysis.contrasts import Contrast
from signpost.analysis.difference import estimate_difference
from signpost.analysis.effects import Effect
from signpost.analysis.equality import calculate_p_value, refuse_rates
from signpost.analysis.false_discovery import adjust_discoveries
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.guardrails import judge_guardrail
from signpost.analysis.holm import adjust_p_values
from signpost.analysis.lift import estimate_lift
from signpost.analysis.looks import Look, as_lift, negate
from signpost.analysis.means import RATIOS, centre, centre_ratio, contrast
from signpost.analysis.quantiles import contrast_quantiles, estimate_quantile
from signpost.analysis.rate import estimate_rate
from signpost.analysis.results import ArmResult, ComparisonResult, Judgement
from signpost.analysis.strata import combine
from signpost.model.metrics import Aggregation, Direction, Metric, Role

EVENTS_MIN = 5
"""Events, per arm, under which sums of counts are too far from normal to be looked at once."""
WATCHED_EVENTS_MIN = 20
"""The same for what is looked at all along: the first looks, with the fewest events, are where a sequence is misled."""
NOTHING = Sums(0, 0, 0)
ALL_THE_SAME = "every unit has the same value"
NO_UNITS = Missing(MissingCode.NO_UNITS, "No unit of a variation has a value yet.")


@dataclass(frozen=True, slots=True)
class ArmData:
    """What is known of one metric in one arm: sums by phase, and as the metric asks for it a histogram or sums over clusters."""

    phases: Mapping[int, Sums]
    histogram: Histogram | None = None
    clusters: Sums | None = None

    @property
    def total(self) -> Sums:
        """The sums over all phases."""
        return reduce(Sums.plus, self.phases.values(), NOTHING)


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for all comparisons of an experiment. `doubt` is why none of them may be concluded from."""

    look: Look
    alpha: float
    doubt: Missing | None = None


def describe_arm(variation_id: str, metric: Metric, data: ArmData) -> ArmResult:
    """Return one arm's own value with its interval, over all its units, whatever their phase."""
    sums = data.total
    if metric.aggregation is Aggregation.QUANTILE:
        histogram = data.histogram or Histogram((), (), ())
        return ArmResult(
            variation_id, sum(histogram.counts), None, estimate_quantile(histogram, metric.quantile or 0.5)
        )
    if metric.is_proportion:
        return ArmResult(variation_id, sums.n, sums.x, estimate_rate(Arm(sums.n, sums.x)))
    refusal = _refuse(metric, (sums,))
    if refusal is not None:
        return ArmResult(variation_id, sums.n, sums.x, refusal)
    is_ratio = metric.aggregation is Aggregation.RATIO
    sample = centre_ratio(sums) if is_ratio else centre(sums)
    if sample.variance <= 0:
        return ArmResult(
            variation_id, sums.n, sums.x, Estimate(sample.mean, sample.mean, sample.mean, 1.0, ALL_THE_SAME)
        )
    one = contrast(sample, sample, RATIOS if is_ratio else "t on the mean over units")
    own = replace(one.absolute(), value=sample.mean, standard_error=one.control_variance**0.5)
    return ArmResult(
        variation_id, sums.n, sums.x, FixedHorizon().interval(replace(own, degrees_of_freedom=sums.n - 1.0))
    )


def compare_arms(
    metric: Metric, control: ArmData | None, treatments: Mapping[str, ArmData], setting: Setting
) -> list[ComparisonResult]:
    """Return each treatment against the control, p-values not yet adjusted for their number."""
    return [
        refuse(variation_id, _NO_CONTROL) if control is None else _compare(variation_id, metric, control, data, setting)
        for variation_id, data in treatments.items()
    ]


def adjust(
    metrics: Sequence[Metric], comparisons: Sequence[list[ComparisonResult]], alpha: float
) -> list[tuple[ComparisonResult, ...]]:
    """Return all comparisons of all metrics with p-values adjusted, and judged by them.

    Holm over the decision metrics' comparisons, Benjamini–Hochberg over the exploratory ones', nothing over the guardrails': each
    of them has to hold by itself.
    """
    adjusted: dict[tuple[int, int], PValue | Missing] = {}
    for role, method in ((Role.DECISION, adjust_p_values), (Role.EXPLORATORY, adjust_discoveries)):
        places = [(i, j) for i, m in enumerate(metrics) if m.role is role for j in range(len(comparisons[i]))]
        found = method([comparisons[i][j].p_value for i, j in places])
        adjusted.update(zip(places, found, strict=True))
    return [
        tuple(
            comparison
            if metric.role is Role.GUARDRAIL
            else replace(
                comparison,
                adjusted_p_value=adjusted[i, j],
                judgement=_judge(metric, comparison, adjusted[i, j], alpha),
            )
            for j, comparison in enumerate(comparisons[i])
        )
        for i, metric in enumerate(metrics)
    ]


def refuse(variation_id: str, reason: Missing) -> ComparisonResult:
    """Return the comparison that can't be made, for a reason that holds for all of it."""
    return ComparisonResult(variation_id, reason, reason, reason, reason, reason, reason, reason)


_NO_CONTROL = Missing(MissingCode.NO_CONTROL, "No variation is the control, so there is nothing to compare with.")


def _compare(
    variation_id: str, metric: Metric, control: ArmData, treatment: ArmData, setting: Setting
) -> ComparisonResult:
    is_watched = metric.role is Role.GUARDRAIL or not isinstance(setting.look, FixedHorizon)
    found = contrast_arms(metric, control, treatment, WATCHED_EVENTS_MIN if is_watched else EVENTS_MIN)
    if isinstance(found, Missing):
        return refuse(variation_id, found)
    effect = found.absolute()
    absolute: Estimate | Missing = setting.look.interval(effect)
    p_value: PValue | Missing = setting.look.p_value(effect)
    relative = lift_of(found, setting.look)
    if _is_plain(metric, control, treatment) and isinstance(setting.look, FixedHorizon):
        one, other = (Arm(data.total.n, data.total.x) for data in (control, treatment))
        level = 1 - setting.alpha
        absolute, p_value = estimate_difference(one, other, level), calculate_p_value(one, other)
        relative = estimate_lift(one, other, level)
    chance, loss = _believe(metric, control, treatment, effect)
    judgement: Judgement | Missing | None = setting.doubt
    if judgement is None and metric.role is Role.GUARDRAIL:
        judgement = judge_guardrail(found, metric.direction, metric.margin or 0.0, setting.look, setting.alpha)
    return ComparisonResult(
        variation_id=variation_id,
        absolute=absolute,
        relative=relative,
        p_value=p_value,
        adjusted_p_value=p_value,
        judgement=judgement or _NOT_JUDGED,
        chance_to_be_better=chance,
        expected_loss=loss,
    )


def _believe(metric: Metric, control: ArmData, treatment: ArmData, effect: Effect[float]) -> tuple[PValue, Loss]:
    """Return the chance that the treatment is better, and its expected loss: of plain rates exactly, else by the normal posterior."""
    is_up = metric.direction is Direction.INCREASE
    if _is_plain(metric, control, treatment):
        arms = [(data.total.x, data.total.n) for data in (control, treatment)]
        chance, loss = weigh_rates(*(arms if is_up else arms[::-1]))
        return PValue(chance, RATES), Loss(loss, RATES)
    view = view_effect(effect if is_up else negate(effect))
    return PValue(view.chance_above, view.method), Loss(view.expected_loss, view.method)


_NOT_JUDGED = Missing(MissingCode.NOT_JUDGED, "Not judged by itself, but with the other metrics.")


def contrast_arms(
    metric: Metric, control: ArmData, treatment: ArmData, events_min: int = EVENTS_MIN
) -> Contrast[float] | Missing:
    """Return two arms side by side, by the family of the metric; or why they can't be compared.

    Of rates and counts so many events must be there, or expected, in each arm.
    """
    if metric.aggregation is Aggregation.QUANTILE:
        nothing = Histogram((), (), ())
        return _check(
            contrast_quantiles(control.histogram or nothing, treatment.histogram or nothing, metric.quantile or 0.5)
        )
    refusal = _refuse(metric, (control.total, treatment.total), events_min)
    if refusal is not None:
        return refusal
    if control.clusters is not None and treatment.clusters is not None:
        return _check(contrast_clusters(control.clusters, treatment.clusters))
    contrasts, weights = [], []
    for phase in sorted({*control.phases, *treatment.phases}):
        one, other = control.phases.get(phase, NOTHING), treatment.phases.get(phase, NOTHING)
        if min(one.n, other.n) >= 2 and (metric.aggregation is not Aggregation.RATIO or min(one.d, other.d) > 0):
            contrasts.append(_contrast(metric, one, other))
            weights.append(float(one.n + other.n))
    return _check(combine(contrasts, weights)) if contrasts else NO_UNITS


def _contrast(metric: Metric, control: Sums, treatment: Sums) -> Contrast[float]:
    if metric.aggregation is Aggregation.RATIO:
        return contrast(centre_ratio(control), centre_ratio(treatment), RATIOS)
    if metric.covariate_days:
        return adjust_or_not(control, treatment)
    return contrast(centre(control), centre(treatment))


def _check(found: Contrast[float] | Missing) -> Contrast[float] | Missing:
    if isinstance(found, Missing) or found.control_variance + found.treatment_variance > 0:
        return found
    return Missing(MissingCode.NO_VARIANCE, "Every unit has the same value: there is no variance to test against.")


def _refuse(metric: Metric, arms: Sequence[Sums], events_min: int = EVENTS_MIN) -> Missing | None:
    """Return why the sums can't be compared, None when they can."""
    if min(sums.n for sums in arms) == 0:
        return NO_UNITS
    if min(sums.n for sums in arms) < 2:
        return Missing(
            MissingCode.TOO_FEW_UNITS, "A variation has one unit with a value: there is no variance to know."
        )
    if metric.aggregation is Aggregation.RATIO and min(sums.d for sums in arms) == 0:
        return Missing(
            MissingCode.NO_DENOMINATOR, "A variation has nothing in the denominator: the ratio is not defined."
        )
    if metric.is_proportion:
        return refuse_rates(Arm(arms[0].n, arms[0].x), Arm(arms[-1].n, arms[-1].x), events_min)
    is_count = metric.aggregation in {Aggregation.COUNT, Aggregation.RATIO}
    if is_count and min(sums.x for sums in arms) < events_min:
        return Missing(
            MissingCode.TOO_FEW_UNITS, f"A variation has fewer than {events_min} events: too few to trust the test."
        )
    return None


def _is_plain(metric: Metric, control: ArmData, treatment: ArmData) -> bool:
    """Return whether nothing but two shares of units is compared."""
    is_one_phase = len({*control.phases, *treatment.phases}) == 1
    has_history = control.total.c + treatment.total.c > 0
    return metric.is_proportion and not has_history and is_one_phase and control.clusters is None


def lift_of(found: Contrast[float], look: Look) -> Estimate | Missing:
    """Return the relative effect by the log-ratio, or why there is none."""
    if found.control <= 0:
        return Missing(MissingCode.LIFT_UNDEFINED, "The control's value is 0: a lift over nothing is not defined.")
    if found.treatment <= 0:
        return Missing(MissingCode.LIFT_UNDEFINED, "The treatment's value is 0: its lift has no interval.")
    return as_lift(look.interval(found.relative()))


def _judge(
    metric: Metric, comparison: ComparisonResult, p_value: PValue | Missing, alpha: float
) -> Judgement | Missing:
    if isinstance(p_value, Missing):
        return p_value
    if isinstance(comparison.judgement, Missing) and comparison.judgement.code is not MissingCode.NOT_JUDGED:
        return comparison.judgement
    if isinstance(comparison.absolute, Missing):
        return comparison.absolute
    if p_value.value >= alpha:
        return Judgement.NO_DIFFERENCE_SHOWN
    is_up = comparison.absolute.value > 0
    return Judgement.BETTER if is_up == (metric.direction is Direction.INCREASE) else Judgement.WORSE
