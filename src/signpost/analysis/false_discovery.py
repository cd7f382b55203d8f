"""Many exploratory metrics: p-values that keep the share of false discoveries."""

from collections.abc import Sequence

from signpost.analysis.answers import Missing, PValue

METHOD = "Benjamini–Hochberg over {count} comparisons"


def adjust_discoveries(p_values: Sequence[PValue | Missing]) -> tuple[PValue | Missing, ...]:
    """Return the adjusted p-values in the order given; what is missing stays missing. A family of one is left as it is."""
    family = [p for p in p_values if isinstance(p, PValue)]
    adjusted = iter(adjust_rates([p.value for p in family]))
    method = METHOD.format(count=len(family))
    return tuple(
        p if isinstance(p, Missing) or len(family) == 1 else PValue(next(adjusted), f"{p.method}, {method}")
        for p in p_values
    )


def adjust_rates(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return the adjusted p-values, in the order given: of those at most q, a share of q at most is expected to be false.

    Source: Y. Benjamini, Y. Hochberg (1995), Controlling the false discovery rate, JRSS B 57, 289–300. From the largest of m down,
    each is multiplied by m over its rank; none is larger than the one after it.
    """
    count = len(p_values)
    adjusted = [0.0] * count
    lowest = 1.0
    for rank, index in reversed([*enumerate(sorted(range(count), key=p_values.__getitem__), 1)]):
        lowest = min(lowest, p_values[index] * count / rank)
        adjusted[index] = lowest
    return tuple(adjusted)
