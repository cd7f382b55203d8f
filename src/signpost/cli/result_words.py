"""The numbers of a result as people write them."""

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.comparison import Conclusion
from signpost.analysis.sample_ratio import SampleRatio
from signpost.usecases.results import Results

P_VALUE_MIN = 0.0001
"""Below this only the size matters."""
TIME = "%Y-%m-%d %H:%M"

CONCLUSIONS = {
    Conclusion.HIGHER: "higher",
    Conclusion.LOWER: "lower",
    Conclusion.NO_DIFFERENCE_SHOWN: "no difference shown",
}


def say_rate(rate: Estimate) -> str:
    """`80.12 % (79.34–80.88)`."""
    return f"{rate.value:.2%}".replace("%", " %") + f" ({100 * rate.ci_lower:.2f}–{100 * rate.ci_upper:.2f})"


def say_difference(difference: Estimate) -> str:
    """`+3.10 pp (+2.01 … +4.18)`, in percentage points."""
    return f"{100 * difference.value:+.2f} pp ({100 * difference.ci_lower:+.2f} … {100 * difference.ci_upper:+.2f})"


def say_lift(lift: Estimate) -> str:
    """`+3.9 % (+2.5 … +5.2)`."""
    return f"{100 * lift.value:+.1f} % ({100 * lift.ci_lower:+.1f} … {100 * lift.ci_upper:+.1f})"


def say_p_value(p_value: PValue) -> str:
    """`p = 0.0312`, or `p < 0.0001`."""
    return f"p < {P_VALUE_MIN}" if p_value.value < P_VALUE_MIN else f"p = {p_value.value:.4f}"


def say_conclusion(conclusion: Conclusion | Missing) -> str:
    """One or two words, or the reason why there are none."""
    return f"no conclusion. {conclusion.message}" if isinstance(conclusion, Missing) else CONCLUSIONS[conclusion]


def say_sample_ratio(ratio: SampleRatio | Missing) -> str:
    """Whether the variations got their shares."""
    if isinstance(ratio, Missing):
        return f"not checked. {ratio.message}"
    found = "NOT AS PLANNED" if ratio.is_mismatch else "as planned"
    p_value = f"p < {P_VALUE_MIN}" if ratio.p_value < P_VALUE_MIN else f"p = {ratio.p_value:.4f}"
    return f"{found} (χ² = {ratio.statistic:.2f}, {p_value}, alarm under {ratio.threshold})"


def say_period(results: Results) -> str:
    """How many units, from when to when, and who is not among them."""
    said = _count(results.units, "unit")
    if results.first_exposure_at is not None and results.last_exposure_at is not None:
        said += f", exposed from {results.first_exposure_at:{TIME}} to {results.last_exposure_at:{TIME}} UTC"
    left_out = [
        f"{_count(number, noun)}{more}"
        for number, noun, more in (
            (results.drifted_units, "unit", " seen in more than one variation"),
            (results.forced_exposures, "forced exposure", ""),
        )
        if number
    ]
    return f"{said}; left out: {', '.join(left_out)}" if left_out else said


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
