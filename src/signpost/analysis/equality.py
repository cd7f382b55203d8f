"""The test that two success rates are equal."""

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.arm import Arm
from signpost.analysis.distributions import Numbers, two_sided_p

METHOD = "two-sided z-test with pooled variance"
EXPECTED_MIN = 5
"""Expected successes and failures, per variation, below which the normal approximation is not relied on."""


def calculate_p_value(control: Arm, treatment: Arm) -> PValue | Missing:
    """Return the p-value of the hypothesis that both rates are the same.

    It is refused where fewer than five successes or failures are expected in either variation (Cochran's
    rule: W. G. Cochran (1954), Some methods for strengthening the common χ² tests, Biometrics 10, 417–451).
    """
    refusal = refuse_rates(control, treatment)
    if refusal is not None:
        return refusal
    z = pooled_z((control.successes, control.units), (treatment.successes, treatment.units))
    return PValue(value=float(two_sided_p(z)), method=METHOD)


def refuse_rates(control: Arm, treatment: Arm, expected_min: int = EXPECTED_MIN) -> Missing | None:
    """Return why two rates can't be tested, None where they can: each outcome must be expected so often in both variations."""
    if control.units == 0 or treatment.units == 0:
        return Missing(MissingCode.NO_UNITS, "A test needs units in both variations.")
    units = control.units + treatment.units
    successes = control.successes + treatment.successes
    rarer, rarer_name = min((successes, "successes"), (units - successes, "failures"))
    if rarer == 0:
        found = "No unit" if successes == 0 else "Every unit"
        return Missing(MissingCode.NO_VARIANCE, f"{found} has a success: there is no variance to test against.")
    if min(control.units, treatment.units) * rarer < expected_min * units:
        return Missing(
            MissingCode.TOO_FEW_UNITS,
            f"Fewer than {expected_min} {rarer_name} are expected in a variation: too few to trust the test.",
        )
    return None


def pooled_z(control: tuple[Numbers, Numbers], treatment: tuple[Numbers, Numbers]) -> Numbers:
    """Return the z statistic of treatment against control; each is (successes, units).

    There must be successes, and not only successes. Source: J. L. Fleiss, B. Levin, M. C. Paik (2003),
    Statistical methods for rates and proportions, chapter 3, without continuity correction. Its square is
    Pearson's χ² of the two-by-two table. With p the pooled rate: (p₂ − p₁) / √(p (1 − p) (1/n₁ + 1/n₂)).
    """
    pooled = (control[0] + treatment[0]) / (control[1] + treatment[1])
    variance = pooled * (1 - pooled) * (1 / control[1] + 1 / treatment[1])
    z: Numbers = (treatment[0] / treatment[1] - control[0] / control[1]) / variance**0.5
    return z
