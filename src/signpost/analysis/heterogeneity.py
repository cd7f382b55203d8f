"""Whether the effect is the same in every segment."""

from collections.abc import Sequence

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.distributions import chi_square_tail
from signpost.analysis.effects import Effect

METHOD = "Cochran's Q over {count} segments"


def compare_effects(effects: Sequence[Effect[float]]) -> PValue | Missing:
    """Return how probable so much difference between the effects is when all are the same.

    Source: W. G. Cochran (1954), The combination of estimates from different experiments, Biometrics 10, 101–129: Σ w (e − ē)² with
    w = 1/se², against χ² with one degree of freedom less than there are effects.
    """
    usable = [effect for effect in effects if effect.standard_error > 0]
    if len(usable) < 2:
        return Missing(MissingCode.TOO_FEW_SEGMENTS, "Fewer than two segments have an effect with an error.")
    weights = [effect.standard_error**-2 for effect in usable]
    middle = sum(w * e.value for w, e in zip(weights, usable, strict=True)) / sum(weights)
    statistic = sum(w * (e.value - middle) ** 2 for w, e in zip(weights, usable, strict=True))
    return PValue(float(chi_square_tail(statistic, len(usable) - 1)), METHOD.format(count=len(usable)))
