"""Quantiles, from histograms."""

import math
from bisect import bisect_left
from itertools import accumulate

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.cells import Histogram
from signpost.analysis.contrasts import Contrast
from signpost.analysis.distributions import two_sided_z

METHOD = "Woodruff's interval on a histogram"
EXPECTED_MIN = 10
"""Units expected beyond the quantile, on the rarer side, under which it is not estimated."""


def estimate_quantile(histogram: Histogram, quantile: float, confidence_level: float = 0.95) -> Estimate | Missing:
    """Return the quantile with its interval.

    Source: R. S. Woodruff (1952), Confidence intervals for medians and other position measures, JASA 47, 635–646: the interval of
    the share below, q ± z √(q(1 − q)/n), read off the distribution.
    """
    n = sum(histogram.counts)
    if n == 0:
        return Missing(MissingCode.NO_UNITS, "No unit has a value.")
    if n * min(quantile, 1 - quantile) < EXPECTED_MIN:
        return Missing(
            MissingCode.TOO_FEW_UNITS,
            f"Fewer than {EXPECTED_MIN} units are beyond this quantile: too few to know where it is.",
        )
    half = two_sided_z(confidence_level) * math.sqrt(quantile * (1 - quantile) / n)
    lower, value, upper = (read_quantile(histogram, q) for q in (quantile - half, quantile, quantile + half))
    return Estimate(value, lower, upper, confidence_level, METHOD)


def contrast_quantiles(
    control: Histogram, treatment: Histogram, quantile: float, confidence_level: float = 0.95
) -> Contrast[float] | Missing:
    """Return the quantiles side by side; the error of each is its interval's width over 2z."""
    estimates = [estimate_quantile(histogram, quantile, confidence_level) for histogram in (control, treatment)]
    for estimate in estimates:
        if isinstance(estimate, Missing):
            return estimate
    width = 2 * two_sided_z(confidence_level)
    found = [e for e in estimates if isinstance(e, Estimate)]
    errors = [(e.ci_upper - e.ci_lower) / width for e in found]
    return Contrast(
        control=found[0].value,
        treatment=found[1].value,
        control_variance=errors[0] ** 2,
        treatment_variance=errors[1] ** 2,
        covariance=0.0,
        degrees_of_freedom=(math.inf, math.inf),
        units=float(sum(control.counts) + sum(treatment.counts)),
        method=METHOD,
    )


def read_quantile(histogram: Histogram, share: float) -> float:
    """Return the value under which this share of the units lies, even within its bucket."""
    wanted = min(max(share, 0.0), 1.0) * sum(histogram.counts)
    cumulative = list(accumulate(histogram.counts))
    i = min(bisect_left(cumulative, wanted), len(cumulative) - 1)
    within = (wanted - (cumulative[i] - histogram.counts[i])) / histogram.counts[i]
    return histogram.starts[i] + within * histogram.widths[i]
