"""The success rate of one variation."""

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.distributions import Numbers, two_sided_z

METHOD = "Wilson score interval"


def estimate_rate(arm: Arm, confidence_level: float = 0.95) -> Estimate | Missing:
    """Return the share of units with a success, 0–1, with its Wilson interval."""
    if arm.units == 0:
        return Missing(MissingCode.NO_UNITS, "No unit has been exposed to this variation yet.")
    lower, upper = wilson_bounds(float(arm.successes), float(arm.units), two_sided_z(confidence_level))
    return Estimate(
        value=arm.successes / arm.units,
        ci_lower=max(0.0, lower),
        ci_upper=min(1.0, upper),
        confidence_level=confidence_level,
        method=METHOD,
    )


def wilson_bounds(successes: Numbers, units: Numbers, z: float) -> tuple[Numbers, Numbers]:
    """Return the bounds of Wilson's score interval, without continuity correction; there must be units.

    Source: E. B. Wilson (1927), Probable inference, the law of succession, and statistical inference, JASA
    22, 209–212; as method 3 in R. G. Newcombe (1998), Two-sided confidence intervals for the single
    proportion, Statistics in Medicine 17, 857–872. With p = x/n: (2np + z² ± z √(z² + 4np(1 − p))) / 2(n +
    z²).
    """
    centre = 2 * successes + z**2
    spread = z * (z**2 + 4 * successes * (units - successes) / units) ** 0.5
    scale = 2 * (units + z**2)
    return (centre - spread) / scale, (centre + spread) / scale
