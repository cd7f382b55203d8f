"""Intervals drawn in text, on one axis for all of them."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from signpost.analysis.answers import Estimate

MARGIN_RATIO = 0.04
"""Free space on either side of the outermost bound, as a share of the axis."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """The characters of a drawing, each one column wide."""

    line: str
    left: str
    right: str
    point: str
    zero: str
    cross: str
    tick: str


UNICODE = Glyphs(line="─", left="├", right="┤", point="●", zero="│", cross="┼", tick="┴")
ASCII = Glyphs(line="-", left="[", right="]", point="o", zero="|", cross="+", tick="+")


@dataclass(frozen=True, slots=True)
class Axis:
    """A line of `columns` characters from `lower` to `upper`, with 0 on it."""

    lower: float
    upper: float
    columns: int

    def column_of(self, value: float) -> int:
        """Return the column, counted from 0, that a value falls on."""
        ratio = (value - self.lower) / (self.upper - self.lower)
        return min(self.columns - 1, max(0, round(ratio * (self.columns - 1))))


def lay_axis(estimates: Iterable[Estimate], columns: int) -> Axis:
    """Return the axis that shows all intervals and 0."""
    bounds = [0.0, *(bound for e in estimates for bound in (e.ci_lower, e.ci_upper))]
    margin = (max(bounds) - min(bounds)) * MARGIN_RATIO or 1.0
    return Axis(lower=min(bounds) - margin, upper=max(bounds) + margin, columns=columns)


def draw_interval(estimate: Estimate, axis: Axis, glyphs: Glyphs) -> str:
    """Return the interval with its value, and the line of 0 where the interval leaves it free."""
    columns = [" "] * axis.columns
    columns[axis.column_of(0)] = glyphs.zero
    start, stop = axis.column_of(estimate.ci_lower), axis.column_of(estimate.ci_upper)
    columns[start : stop + 1] = glyphs.line * (stop + 1 - start)
    columns[start], columns[stop] = glyphs.left, glyphs.right
    if start < axis.column_of(0) < stop:
        columns[axis.column_of(0)] = glyphs.cross
    columns[axis.column_of(estimate.value)] = glyphs.point
    return "".join(columns)


def draw_axis(axis: Axis, glyphs: Glyphs, label: Callable[[float], str]) -> tuple[str, str]:
    """Return the axis line, with a tick at 0, and the labels of its ends and of 0."""
    zero = axis.column_of(0)
    line = [glyphs.line] * axis.columns
    line[zero] = glyphs.tick
    left, right = label(axis.lower), label(axis.upper)
    labels = [" "] * axis.columns
    labels[zero] = "0"
    if zero > len(left):
        labels[: len(left)] = left
    if axis.columns - len(right) > zero + 1:
        labels[axis.columns - len(right) :] = right
    return "".join(line), "".join(labels)
