"""The difference between two arms on one scale, as every family of metrics states it and every way of looking reads it."""

from dataclasses import dataclass
from typing import Generic

from signpost.analysis.distributions import Numbers


@dataclass(frozen=True, slots=True)
class Effect(Generic[Numbers]):
    """Treatment minus control, or the logarithm of their quotient, and how sure that is.

    `value` and `standard_error` have the metric's unit, or none on the logarithmic scale. `degrees_of_freedom` is infinite
    where the error is taken as known. `units` are those of both arms together: what sequential ways of looking count.
    Each field is a number, or an array with an element for each of many comparisons.
    """

    value: Numbers
    standard_error: Numbers
    degrees_of_freedom: Numbers
    units: Numbers
    method: str
