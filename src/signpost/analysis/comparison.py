"""Every treatment against the control."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.arm import Arm
from signpost.analysis.difference import estimate_difference
from signpost.analysis.equality import calculate_p_value
from signpost.analysis.holm import adjust_p_values
from signpost.analysis.lift import estimate_lift


class Conclusion(StrEnum):
    """What a comparison shows at its level."""

    HIGHER = "higher"
    LOWER = "lower"
    NO_DIFFERENCE_SHOWN = "no_difference_shown"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One treatment against the control.

    Each interval has its own level, whatever the number of treatments. The decision is `conclusion`: the
    p-value, adjusted for the number of treatments, against 1 − confidence level.
    """

    absolute: Estimate | Missing
    relative: Estimate | Missing
    p_value: PValue | Missing
    adjusted_p_value: PValue | Missing
    conclusion: Conclusion | Missing


def compare(control: Arm, treatments: Sequence[Arm], confidence_level: float = 0.95) -> tuple[Comparison, ...]:
    """Return the comparisons in the order of the treatments."""
    p_values = [calculate_p_value(control, treatment) for treatment in treatments]
    adjusted_p_values = adjust_p_values(p_values)
    return tuple(
        _compare_one(control, treatment, p_value, adjusted, confidence_level)
        for treatment, p_value, adjusted in zip(treatments, p_values, adjusted_p_values, strict=True)
    )


def refuse(reason: Missing) -> Comparison:
    """Return the comparison that can't be made, for a reason that holds for all of it."""
    return Comparison(absolute=reason, relative=reason, p_value=reason, adjusted_p_value=reason, conclusion=reason)


def _compare_one(
    control: Arm,
    treatment: Arm,
    p_value: PValue | Missing,
    adjusted: PValue | Missing,
    confidence_level: float,
) -> Comparison:
    absolute = estimate_difference(control, treatment, confidence_level)
    return Comparison(
        absolute=absolute,
        relative=estimate_lift(control, treatment, confidence_level),
        p_value=p_value,
        adjusted_p_value=adjusted,
        conclusion=_conclude(absolute, adjusted, 1 - confidence_level),
    )


def _conclude(
    absolute: Estimate | Missing, adjusted: PValue | Missing, significance_level: float
) -> Conclusion | Missing:
    if isinstance(absolute, Missing):
        return absolute
    if isinstance(adjusted, Missing):
        return adjusted
    if adjusted.value >= significance_level:
        return Conclusion.NO_DIFFERENCE_SHOWN
    return Conclusion.HIGHER if absolute.value > 0 else Conclusion.LOWER
