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
    asymptotic confidence sequences, Annals of Statistics 52, 2613–2640, theorem 2.2. Not the variant in which the tuning shrinks
    with the sample: that one has no guarantee over time.
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
        p = float(anytime_p_above(effect, self.alpha, self.units_best))
        return PValue(min(1.0, p), f"{self._method(effect)}, one-sided")

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


def anytime_p_above(effect: Effect[Numbers], alpha: float, units_best: int = UNITS_BEST) -> Numbers:
    """Return the same for an effect that is not above 0: √(r + 1)/2 · e^(−z² r/(2(r + 1))) / Φ(z √(r/(r + 1))), not yet cut off at 1.

    Source: S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon (2021), Time-uniform, nonparametric, nonasymptotic confidence
    sequences, Annals of Statistics 49, 1055–1080, proposition 6: the mixture over effects above 0 only, so that any effect below is
    covered. Half of a two-sided level is a little too bold, as both sides may be crossed.
    """
    from scipy.special import log_ndtr  # noqa: PLC0415

    r = effect.units * tuning(2 * alpha, units_best)
    z = effect.value / effect.standard_error
    shrunk = z * (r / (r + 1)) ** 0.5
    p: Numbers = exp(log((r + 1) ** 0.5 / 2) - shrunk**2 / 2 - log_ndtr(shrunk))
    return p


def tuning(alpha: float, units_best: int) -> float:
    """Return ρ², with which the interval is about as short as it can be at so many units (the paper's appendix B.2)."""
    spent = -2 * math.log(alpha)
    return (spent + math.log(spent + 1)) / units_best
