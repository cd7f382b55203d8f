"""Ways of looking: what an effect shows, depending on when one had planned to look."""

from dataclasses import dataclass, replace
from typing import Protocol

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.distributions import exp
from signpost.analysis.effects import Effect


class Look(Protocol):
    """One way of looking, at one moment."""

    def interval(self, effect: Effect[float]) -> Estimate | Missing:
        """Return the effect's value with its interval, on the effect's scale; or why it has none at this moment."""
        ...

    def p_value(self, effect: Effect[float]) -> PValue:
        """Return the p-value that the effect is 0, against either side; good for any decision at the plan's level."""
        ...

    def p_above(self, effect: Effect[float]) -> PValue:
        """Return the p-value that the effect is not above 0."""
        ...


@dataclass(frozen=True, slots=True)
class Judged:
    """An effect as a way of looking shows it."""

    interval: Estimate | Missing
    p_value: PValue


def judge(look: Look, effect: Effect[float]) -> Judged:
    """Return both numbers."""
    return Judged(look.interval(effect), look.p_value(effect))


def as_lift(interval: Estimate | Missing) -> Estimate | Missing:
    """Return an interval of a log ratio as one of the lift: 0.05 is 5 % more; none stays none."""
    if isinstance(interval, Missing):
        return interval
    bounds = {name: exp(getattr(interval, name)) - 1 for name in ("value", "ci_lower", "ci_upper")}
    return replace(interval, **bounds, method=f"{interval.method}, of the logarithm of the ratio")


def negate(effect: Effect[float]) -> Effect[float]:
    """Return the effect seen from the other side."""
    return replace(effect, value=-effect.value)
