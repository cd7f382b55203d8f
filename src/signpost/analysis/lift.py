"""The relative difference between two success rates."""

import math

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.distributions import Numbers, two_sided_z

METHOD = "Katz log-ratio interval"
SUCCESSES_MIN = 5
"""Successes, per variation, below which the logarithm of a rate is too far from normal."""


def estimate_lift(control: Arm, treatment: Arm, confidence_level: float = 0.95) -> Estimate | Missing:
    """Return the treatment's rate over the control's, minus 1 (0.05 is 5 % more), with its interval.

    The interval is symmetric on the scale of the logarithm; a linear one has too many false positives at
    small counts.
    """
    if control.units == 0 or treatment.units == 0:
        return Missing(MissingCode.NO_UNITS, "A lift needs units in both variations.")
    if control.successes == 0:
        return Missing(MissingCode.LIFT_UNDEFINED, "The control has no success: a lift over nothing is not defined.")
    if min(control.successes, treatment.successes) < SUCCESSES_MIN:
        return Missing(
            MissingCode.TOO_FEW_UNITS,
            f"A variation has fewer than {SUCCESSES_MIN} successes: too few for an interval.",
        )
    if control.failures == 0 and treatment.failures == 0:
        return Missing(MissingCode.NO_VARIANCE, "Every unit has a success: there is no variance for an interval.")
    lower, upper = log_ratio_bounds(
        (float(control.successes), float(control.units)),
        (float(treatment.successes), float(treatment.units)),
        two_sided_z(confidence_level),
    )
    return Estimate(
        value=(treatment.successes * control.units) / (treatment.units * control.successes) - 1,
        ci_lower=lower,
        ci_upper=upper,
        confidence_level=confidence_level,
        method=METHOD,
    )


def log_ratio_bounds(
    control: tuple[Numbers, Numbers], treatment: tuple[Numbers, Numbers], z: float
) -> tuple[Numbers, Numbers]:
    """Return the bounds of the lift; each is (successes, units), with successes in both.

    Source: D. Katz, J. Baptista, S. P. Azen, M. C. Pike (1978), Obtaining confidence intervals for the risk
    ratio in cohort studies, Biometrics 34, 469–474, method C. With r = p₂/p₁: r · e^(± z √(1/x₁ − 1/n₁ + 1/x₂
    − 1/n₂)) − 1.
    """
    ratio = (treatment[0] / treatment[1]) / (control[0] / control[1])
    log_error = (1 / control[0] - 1 / control[1] + 1 / treatment[0] - 1 / treatment[1]) ** 0.5
    factor = math.e ** (z * log_error)
    return ratio / factor - 1, ratio * factor - 1
