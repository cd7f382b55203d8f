"""A/A: one's own units divided at random again and again, where there can be no effect, to see how often one is found."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signpost.analysis.fixed import two_sided
from signpost.analysis.means import Sample, contrast
from signpost.analysis.sample_ratio import THRESHOLD
from signpost.batch.hashing import hash_units
from signpost.model.metrics import Aggregation, Metric
from signpost.ports.measurements import UnitValues

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

UNITS_MIN = 100
HALF = 500_000
"""The slot from which on a unit is in the other half."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How often of so many divisions a test found a difference that is not there, and the band of 99.9 % of sound tests."""

    name: str
    level: float
    found: int
    divisions: int
    low: float
    high: float

    @property
    def is_sound(self) -> bool:
        """Whether it is within the band."""
        return self.divisions == 0 or self.low <= self.found / self.divisions <= self.high


def divide_again(
    metrics: Sequence[Metric],
    listed: UnitValues,
    salts: Sequence[str],
    level: float = 0.05,
    tell: Callable[[], None] = lambda: None,
) -> tuple[Rate, ...]:
    """Return how often each metric's test, and the sample ratio's, finds a difference between halves by each of the salts.

    The halves are those that the product's own recipe makes. A division in which a metric has no variance counts for nothing.
    `tell` is called after each salt. Quantiles are left out: their test needs histograms.

    Raises:
        ValueError: there are too few units to divide.
    """
    import numpy as np  # noqa: PLC0415

    if len(listed.units) < UNITS_MIN:
        raise ValueError(f"{len(listed.units):,} units are too few to divide: {UNITS_MIN} are needed.")
    tested = [(i, metric) for i, metric in enumerate(metrics) if metric.aggregation is not Aggregation.QUANTILE]
    columns = [_column(listed, i) for i, _ in tested]
    found: list[list[float]] = [[] for _ in tested]
    ratios = []
    for salt in salts:
        is_treated = _slots(hash_units(salt, listed.units)) >= HALF
        treated = int(is_treated.sum())
        units = len(listed.units)
        ratios.append((2 * treated - units) ** 2 / units)
        for p_values, (x, d), (_, metric) in zip(found, columns, tested, strict=True):
            p_value = _compare(x, d, is_treated, is_ratio=metric.aggregation is Aggregation.RATIO)
            if p_value is not None:
                p_values.append(p_value)
        tell()
    alarms = int((_chi_square(np.array(ratios)) < THRESHOLD).sum())
    return (
        *(_rate(m.name, level, sum(p < level for p in ps), len(ps)) for (_, m), ps in zip(tested, found, strict=True)),
        _rate("sample ratio", THRESHOLD, alarms, len(ratios)),
    )


def _column(listed: UnitValues, i: int) -> "tuple[Floats, Floats]":
    import numpy as np  # noqa: PLC0415

    x = np.array([np.nan if value is None else value for value in listed.values[i]], float)
    return x, np.array(listed.denominators[i], float)


def _slots(hashes: "NDArray[np.uint64]") -> "NDArray[np.uint64]":
    import numpy as np  # noqa: PLC0415

    slots: NDArray[np.uint64] = (hashes >> np.uint64(32)) * np.uint64(1_000_000) >> np.uint64(32)
    return slots


def _compare(x: "Floats", d: "Floats", is_treated: "NDArray[np.bool_]", *, is_ratio: bool) -> float | None:
    """Return the p-value of Welch's test between the halves, of a ratio by the delta method; None without variance."""
    import numpy as np  # noqa: PLC0415

    samples = []
    for half in (~is_treated, is_treated):
        own = x[half & ~np.isnan(x)]
        if len(own) < 2:
            return None
        mean = float(own.mean())
        if is_ratio:
            below = d[half & ~np.isnan(x)]
            if not below.sum():
                return None
            mean = float(own.sum() / below.sum())
            own = (own - mean * below) / below.mean()
        samples.append(Sample(float(len(own)), mean, float(own.var(ddof=1))))
    if samples[0].variance + samples[1].variance == 0:
        return None
    return float(two_sided(contrast(samples[0], samples[1]).absolute()))


def _chi_square(statistics: "Floats") -> "Floats":
    from scipy.special import chdtrc  # noqa: PLC0415

    tails: Floats = chdtrc(1, statistics)
    return tails


def _rate(name: str, level: float, found: int, divisions: int) -> Rate:
    """Return the rate with its band: the binomial quantiles at 0.05 and 99.95 %."""
    from scipy.stats import binom  # noqa: PLC0415

    low, high = (
        (float(q) / divisions for q in binom.ppf([0.0005, 0.9995], divisions, level)) if divisions else (0.0, 1.0)
    )
    return Rate(name, level, found, divisions, low, high)
