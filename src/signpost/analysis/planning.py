"""Planning: how many units it takes, what so many units can find, and how long that is."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from signpost.analysis.confidence_sequence import UNITS_BEST, half_width
from signpost.analysis.crossing import boundaries, find_crossings
from signpost.analysis.effects import Effect
from signpost.model.analysis_plans import Looking, Spending

UNITS_MAX = 10**10
LOOKS = 14
_STEPS = 200


@dataclass(frozen=True, slots=True)
class Design:
    """What is planned for.

    `baseline` is the control's value and `deviation` one unit's standard deviation (of a rate √(p(1 − p))). `treatment_ratio` is the
    treatment's share of the units of both arms. `guardrails` have each to hold as well as the decision: the power that is asked for
    is that of all of them together, taken as independent.
    """

    baseline: float
    deviation: float
    looking: Looking = Looking.FIXED
    alpha: float = 0.05
    power: float = 0.8
    treatment_ratio: float = 0.5
    spending: Spending = Spending.OBRIEN_FLEMING
    looks: int = LOOKS
    guardrails: int = 0

    @property
    def power_each(self) -> float:
        """The power that each comparison needs, for all of them to have the power that is asked for."""
        return float(self.power ** (1 / (1 + self.guardrails)))


def find_power(design: Design, units: float, effect: float) -> float:
    """Return the probability that an absolute effect is found with so many units in both arms together.

    With one look it is that of the z-test (J. Cohen (1988), Statistical power analysis, chapter 2). Group sequential: that any of the
    equally spaced looks crosses its boundary on the right side, by the same recursion that makes the boundaries (C. Jennison, B. W.
    Turnbull (2000), Group sequential methods, chapter 19). Confidence sequence: that the interval leaves 0 out at any of as many
    looks, by the same recursion.
    """
    drift = abs(effect) / find_error(design, units)
    if design.looking is Looking.FIXED:
        return _beyond(_z(design.alpha), drift)
    crossings: list[float] = find_crossings(_fractions(design), _bounds(design, units), drift).tolist()
    return sum(crossings)


def find_expected_units(design: Design, units: float, effect: float) -> float:
    """Return the units in both arms that are there on average when the effect is found, or all of them are.

    Source: C. Jennison, B. W. Turnbull (2000), as above, chapter 19: the sizes of the looks times the probabilities to stop there.
    """
    if design.looking is Looking.FIXED:
        return units
    drift = abs(effect) / find_error(design, units)
    fractions, bounds = _fractions(design), _bounds(design, units)
    stops = find_crossings(fractions, bounds, drift) + find_crossings(fractions, bounds, -drift)
    saved: list[float] = [stop * (1 - fraction) for stop, fraction in zip(stops.tolist(), fractions, strict=True)]
    return units * (1 - sum(saved))


def find_error(design: Design, units: float) -> float:
    """Return the standard error of the difference with so many units in both arms together."""
    share = design.treatment_ratio
    return design.deviation * math.sqrt(1 / (units * share) + 1 / (units * (1 - share)))


def find_units(design: Design, effect: float) -> int | None:
    """Return the least number of units in both arms with which an absolute effect is found; None when it is beyond reason."""
    if effect == 0 or find_power(design, UNITS_MAX, effect) < design.power_each:
        return None
    lower, upper = 1, UNITS_MAX
    while upper - lower > max(1, lower // 10_000):
        middle = (lower + upper) // 2
        lower, upper = (lower, middle) if find_power(design, middle, effect) >= design.power_each else (middle, upper)
    return upper


def find_effect(design: Design, units: float) -> float:
    """Return the least absolute effect that so many units find: the minimum detectable effect."""
    lower, upper = 0.0, 100 * find_error(design, units)
    for _ in range(_STEPS):
        middle = (lower + upper) / 2
        lower, upper = (lower, middle) if find_power(design, units, middle) >= design.power_each else (middle, upper)
    return upper


def _fractions(design: Design) -> tuple[float, ...]:
    return tuple((i + 1) / design.looks for i in range(design.looks))


def _bounds(design: Design, units: float) -> Sequence[float]:
    """Return how far z must be from 0 at each look."""
    fractions = _fractions(design)
    if design.looking is Looking.GROUP_SEQUENTIAL:
        return _boundaries(fractions, design.spending, design.alpha)
    looks = [Effect(0.0, 1.0, math.inf, units * fraction, "") for fraction in fractions]
    return [float(half_width(look, design.alpha, UNITS_BEST)) for look in looks]


@lru_cache(maxsize=64)
def _boundaries(fractions: tuple[float, ...], spending: Spending, alpha: float) -> tuple[float, ...]:
    return tuple(boundaries(fractions, spending, alpha).tolist())


def _z(alpha: float) -> float:
    from scipy.special import ndtri  # noqa: PLC0415

    return float(-ndtri(alpha / 2))


def _beyond(bound: float, drift: float) -> float:
    from scipy.special import ndtr  # noqa: PLC0415

    return float(ndtr(drift - bound) + ndtr(-drift - bound))
