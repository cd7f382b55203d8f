"""When a statistic that is looked at several times crosses its boundaries: the error that looks spend, the power they have.

Everything is on one side, as if there were no boundary on the other, and on the scale of Brownian motion: at a fraction t of
the planned information z √t is normal around drift · t with variance t. Source of the recursion from look to look: P. Armitage,
C. K. McPherson, B. C. Rowe (1969), Repeated significance tests on accumulating data, JRSS A 132, 235–244; C. Jennison, B. W.
Turnbull (2000), Group sequential methods, chapter 19. Here by Gauss–Legendre
quadrature on panels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from signpost.model.analysis_plans import Spending

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_EDGE = 8.0
"""How many standard deviations from its middle a density counts as 0."""
_DENSITY = 1.5
"""Nodes for each standard deviation of a step, on average: fewer miss what happens between looks that are close together."""
_NODES_MIN = 64
_PANEL = 16
_HALVINGS = 40
_SHARE_MIN = 1e-15
"""Less error than this is none: there is no boundary."""


def spend(spending: Spending, fraction: float, alpha: "float | Floats") -> "float | Floats":
    """Return how much of a one-sided alpha may be spent up to this fraction of the planned size.

    Source: K. K. G. Lan, D. L. DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70, 659–663.
    O'Brien–Fleming-like: 2 − 2 Φ(z_{α/2} / √t). Pocock-like: α log(1 + (e − 1) t). Past the planned size there is no more.
    """
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr, ndtri  # noqa: PLC0415

    reached = min(fraction, 1.0)
    if spending is Spending.POCOCK:
        return alpha * np.log1p((np.e - 1) * reached)  # type: ignore[no-any-return]
    return 2 * ndtr(ndtri(alpha / 2) / math.sqrt(reached))  # type: ignore[no-any-return]


def boundaries(fractions: Sequence[float], spending: Spending, alpha: float) -> "Floats":
    """Return the boundary of z at each look, for a two-sided alpha; infinite where there is no error to spend."""
    return last_boundaries(fractions, spending, (alpha,))[:, 0]


def last_boundaries(fractions: Sequence[float], spending: Spending, alphas: Sequence[float]) -> "Floats":
    """Return the boundaries with each alpha, an array of looks × alphas. All looks but the last are remembered."""
    import numpy as np  # noqa: PLC0415

    found, walk = _walk_to(tuple(fractions[:-1]), spending, tuple(alphas))
    return np.array([*found, _find_bound(walk, fractions[-1], spending, np.array(alphas))])


def find_crossings(fractions: Sequence[float], bounds: Sequence[float], drift: float) -> "Floats":
    """Return for each look the probability that it is the first over its bound, when z has this mean at a fraction of 1."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr  # noqa: PLC0415

    points, mass, before = np.zeros(1), np.ones(1), 0.0
    crossed = []
    for fraction, bound in zip(fractions, bounds, strict=True):
        step, mean, root = math.sqrt(fraction - before), drift * (fraction - before), math.sqrt(fraction)
        lower = drift * fraction - _EDGE * root
        limit = min(bound * root, drift * fraction + _EDGE * root)
        crossed.append(float(np.sum(mass * ndtr((points + mean - limit) / step))))
        half = max(0.0, limit - lower) / 2
        nodes, weights = _rule(2 * half, step)
        here = half * (nodes + 1) + lower
        gaps = (here[:, None] - points[None, :] - mean) / step
        density = np.exp(-(gaps**2) / 2) @ mass / (step * math.sqrt(2 * math.pi))
        points, mass, before = here, density * weights * half, fraction
    return np.array(crossed)


@dataclass(frozen=True, slots=True)
class _Walk:
    """What has not crossed until a look: its density at points, times their weights, for each alpha; and what was spent.

    The points are `lower + half · (nodes + 1)`.
    """

    fraction: float
    nodes: "Floats"
    lower: float
    half: "Floats"
    mass: "Floats"
    spent: "Floats"

    @property
    def points(self) -> "Floats":
        return self.half[:, None] * (self.nodes + 1) + self.lower


@lru_cache(maxsize=32)
def _walk_to(
    fractions: tuple[float, ...], spending: Spending, alphas: tuple[float, ...]
) -> "tuple[tuple[Floats, ...], _Walk | None]":
    import numpy as np  # noqa: PLC0415

    levels = np.array(alphas)
    walk: _Walk | None = None
    found = []
    for fraction in fractions:
        bound = _find_bound(walk, fraction, spending, levels)
        spent = np.maximum(np.asarray(spend(spending, fraction, levels / 2)), 0.0 if walk is None else walk.spent)
        walk = _go_on(walk, fraction, bound, spent)
        found.append(bound)
    return tuple(found), walk


def _find_bound(walk: _Walk | None, fraction: float, spending: Spending, alphas: "Floats") -> "Floats":
    """Return the bounds of z over which the error goes that may be spent since the last look, by bisection."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import ndtr, ndtri  # noqa: PLC0415

    share = np.asarray(spend(spending, fraction, alphas / 2)) - (0.0 if walk is None else walk.spent)
    root = math.sqrt(fraction)
    if walk is None:
        return np.where(share < _SHARE_MIN, np.inf, np.minimum(-ndtri(np.maximum(share, _SHARE_MIN)), _EDGE))
    points, step = walk.points, math.sqrt(fraction - walk.fraction)
    lower, upper = np.full(len(share), -_EDGE * root), np.full(len(share), _EDGE * root)
    for _ in range(_HALVINGS):
        middle = (lower + upper) / 2
        is_high = np.sum(walk.mass * ndtr((points - middle[:, None]) / step), axis=1) > share
        lower, upper = np.where(is_high, middle, lower), np.where(is_high, upper, middle)
    return np.where(share < _SHARE_MIN, np.inf, (lower + upper) / 2 / root)


def _go_on(walk: _Walk | None, fraction: float, bound: "Floats", spent: "Floats") -> _Walk:
    """Return what has not crossed after a look."""
    import numpy as np  # noqa: PLC0415

    root = math.sqrt(fraction)
    lower = -_EDGE * root
    half = (np.minimum(bound, _EDGE) * root - lower) / 2
    step = math.sqrt(fraction - (0.0 if walk is None else walk.fraction))
    nodes, weights = _rule(2 * float(half.max()), step)
    here = half[:, None] * (nodes + 1) + lower
    if walk is None:
        density = np.exp(-((here / root) ** 2) / 2)
    else:
        # Only the points within reach of a step: with many looks they are a few of all.
        reach = _EDGE * step
        scaled = (here - walk.lower) / walk.half[:, None] - 1
        away = reach / walk.half[:, None]
        begin = np.searchsorted(walk.nodes, scaled - away)
        width = max(1, int((np.searchsorted(walk.nodes, scaled + away) - begin).max()))
        index = np.minimum(begin, len(walk.nodes) - width)[..., None] + np.arange(width)
        rows = np.arange(len(half))[:, None, None]
        gaps = (here[..., None] - walk.points[rows, index]) / step
        density = np.einsum("aij,aij->ai", np.exp(-(gaps**2) / 2), walk.mass[rows, index])
    mass = density * weights * half[:, None] / (step * math.sqrt(2 * math.pi))
    return _Walk(fraction, nodes, lower, half, mass, spent)


def _rule(length: float, step: float) -> "tuple[Floats, Floats]":
    """Return nodes and weights on −1 … 1, close enough for a density that changes within a step."""
    wanted = max(_NODES_MIN, _DENSITY * length / step)
    return _panels(math.ceil(wanted / _PANEL))


@lru_cache(maxsize=32)
def _panels(count: int) -> "tuple[Floats, Floats]":
    import numpy as np  # noqa: PLC0415

    nodes, weights = np.polynomial.legendre.leggauss(_PANEL)
    middles = (2 * np.arange(count) + 1) / count - 1
    return (middles[:, None] + nodes / count).ravel(), np.tile(weights / count, count)
