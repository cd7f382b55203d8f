"""The cap by quantile: of all variations together, within the width of its bucket."""

from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from signpost.analysis.cells import Histogram
from signpost.cells.measuring import find_cap
from signpost.cells.statements import STEPS, WIDEST

VALUES = st.lists(st.integers(0, 10**10), min_size=1, max_size=60)
QUANTILES = st.sampled_from([0.5, 0.9, 0.95, 0.99])


def width_at(value: int) -> int:
    return next((width for limit, width in STEPS if value < limit), WIDEST)


def histogram_of(values: list[int]) -> Histogram:
    counts = Counter(value - value % width_at(value) for value in values)
    starts = tuple(sorted(counts))
    return Histogram(starts, tuple(map(width_at, starts)), tuple(counts[start] for start in starts))


@given(VALUES, VALUES, QUANTILES)
def test_the_cap_is_the_quantile_of_all_values_together(one: list[int], other: list[int], quantile: float) -> None:
    exact = int(np.quantile(one + other, quantile, method="inverted_cdf"))  # NumPy's, of the values themselves

    cap = find_cap([histogram_of(one), histogram_of(other)], quantile)

    assert max(1, exact) <= cap < exact + max(width_at(exact), 2)


@given(VALUES, VALUES, QUANTILES)
def test_it_does_not_matter_how_values_are_divided(one: list[int], other: list[int], quantile: float) -> None:
    together = find_cap([histogram_of(one + other)], quantile)

    assert find_cap([histogram_of(one), histogram_of(other)], quantile) == together


@given(VALUES)
def test_a_higher_quantile_caps_no_lower(values: list[int]) -> None:
    caps = [find_cap([histogram_of(values)], quantile) for quantile in (0.5, 0.9, 0.99)]

    assert caps == sorted(caps)
