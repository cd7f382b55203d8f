"""Whether something, like drift, is as frequent in all variations."""

from collections.abc import Sequence

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.distributions import chi_square_tail
from signpost.analysis.sample_ratio import EXPECTED_MIN

METHOD = "χ² of equal shares"
EXACT_METHOD = "Fisher's exact test of equal shares"
ROUNDING = 1e-7
"""Tables as probable as the one found count as such, although rounding may tell them apart."""


def compare_shares(counts: Sequence[int], totals: Sequence[int]) -> PValue | Missing:
    """Return how probable so much difference between the variations' shares (counts of totals) is by chance.

    Source: K. Pearson (1900), Philosophical Magazine 50, 157–175, on the table of those that are and are not, with one degree of
    freedom less than there are variations. Where fewer than five are expected in a variation: R. A. Fisher (1935), The logic of
    inductive inference, JRSS 98, 39–82, the smallest p-value of each variation against the rest, times their number (Bonferroni).
    """
    rows = [(count, total) for count, total in zip(counts, totals, strict=True) if total > 0]
    found, units = sum(count for count, _ in rows), sum(total for _, total in rows)
    if len(rows) < 2:
        return Missing(MissingCode.NO_UNITS, "Fewer than two variations have units.")
    if found in {0, units}:
        return Missing(MissingCode.NO_VARIANCE, "It is the same for every unit: there is nothing to compare.")
    if min(found, units - found) * min(total for _, total in rows) < EXPECTED_MIN * units:
        tests = rows[:1] if len(rows) == 2 else rows
        p = len(tests) * min(_fisher(count, total, found, units) for count, total in tests)
        method = EXACT_METHOD if len(rows) == 2 else f"{EXACT_METHOD}, each of {len(rows)} variations against the rest"
        return PValue(min(1.0, p), method)
    share = found / units
    statistic = sum((count - total * share) ** 2 / (total * share * (1 - share)) for count, total in rows)
    return PValue(float(chi_square_tail(statistic, len(rows) - 1)), METHOD)


def _fisher(count: int, total: int, found: int, units: int) -> float:
    """Return the probability of all tables with these margins that are no more probable than this one."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import gammaln  # noqa: PLC0415

    begin, end = max(0, found - (units - total)), min(found, total)
    here = np.arange(begin, end + 1, dtype=np.float64)
    # The number of ways to each table, but for what they share; the logarithms are those of factorials.
    ways = -sum(gammaln(n + 1) for n in (here, total - here, found - here, units - total - found + here))
    weights = np.exp(ways - ways.max())
    return float(weights[weights <= weights[count - begin] * (1 + ROUNDING)].sum() / weights.sum())
