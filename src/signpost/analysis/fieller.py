"""The relative lift by Fieller's interval, for who asks for it: the logarithm's is the one that is shown."""

import math

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.contrasts import Contrast
from signpost.analysis.distributions import student_two_sided_t

METHOD = "Fieller's interval"


def estimate_fieller_lift(found: Contrast[float], confidence_level: float = 0.95) -> Estimate | Missing:
    """Return treatment over control, minus 1, with the bounds that a test of each lift would not reject.

    Source: E. C. Fieller (1954), Some problems in interval estimation, JRSS B 16, 175–185: all ρ with (t − ρc)² ≤ q² (v_t − 2ρ v_tc
    + ρ² v_c). Where the control itself may be 0 these are no interval, and it is refused. The quantile q has the degrees of freedom
    of the absolute difference.
    """
    degrees_of_freedom = found.absolute().degrees_of_freedom
    q2 = float(student_two_sided_t(confidence_level, degrees_of_freedom)) ** 2
    square = found.control**2 - q2 * found.control_variance
    if square <= 0:
        return Missing(
            MissingCode.LIFT_UNDEFINED, "The control's value can't be told from 0: a lift over it has no bounds."
        )
    middle = found.control * found.treatment - q2 * found.covariance
    last = found.treatment**2 - q2 * found.treatment_variance
    # Where it comes out below 0 it is 0 but for rounding: with the control's square above 0 there is always an interval.
    half = math.sqrt(max(0.0, middle**2 - square * last))
    return Estimate(
        value=found.treatment / found.control - 1,
        ci_lower=(middle - half) / square - 1,
        ci_upper=(middle + half) / square - 1,
        confidence_level=confidence_level,
        method=f"{METHOD}, {found.method}",
    )
