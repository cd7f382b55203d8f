"""Cells: integer sums over units, which is all that analysis ever sees of the data.

Both kinds of sums are additive: those of a union of disjoint sets of units are the sums of both. Totals, breakdowns, the
phases of a ramp and the series of days are sums of cells.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Sums(NamedTuple):
    """Of one metric over units: `n` have a value x, and Σx, Σx² are over those.

    A ratio has a denominator d beside its numerator x; a metric with a covariate has its value c from before the exposure.
    Where there is none its sums are 0.
    """

    n: int
    x: int
    xx: int
    d: int = 0
    dd: int = 0
    xd: int = 0
    c: int = 0
    cc: int = 0
    xc: int = 0

    def plus(self, other: "Sums") -> "Sums":
        """Return the sums over the units of both."""
        return Sums(*map(int.__add__, self, other))


@dataclass(frozen=True, slots=True)
class Cell:
    """The units of one variation that were first exposed in one phase, on one day, in one stratum; `sums` by metric."""

    variation_id: str
    phase: int
    day_ms: int
    """When the day of the first exposure began, UTC, in milliseconds since 1970."""
    is_automated: bool
    units: int
    sums: tuple[Sums, ...]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts of integer values: bucket i holds those from `starts[i]` up to before `starts[i] + widths[i]`, increasing."""

    starts: tuple[int, ...]
    widths: tuple[int, ...]
    counts: tuple[int, ...]


def sum_phases(cells: Iterable[Cell], i: int) -> Mapping[str, Mapping[int, Sums]]:
    """Return the sums of the metric at this place, by variation and phase."""
    found: dict[str, dict[int, Sums]] = defaultdict(dict)
    for cell in cells:
        arm = found[cell.variation_id]
        arm[cell.phase] = arm.get(cell.phase, _NOTHING).plus(cell.sums[i])
    return found


_NOTHING = Sums(0, 0, 0)
