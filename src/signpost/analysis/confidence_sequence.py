"""Looks at any time, with no end in sight: intervals that hold at all moments together."""

import math
from dataclasses import dataclass

from signpost.analysis.answers import Estimate, PValue
from signpost.analysis.distributions import Numbers, exp, log
from signpost.analysis.effects import Effect

METHOD = "asymptotic confidence sequence, sharpest at {units:,} units"
UNITS_BEST = 5_000
"""Units in all at which the interval is tuned to be as short as it can be."""


@dataclass(frozen=True, slots=True)
class ConfidenceSequence:
    """See `Look`.

    Source: I. Waudby-Smith, D. Arbour, R. Sinha, E. H. Kennedy, A. Ramdas (2024), Time-uniform central limit theory and
    asymptotic confidence sequences, Annals of Statistics 52, 2613–2640, theorem 2.2 and, for one side, appendix B. Not the
    variant in which the tuning shrinks with the sample: that one has no guarantee over time.
    """

    alpha: float = 0.05
    units_best: int = UNITS_BEST

    def interval(self, effect: Effect[float]) -> Estimate:
        """Return the value with bounds that hold at every look."""
        half = float(half_width(effect, self.alpha, self.units_best))
        return Estimate(effect.value, effect.value - half, effect.value + half, 1 - self.alpha, self._method(effect))

    def p_value(self, effect: Effect[float]) -> PValue:
        """Return the two-sided p-value, valid at every look."""
        return PValue(min(1.0, float(anytime_p(effect, self.alpha, self.units_best))), self._method(effect))

    def p_above(self, effect: Effect[float]) -> PValue:
        """Return the one-sided p-value, valid at every look."""
        method = f"{self._method(effect)}, one-sided"
        if effect.value <= 0:
            return PValue(1.0, method)
        # Half the level on this side: a little longer than the sharpest one-sided bound, and of the same form.
        return PValue(min(1.0, float(anytime_p(effect, 2 * self.alpha, self.units_best)) / 2), method)

    def _method(self, effect: Effect[float]) -> str:
        return f"{effect.method}, {METHOD.format(units=self.units_best)}"


def half_width(effect: Effect[Numbers], alpha: float, units_best: int = UNITS_BEST) -> Numbers:
    """Return half the width of the interval: se √(2 (r + 1)/r · log(√(r + 1)/α)) with r = n ρ²."""
    r = effect.units * tuning(alpha, units_best)
    half: Numbers = effect.standard_error * (2 * (r + 1) / r * log((r + 1) ** 0.5 / alpha)) ** 0.5
    return half


def anytime_p(effect: Effect[Numbers], alpha: float, units_best: int = UNITS_BEST) -> Numbers:
    """Return the smallest level whose interval leaves 0 out, not yet cut off at 1; tuned for decisions at `alpha`."""
    r = effect.units * tuning(alpha, units_best)
    z = effect.value / effect.standard_error
    p: Numbers = (r + 1) ** 0.5 * exp(-(z**2) * r / (2 * (r + 1)))
    return p


def tuning(alpha: float, units_best: int) -> float:
    """Return ρ², with which the interval is about as short as it can be at so many units (the paper's appendix B.2)."""
    spent = -2 * math.log(alpha)
    return (spent + math.log(spent + 1)) / units_best
