"""Regression adjustment for several covariates at once, and for post-strata beside them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.contrasts import Contrast

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

METHOD = "regression on {count} covariates, slopes for each arm"
UNITS_PER_SLOPE_MIN = 50
UNITS_MIN = 100
INDEPENDENT_MIN = 1e-10
"""The part of a covariate's variance, given the others, under which it says nothing of its own."""
Integers = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class CovariateSums:
    """Of one metric over units with k covariates: `c` holds their k sums, `xc` those of their products with x.

    `cc` holds, row by row, the k × k sums of their products with each other.
    """

    n: int
    x: int
    xx: int
    c: Integers
    cc: tuple[Integers, ...]
    xc: Integers

    def plus(self, other: "CovariateSums") -> "CovariateSums":
        """Return the sums over the units of both."""
        return CovariateSums(
            self.n + other.n,
            self.x + other.x,
            self.xx + other.xx,
            _add(self.c, other.c),
            tuple(_add(one, two) for one, two in zip(self.cc, other.cc, strict=True)),
            _add(self.xc, other.xc),
        )


def add_strata(strata: Sequence[CovariateSums]) -> CovariateSums:
    """Return the sums of one arm's strata together, with a covariate more for each stratum but the first: 1 in it, 0 elsewhere."""
    total = strata[0]
    for stratum in strata[1:]:
        total = total.plus(stratum)
    others = strata[1:]
    rows = [row + tuple(s.c[i] for s in others) for i, row in enumerate(total.cc)]
    rows += [s.c + tuple(s.n if s is other else 0 for other in others) for s in others]
    return CovariateSums(
        total.n,
        total.x,
        total.xx,
        total.c + tuple(s.n for s in others),
        tuple(rows),
        total.xc + tuple(s.x for s in others),
    )


def adjust_for_covariates(control: CovariateSums, treatment: CovariateSums) -> Contrast[float] | Missing:
    """Return the arms' means at the means that the covariates have in both arms together.

    With one covariate it is `adjust_for_covariate`, whose sources it shares: W. Lin (2013), with the variance of the covariates'
    own means added as A. Negi, J. M. Wooldridge (2021) have it, (b_t − b_c)' Var(c) (b_t − b_c) / n. Moments are centred in
    integers and solved as correlations, so covariates of very unlike size don't drown each other.
    """
    import numpy as np  # noqa: PLC0415 only who adjusts for several pays for it

    count = len(control.c)
    needed = max(UNITS_MIN, UNITS_PER_SLOPE_MIN * count)
    if min(control.n, treatment.n) < needed:
        return Missing(
            MissingCode.TOO_FEW_UNITS, f"Fewer than {needed} units in a variation: not adjusted for {count} covariates."
        )
    both = control.plus(treatment)
    of_centre = _moments(both) / (float(both.n) ** 2 * (both.n - 1))
    means, residuals, slopes = [], [], []
    for arm in (control, treatment):
        slope = _solve(arm)
        if slope is None:
            return Missing(
                MissingCode.NO_VARIANCE,
                "A covariate is the same for all units, or follows from the others: not adjusted.",
            )
        shift = [(c * both.n - all_c * arm.n) / (arm.n * both.n) for c, all_c in zip(arm.c, both.c, strict=True)]
        spread = arm.n * arm.xx - arm.x**2
        left = spread - float(np.dot(slope, _cross(arm)))
        if left <= INDEPENDENT_MIN * spread:
            return Missing(MissingCode.NO_VARIANCE, "The covariates tell the values without error: not adjusted.")
        slopes.append(slope)
        means.append(arm.x / arm.n - float(np.dot(slope, shift)))
        residuals.append(left / arm.n**2 / (arm.n - count - 1))
    parts = [[float(one @ of_centre @ two) for two in slopes] for one in slopes]
    return Contrast(
        control=means[0],
        treatment=means[1],
        control_variance=residuals[0] + parts[0][0],
        treatment_variance=residuals[1] + parts[1][1],
        covariance=parts[0][1],
        degrees_of_freedom=(float(control.n - count - 1), float(treatment.n - count - 1)),
        units=float(both.n),
        method=METHOD.format(count=count),
    )


def _add(one: Integers, other: Integers) -> Integers:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _moments(sums: CovariateSums) -> "Floats":
    """Return n Σcc' − Σc Σc', exact before it becomes floats."""
    import numpy as np  # noqa: PLC0415

    rows = [
        [sums.n * both - a * b for both, b in zip(row, sums.c, strict=True)]
        for row, a in zip(sums.cc, sums.c, strict=True)
    ]
    return np.array(rows, np.float64)


def _cross(sums: CovariateSums) -> "Floats":
    import numpy as np  # noqa: PLC0415

    return np.array([sums.n * xc - sums.x * c for xc, c in zip(sums.xc, sums.c, strict=True)], np.float64)


def _solve(sums: CovariateSums) -> "Floats | None":
    """Return the slopes, None where the covariates don't determine them."""
    import numpy as np  # noqa: PLC0415

    moments = _moments(sums)
    spreads = np.diag(moments)
    if spreads.min() <= 0:
        return None
    scale = np.sqrt(spreads)
    correlations = moments / np.outer(scale, scale)
    if np.linalg.eigvalsh(correlations)[0] < INDEPENDENT_MIN:
        return None
    solved: Floats = np.linalg.solve(correlations, _cross(sums) / scale) / scale
    return solved
