"""The distributions that the methods need.

SciPy takes half a second to import, so it is imported when a number is wanted and not when the program
starts.
"""

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Numbers = TypeVar("Numbers", float, "NDArray[np.float64]")
"""A number, or an array of them: the formulas work on both."""


def two_sided_z(confidence_level: float) -> float:
    """Return the z that a standard normal variable stays within, on both sides, with this probability."""
    from scipy.special import ndtri  # noqa: PLC0415

    return float(ndtri(0.5 + confidence_level / 2))


def two_sided_p(z: Numbers) -> Numbers:
    """Return the probability that a standard normal variable is as far from 0 as z, on either side."""
    from scipy.special import ndtr  # noqa: PLC0415

    return 2 * ndtr(-abs(z))  # type: ignore[no-any-return]


def chi_square_tail(statistic: Numbers, degrees_of_freedom: int) -> Numbers:
    """Return the probability that a χ² variable is at least this large."""
    from scipy.special import chdtrc  # noqa: PLC0415

    return chdtrc(degrees_of_freedom, statistic)  # type: ignore[no-any-return]
