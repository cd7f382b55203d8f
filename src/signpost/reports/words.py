"""The numbers of results as people write them."""

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.results import Decision, Judgement, Results
from signpost.analysis.sample_ratio import SampleRatio
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.metrics import Metric

P_VALUE_MIN = 0.0001
"""Below this only the size matters."""
TIME = "%Y-%m-%d %H:%M"

JUDGEMENTS = {
    Judgement.BETTER: "better",
    Judgement.WORSE: "worse",
    Judgement.NO_DIFFERENCE_SHOWN: "no difference shown",
    Judgement.HELD: "held",
    Judgement.HARMED: "HARMED",
    Judgement.NOT_SHOWN_YET: "not shown yet",
}
DECISIONS = {
    Decision.SHIP: "Ship it",
    Decision.STOP: "Stop",
    Decision.KEEP_GOING: "Keep going",
    Decision.BROKEN: "Broken: repair it before you read any difference",
}
LOOKING = {
    Looking.FIXED: "one look at the planned end",
    Looking.GROUP_SEQUENTIAL: "a look a day until the planned end",
    Looking.CONFIDENCE_SEQUENCE: "may be looked at at any time",
}


def say_value(value: float, metric: Metric) -> str:
    """`80.12 %`, `1.25 s`, `3.4 attempts`."""
    (number,), unit = _write([value], metric)
    return f"{number}{unit}"


def say_level(estimate: Estimate, metric: Metric) -> str:
    """`80.12 % (79.34 – 80.88)`."""
    (value, lower, upper), unit = _write([estimate.value, estimate.ci_lower, estimate.ci_upper], metric)
    return f"{value}{unit} ({lower} – {upper})"


def say_difference(difference: Estimate, metric: Metric) -> str:
    """`+3.10 pp (+2.01 … +4.18)` in percentage points of rates, and in the metric's measure of others."""
    numbers, unit = _write([difference.value, difference.ci_lower, difference.ci_upper], metric, sign="+")
    value, lower, upper = numbers
    return f"{value}{' pp' if metric.is_proportion else unit} ({lower} … {upper})"


def say_lift(lift: Estimate) -> str:
    """`+3.9 % (+2.5 … +5.2)`."""
    return f"{100 * lift.value:+.1f} % ({100 * lift.ci_lower:+.1f} … {100 * lift.ci_upper:+.1f})"


def say_p_value(p_value: PValue) -> str:
    """`p = 0.0312`, or `p < 0.0001`."""
    return f"p < {P_VALUE_MIN}" if p_value.value < P_VALUE_MIN else f"p = {p_value.value:.4f}"


def say_judgement(judgement: Judgement | Missing) -> str:
    """One or two words, or the reason why there are none."""
    return f"no conclusion. {judgement.message}" if isinstance(judgement, Missing) else JUDGEMENTS[judgement]


def say_sample_ratio(ratio: SampleRatio | Missing) -> str:
    """Whether the variations got their shares."""
    if isinstance(ratio, Missing):
        return f"not checked. {ratio.message}"
    found = "NOT AS PLANNED" if ratio.is_mismatch else "as planned"
    p_value = f"p < {P_VALUE_MIN}" if ratio.p_value < P_VALUE_MIN else f"p = {ratio.p_value:.4f}"
    return f"{found} (χ² = {ratio.statistic:.2f}, {p_value}, alarm under {ratio.threshold})"


def say_plan(plan: AnalysisPlan) -> str:
    """How the experiment is looked at."""
    size = "" if plan.planned_units is None else f", {plan.planned_units:,} units planned"
    return f"{LOOKING[plan.looking]}{size}, {100 * plan.alpha:g} % error"


def say_period(results: Results) -> str:
    """How many units, from when to when, and who is not among them."""
    said = _count(results.units, "unit")
    if results.first_exposure_at is not None and results.last_exposure_at is not None:
        said += f", exposed from {results.first_exposure_at:{TIME}} to {results.last_exposure_at:{TIME}} UTC"
    arms = results.variations
    left_out = [
        f"{_count(number, noun)}{more}"
        for number, noun, more in (
            (sum(arm.drifted_units for arm in arms), "unit", " seen in more than one variation"),
            (sum(arm.automated_units for arm in arms), "unit", " suspected to be automated"),
            (sum(arm.forced_exposures for arm in arms), "forced exposure", ""),
        )
        if number
    ]
    return f"{said}; left out: {', '.join(left_out)}" if left_out else said


def _write(values: list[float], metric: Metric, sign: str = "") -> tuple[list[str], str]:
    """Return the values with as many digits as are worth reading, and the unit that all of them have."""
    largest = max(map(abs, values))
    if metric.is_proportion:
        return [f"{100 * value:{sign}.2f}" for value in values], " %"
    if metric.measure == "ms" and largest >= 1000:
        return [f"{value / 1000:{sign},.2f}" for value in values], " s"
    digits = 0 if largest >= 1000 else 3 - max(0, len(str(int(largest))) - 1)
    return [f"{value:{sign},.{digits}f}" for value in values], f" {metric.measure}" if metric.measure else ""


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
