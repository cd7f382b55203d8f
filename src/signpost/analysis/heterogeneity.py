"""Whether the effect is the same in every segment, and how one segment differs from the rest."""

import math
from collections.abc import Sequence

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.distributions import chi_square_tail
from signpost.analysis.effects import Effect

METHOD = "Cochran's Q over {count} segments"
REST_METHOD = "{method}, segment against rest"


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


def compare_with_rest(effects: Sequence[Effect[float]], index: int) -> Effect[float] | Missing:
    """Return the effect in one segment minus that in all others together, which are weighted by their units.

    Segments have no unit in common, so the variances add. The degrees of freedom are Satterthwaite's (F. E. Satterthwaite (1946),
    Biometrics Bulletin 2, 110–114).
    """
    segment, rest = effects[index], [effect for i, effect in enumerate(effects) if i != index]
    units = sum(effect.units for effect in rest)
    if not units:
        return Missing(MissingCode.TOO_FEW_SEGMENTS, "There is no other segment with units.")
    parts = [(1.0, segment)] + [(-effect.units / units, effect) for effect in rest]
    variances = [(share * effect.standard_error) ** 2 for share, effect in parts]
    if sum(variances) == 0:
        return Missing(MissingCode.NO_VARIANCE, "No segment's effect has an error: there is nothing to test against.")
    below = sum(variance**2 / e.degrees_of_freedom for variance, (_, e) in zip(variances, parts, strict=True))
    return Effect(
        value=sum(share * effect.value for share, effect in parts),
        standard_error=math.sqrt(sum(variances)),
        degrees_of_freedom=sum(variances) ** 2 / below if below else math.inf,
        units=segment.units + units,
        method=REST_METHOD.format(method=segment.method),
    )
