"""One look, at a moment that was chosen beforehand."""

from dataclasses import dataclass

from signpost.analysis.answers import Estimate, PValue
from signpost.analysis.distributions import Numbers, student_two_sided_p, student_two_sided_t
from signpost.analysis.effects import Effect


@dataclass(frozen=True, slots=True)
class FixedHorizon:
    """See `Look`."""

    alpha: float = 0.05

    def interval(self, effect: Effect[float]) -> Estimate:
        """Return the value ± t · se."""
        half = float(student_two_sided_t(1 - self.alpha, effect.degrees_of_freedom)) * effect.standard_error
        return Estimate(effect.value, effect.value - half, effect.value + half, 1 - self.alpha, effect.method)

    def p_value(self, effect: Effect[float]) -> PValue:
        """Return the two-sided p-value."""
        return PValue(float(two_sided(effect)), f"{effect.method}, two-sided")

    def p_above(self, effect: Effect[float]) -> PValue:
        """Return the one-sided p-value."""
        p = float(two_sided(effect)) / 2
        return PValue(p if effect.value > 0 else 1 - p, f"{effect.method}, one-sided")


def two_sided(effect: Effect[Numbers]) -> Numbers:
    """Return the p-value of value/se against Student's t (W. S. Gosset (1908), The probable error of a mean, Biometrika 6)."""
    return student_two_sided_p(effect.value / effect.standard_error, effect.degrees_of_freedom)
