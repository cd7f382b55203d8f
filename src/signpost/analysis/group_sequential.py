"""Looks on the way to a planned size: each spends a share of the error, so that all of them together keep it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from signpost.analysis.answers import Estimate, PValue
from signpost.analysis.effects import Effect
from signpost.model.analysis_plans import Spending

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

METHOD = "group sequential, look {count} at {share:.0%} of the planned size, {spending} spending"
_NAMES = {Spending.OBRIEN_FLEMING: "O'Brien–Fleming", Spending.POCOCK: "Pocock"}

STEP_MIN = 1e-3
"""Looks that are closer together than this share of the planned size are one look."""
_NODES = 96
_EDGE = 8.0
_LEVELS = 61


@dataclass(frozen=True, slots=True)
class GroupSequential:
    """See `Look`. `fractions` are the shares of the planned size at the looks until now, increasing, this one last.

    The boundaries are those of K. K. G. Lan, D. L. DeMets (1983), Discrete sequential boundaries for clinical trials,
    Biometrika 70, 659–663, recomputed at the actual fractions; each side spends half of alpha, as if the other were not there.
    """

    fractions: tuple[float, ...]
    spending: Spending = Spending.OBRIEN_FLEMING
    alpha: float = 0.05

    @property
    def boundary(self) -> float:
        """How far from 0 the z statistic must be at this look; infinite when it is too early for any."""
        return float(boundaries(self.fractions, self.spending, self.alpha)[-1])

    def interval(self, effect: Effect[float]) -> Estimate:
        """Return the repeated confidence interval, value ± boundary · se (C. Jennison, B. W. Turnbull (1989), JRSS B 51)."""
        half = self.boundary * effect.standard_error
        return Estimate(effect.value, effect.value - half, effect.value + half, 1 - self.alpha, self._method(effect))

    def p_value(self, effect: Effect[float]) -> PValue:
        """Return the repeated p-value: the smallest alpha with which this look would be over its boundary."""
        return PValue(self._level_at(abs(effect.value) / effect.standard_error), self._method(effect))

    def p_above(self, effect: Effect[float]) -> PValue:
        """Return the one-sided repeated p-value."""
        p = self._level_at(abs(effect.value) / effect.standard_error) / 2
        return PValue(p if effect.value > 0 else 1.0, f"{self._method(effect)}, one-sided")

    def _level_at(self, z: float) -> float:
        import numpy as np  # noqa: PLC0415

        levels, bounds = _level_curve(self.fractions, self.spending)
        return float(np.exp(np.interp(-(z**2), -(bounds**2), np.log(levels))))

    def _method(self, effect: Effect[float]) -> str:
        share = min(self.fractions[-1], 1.0)
        look = METHOD.format(count=len(self.fractions), share=share, spending=_NAMES[self.spending])
        return f"{effect.method}, {look}"


def merge_looks(fractions: Sequence[float]) -> tuple[float, ...]:
    """Return the looks that count: increasing, none too close to the one before, none past the planned size but the last.

    Data past the planned size is one last look at a fraction of 1: there is no error left to spend after it.
    """
    kept: list[float] = []
    for fraction in fractions:
        reached = min(fraction, 1.0)
        if not kept or reached >= kept[-1] + STEP_MIN:
            kept.append(reached)
    return tuple(kept) or (STEP_MIN,)


def spend(spending: Spending, fraction: float, alpha: "float | NDArray[np.float64]") -> "float | NDArray[np.float64]":
    """Return the share of a one-sided alpha that may be spent up to this fraction of the planned size.

    O'Brien–Fleming-like: 2 − 2 Φ(z_{α/2} / √t). Pocock-like: α log(1 + (e − 1) t).
    """
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr, ndtri  # noqa: PLC0415

    reached = min(fraction, 1.0)
    if spending is Spending.POCOCK:
        return alpha * np.log1p((np.e - 1) * reached)  # type: ignore[no-any-return]
    return 2 * ndtr(ndtri(alpha / 2) / np.sqrt(reached))  # type: ignore[no-any-return]


def boundaries(fractions: Sequence[float], spending: Spending, alpha: float) -> "NDArray[np.float64]":
    """Return the boundary of z at each look."""
    import numpy as np  # noqa: PLC0415

    return _recur(tuple(fractions), spending, np.array([alpha]))[:, 0]


def cross(fractions: Sequence[float], bounds: Sequence[float], drift: float) -> float:
    """Return the probability that a look crosses its upper bound, when z has this mean at a fraction of 1."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr  # noqa: PLC0415

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    points, mass = np.zeros(1), np.ones(1)
    crossed, before = 0.0, 0.0
    for fraction, bound in zip(fractions, bounds, strict=True):
        step, mean, root = (fraction - before) ** 0.5, drift * (fraction - before), fraction**0.5
        limit = min(bound, _EDGE + drift) * root
        crossed += float(np.sum(mass * ndtr((points + mean - limit) / step)))
        lower = drift * fraction - _EDGE * root
        half = max(0.0, limit - lower) / 2
        here = half * (nodes + 1) + lower
        gaps = (here[:, None] - points[None, :] - mean) / step
        density = np.exp(-(gaps**2) / 2) @ mass / (step * np.sqrt(2 * np.pi))
        points, mass, before = here, density * weights * half, fraction
    return crossed


@lru_cache(maxsize=64)
def _level_curve(fractions: tuple[float, ...], spending: Spending) -> "tuple[NDArray[np.float64], NDArray[np.float64]]":
    """Return levels, and the last look's boundary with each: decreasing as the level grows."""
    import numpy as np  # noqa: PLC0415

    levels = np.geomspace(1e-12, 0.9999, _LEVELS)
    return levels, np.minimum(_recur(fractions, spending, levels)[-1], 1e3)


def _recur(fractions: tuple[float, ...], spending: Spending, alphas: "NDArray[np.float64]") -> "NDArray[np.float64]":
    """Return the boundaries, an array of looks × levels.

    Source: P. Armitage, C. K. McPherson, B. C. Rowe (1969), Repeated significance tests on accumulating data, JRSS A 132,
    235–244: the density of the statistic that has not crossed, from look to look, by Gauss–Legendre quadrature.
    """
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtri  # noqa: PLC0415

    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    found = []
    spent = np.zeros_like(alphas)
    points = mass = np.zeros((0, 0))
    before = 0.0
    for fraction in fractions:
        allowed = np.asarray(spend(spending, fraction, alphas / 2))
        step, root = max(0.0, fraction - before) ** 0.5, fraction**0.5
        share = np.maximum(allowed - spent, 0.0)
        is_first = before == 0.0
        bound = -ndtri(np.maximum(share, 1e-300)) * root if is_first else _solve(points, mass, step, share, root)
        bound = np.where(share < 1e-15, _EDGE * root, np.minimum(bound, _EDGE * root))
        lower = -_EDGE * root
        half = (bound - lower)[:, None] / 2
        here = half * (nodes + 1) + lower
        if is_first:
            density = np.exp(-((here / root) ** 2) / 2) / (root * np.sqrt(2 * np.pi))
        else:
            gaps = (here[:, :, None] - points[:, None, :]) / step
            density = np.einsum("aij,aj->ai", np.exp(-(gaps**2) / 2), mass) / (step * np.sqrt(2 * np.pi))
        points, mass = here, density * weights * half
        found.append(np.where(share < 1e-15, np.inf, bound / root))
        spent, before = np.maximum(allowed, spent), fraction
    return np.array(found)


def _solve(
    points: "NDArray[np.float64]",
    mass: "NDArray[np.float64]",
    step: float,
    share: "NDArray[np.float64]",
    root: float,
) -> "NDArray[np.float64]":
    """Return the bounds over which this share of what is left goes, by bisection."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr  # noqa: PLC0415

    lower, upper = np.full(len(share), -_EDGE * root), np.full(len(share), _EDGE * root)
    for _ in range(60):
        middle = (lower + upper) / 2
        over = np.sum(mass * ndtr((points - middle[:, None]) / step), axis=1)
        is_high = over > share
        lower, upper = np.where(is_high, middle, lower), np.where(is_high, upper, middle)
    solved: NDArray[np.float64] = (lower + upper) / 2
    return solved
