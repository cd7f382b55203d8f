"""Means over units, and ratios of sums over units."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic

from signpost.analysis.cells import Sums
from signpost.analysis.contrasts import Contrast
from signpost.analysis.distributions import Numbers

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MEANS = "Welch's t on means over units"
RATIOS = "delta method on a ratio of sums over units"


@dataclass(frozen=True, slots=True)
class Sample(Generic[Numbers]):
    """What is known of one arm: `n` units, the mean, and the variance of one unit's part in it (over n it is the mean's own)."""

    n: Numbers
    mean: Numbers
    variance: Numbers


def centre(sums: Sums) -> Sample[float]:
    """Return the sample of a mean; there must be two units.

    Centred in integers, n Σx² − (Σx)², so that no digit is lost however far the values are from 0.
    """
    n, x, xx = sums.n, sums.x, sums.xx
    return Sample(n, x / n, (n * xx - x * x) / (n * (n - 1)))


def centre_all(n: Sequence[int], x: Sequence[int], xx: Sequence[int]) -> "Sample[NDArray[np.float64]]":
    """Return the samples of many cells as arrays, each cell centred in integers; each must have two units."""
    import numpy as np  # noqa: PLC0415 only who asks for arrays pays for it

    spread = [a * c - b * b for a, b, c in zip(n, x, xx, strict=True)]
    count = np.asarray(n, float)
    return Sample(count, np.asarray(x, float) / count, np.asarray(spread, float) / (count * (count - 1)))


def centre_ratio(sums: Sums) -> Sample[float]:
    """Return the sample of a ratio Σx/Σd; there must be two units, and a denominator.

    Source: W. G. Cochran (1977), Sampling techniques, 3rd ed., section 2.11, as the delta method has it: with r = Σx/Σd, a
    unit's part is (x − r d) over the mean of d. Centred in integers: n²·var = n Σ(x − r d)², as Σ(x − r d) = 0, with Σd² times
    its square root's worth of r taken in whole numbers.
    """
    n, x, d = sums.n, sums.x, sums.d
    # Σ(x − rd)² · d² = d² Σx² − 2 d x Σxd + x² Σd², in integers.
    spread = d * d * sums.xx - 2 * d * x * sums.xd + x * x * sums.dd
    return Sample(n, x / d, spread * n * n / ((n - 1) * d**4))


def contrast(control: Sample[Numbers], treatment: Sample[Numbers], method: str = MEANS) -> Contrast[Numbers]:
    """Return two samples side by side."""
    return Contrast(
        control=control.mean,
        treatment=treatment.mean,
        control_variance=control.variance / control.n,
        treatment_variance=treatment.variance / treatment.n,
        covariance=0 * control.mean,
        degrees_of_freedom=(control.n - 1, treatment.n - 1),
        units=control.n + treatment.n,
        method=method,
    )
