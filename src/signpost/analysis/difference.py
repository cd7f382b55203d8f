"""The absolute difference between two success rates."""

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.distributions import Numbers, two_sided_z
from signpost.analysis.rate import wilson_bounds

METHOD = "Newcombe hybrid score interval"


def estimate_difference(control: Arm, treatment: Arm, confidence_level: float = 0.95) -> Estimate | Missing:
    """Return the treatment's rate minus the control's (0.01 is one percentage point), with its interval."""
    if control.units == 0 or treatment.units == 0:
        return Missing(MissingCode.NO_UNITS, "A difference needs units in both variations.")
    lower, upper = newcombe_bounds(
        (float(control.successes), float(control.units)),
        (float(treatment.successes), float(treatment.units)),
        two_sided_z(confidence_level),
    )
    return Estimate(
        value=treatment.successes / treatment.units - control.successes / control.units,
        ci_lower=max(-1.0, lower),
        ci_upper=min(1.0, upper),
        confidence_level=confidence_level,
        method=METHOD,
    )


def newcombe_bounds(
    control: tuple[Numbers, Numbers], treatment: tuple[Numbers, Numbers], z: float
) -> tuple[Numbers, Numbers]:
    """Return the bounds of the hybrid score interval for treatment minus control; each is (successes, units).

    Source: R. G. Newcombe (1998), Interval estimation for the difference between independent proportions:
    comparison of eleven methods, Statistics in Medicine 17, 873–890, method 10. With p the rates and l, u
    their Wilson bounds: d − √((p₁ − l₁)² + (u₂ − p₂)²) … d + √((u₁ − p₁)² + (p₂ − l₂)²). It holds its level
    down to a few units, where the usual p ± z·se does not.
    """
    control_rate, treatment_rate = control[0] / control[1], treatment[0] / treatment[1]
    control_lower, control_upper = wilson_bounds(*control, z)
    treatment_lower, treatment_upper = wilson_bounds(*treatment, z)
    difference = treatment_rate - control_rate
    below = ((treatment_rate - treatment_lower) ** 2 + (control_upper - control_rate) ** 2) ** 0.5
    above = ((treatment_upper - treatment_rate) ** 2 + (control_rate - control_lower) ** 2) ** 0.5
    return difference - below, difference + above
