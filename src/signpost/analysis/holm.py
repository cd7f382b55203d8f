"""Several treatments against one control: p-values that keep the error of the whole family."""

from collections.abc import Sequence

from signpost.analysis.answers import Missing, PValue

METHOD = "Holm's adjustment for {count} treatments"


def adjust_p_values(p_values: Sequence[PValue | Missing]) -> tuple[PValue | Missing, ...]:
    """Return the adjusted p-values in the order given; what is missing stays missing, outside the family.

    A family of one is left as it is.
    """
    family = [p for p in p_values if isinstance(p, PValue)]
    adjusted = iter(adjust([p.value for p in family]))
    method = METHOD.format(count=len(family))
    return tuple(
        p if isinstance(p, Missing) or len(family) == 1 else PValue(next(adjusted), f"{p.method}, {method}")
        for p in p_values
    )


def adjust(p_values: Sequence[float]) -> tuple[float, ...]:
    """Return Holm's adjusted p-values, in the order given.

    Comparing them with 5 % keeps the chance of any false alarm among all of them at 5 %, however they depend
    on each other. Source: S. Holm (1979), A simple sequentially rejective multiple test procedure,
    Scandinavian Journal of Statistics 6, 65–70. The smallest of m is multiplied by m, the next by m − 1, …;
    none is smaller than the one before, none over 1.
    """
    adjusted = [0.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return tuple(adjusted)
