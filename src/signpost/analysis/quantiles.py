"""Quantiles, from histograms."""

import math
from bisect import bisect_left, bisect_right
from itertools import accumulate

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.cells import Histogram, Sums
from signpost.analysis.contrasts import Contrast
from signpost.analysis.distributions import two_sided_z
from signpost.analysis.means import centre_ratio

METHOD = "Woodruff's interval on a histogram"
CLUSTERED_METHOD = "Woodruff's interval on a histogram, units with several values each"
EXPECTED_MIN = 10
"""Units expected beyond the quantile, on the rarer side, under which it is not estimated."""


def estimate_quantile(
    histogram: Histogram, quantile: float, confidence_level: float = 0.95, shares: Sums | None = None
) -> Estimate | Missing:
    """Return the quantile with its interval.

    Source: R. S. Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47, 635–646: the interval of
    the share below, q ± z √(q(1 − q)/n), read off the distribution.

    Values that belong together (several of one unit, or those of an organisation's units) are not independent. `shares` then are
    the sums of one more pass over what they belong to: x is how many of its values are below `read_quantile(histogram, quantile)`,
    d how many it has. The error of the share below is that of the ratio, instead of √(q(1 − q)/n).
    """
    n = sum(histogram.counts)
    if n == 0:
        return Missing(MissingCode.NO_UNITS, "No unit has a value.")
    groups = n if shares is None else min(n, shares.n)
    if groups * min(quantile, 1 - quantile) < EXPECTED_MIN:
        return Missing(
            MissingCode.TOO_FEW_UNITS,
            f"Fewer than {EXPECTED_MIN} units are beyond this quantile: too few to know where it is.",
        )
    if shares is None:
        variance = quantile * (1 - quantile) / n
    elif shares.d == 0:
        return Missing(MissingCode.NO_DENOMINATOR, "No unit has a value in the sums of the shares.")
    else:
        variance = centre_ratio(shares).variance / shares.n
    half = two_sided_z(confidence_level) * math.sqrt(variance)
    lower, value, upper = (read_quantile(histogram, q) for q in (quantile - half, quantile, quantile + half))
    return Estimate(value, lower, upper, confidence_level, METHOD if shares is None else CLUSTERED_METHOD)


def contrast_quantiles(
    control: Histogram,
    treatment: Histogram,
    quantile: float,
    confidence_level: float = 0.95,
    shares: tuple[Sums, Sums] | None = None,
) -> Contrast[float] | Missing:
    """Return the quantiles side by side; the error of each is its interval's width over 2z. For `shares` see above."""
    found = []
    for histogram, of_arm in zip((control, treatment), shares or (None, None), strict=True):
        estimate = estimate_quantile(histogram, quantile, confidence_level, of_arm)
        if isinstance(estimate, Missing):
            return estimate
        found.append(estimate)
    width = 2 * two_sided_z(confidence_level)
    errors = [(e.ci_upper - e.ci_lower) / width for e in found]
    return Contrast(
        control=found[0].value,
        treatment=found[1].value,
        control_variance=errors[0] ** 2,
        treatment_variance=errors[1] ** 2,
        covariance=0.0,
        degrees_of_freedom=(math.inf, math.inf),
        units=float(sum(control.counts) + sum(treatment.counts) if shares is None else shares[0].n + shares[1].n),
        method=found[0].method,
    )


def read_quantile(histogram: Histogram, share: float) -> float:
    """Return the value under which this share of the units lies, even within its bucket."""
    wanted = min(max(share, 0.0), 1.0) * sum(histogram.counts)
    cumulative = list(accumulate(histogram.counts))
    # The first bucket that reaches the share; of share 0, the first that holds a unit.
    i = min(bisect_left(cumulative, wanted) if wanted > 0 else bisect_right(cumulative, 0), len(cumulative) - 1)
    within = (wanted - (cumulative[i] - histogram.counts[i])) / histogram.counts[i]
    return histogram.starts[i] + within * histogram.widths[i]
