"""The distributions that the methods need.

SciPy takes half a second to import, so it is imported when a number is wanted and not when the program
starts.
"""

import math
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


def log(value: Numbers) -> Numbers:
    """Return the natural logarithm."""
    if isinstance(value, (float, int)):
        return math.log(value)
    import numpy as np  # noqa: PLC0415

    return np.log(value)


def reciprocal(value: Numbers) -> Numbers:
    """Return one over this, infinite over 0."""
    if isinstance(value, (float, int)):
        return 1 / value if value else math.inf
    import numpy as np  # noqa: PLC0415

    with np.errstate(divide="ignore"):
        return 1 / value


def exp(value: Numbers) -> Numbers:
    """Return e to this power."""
    if isinstance(value, (float, int)):
        return math.exp(value)
    import numpy as np  # noqa: PLC0415

    return np.exp(value)


def student_two_sided_p(t: Numbers, degrees_of_freedom: Numbers) -> Numbers:
    """Return the probability that Student's t is as far from 0, on either side; infinite degrees are the normal's."""
    from scipy.special import stdtr  # noqa: PLC0415

    return 2 * stdtr(degrees_of_freedom, -abs(t))  # type: ignore[no-any-return]


def student_two_sided_t(confidence_level: float, degrees_of_freedom: Numbers) -> Numbers:
    """Return the t that Student's t stays within, on both sides, with this probability."""
    from scipy.special import stdtrit  # noqa: PLC0415

    return stdtrit(degrees_of_freedom, 0.5 + confidence_level / 2)  # type: ignore[no-any-return]


def as_normal(t: Numbers, degrees_of_freedom: Numbers) -> Numbers:
    """Return the standard normal value over which there is as much as over this of Student's t; infinite when t is far out."""
    from scipy.special import ndtri, stdtr  # noqa: PLC0415

    return -ndtri(stdtr(degrees_of_freedom, -t))  # type: ignore[no-any-return]


def as_student(z: Numbers, degrees_of_freedom: Numbers) -> Numbers:
    """Return Student's t over which there is as much as over this standard normal value."""
    from scipy.special import ndtr, stdtrit  # noqa: PLC0415

    return -stdtrit(degrees_of_freedom, ndtr(-z))  # type: ignore[no-any-return]
