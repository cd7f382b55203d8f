"""What must hold of every family, whatever the data."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from numpy.typing import NDArray

from signpost.analysis import Sums
from signpost.analysis.means import Sample, centre, centre_ratio, contrast

UNITS = st.lists(
    st.tuples(st.integers(0, 10**6), st.integers(1, 10**3), st.integers(0, 10**6)), min_size=3, max_size=30
)
Units = list[tuple[int, int, int]]
FAMILIES: list[Callable[[Sums], Sample[float]]] = [centre, centre_ratio]


def add_up(units: Units) -> Sums:
    """Sum units, each as (value, denominator, covariate)."""
    return Sums(
        n=len(units),
        x=sum(x for x, _, _ in units),
        xx=sum(x * x for x, _, _ in units),
        d=sum(d for _, d, _ in units),
        dd=sum(d * d for _, d, _ in units),
        xd=sum(x * d for x, d, _ in units),
        c=sum(c for _, _, c in units),
        cc=sum(c * c for _, _, c in units),
        xc=sum(x * c for x, _, c in units),
    )


@given(UNITS, UNITS)
def test_cells_add_up_to_the_cell_of_all_their_units(one: Units, other: Units) -> None:
    assert add_up(one).plus(add_up(other)) == add_up(one + other)


@pytest.mark.parametrize("family", FAMILIES)
@given(one=UNITS, other=UNITS)
def test_swapped_arms_change_the_sign_on_both_scales(
    family: Callable[[Sums], Sample[float]], one: Units, other: Units
) -> None:
    first, second = family(add_up(one)), family(add_up(other))
    assume(first.variance + second.variance > 0 and min(first.mean, second.mean) > 0)

    there, back = contrast(first, second), contrast(second, first)

    for scale in ("absolute", "relative"):
        forward, backward = getattr(there, scale)(), getattr(back, scale)()
        assert forward.value == pytest.approx(-backward.value, abs=1e-12)
        assert forward.standard_error == pytest.approx(backward.standard_error)


@pytest.mark.parametrize("family", FAMILIES)
@given(one=UNITS, other=UNITS, scale=st.integers(1, 10**6))
def test_the_measure_scales_the_difference_and_leaves_the_lift(
    family: Callable[[Sums], Sample[float]], one: Units, other: Units, scale: int
) -> None:
    plain = [family(add_up(units)) for units in (one, other)]
    scaled = [family(add_up([(scale * x, d, c) for x, d, c in units])) for units in (one, other)]
    assume(plain[0].variance + plain[1].variance > 0 and min(s.mean for s in plain) > 0)

    before, after = contrast(plain[0], plain[1]), contrast(scaled[0], scaled[1])

    assert after.absolute().standard_error == pytest.approx(scale * before.absolute().standard_error)
    assert after.relative().value == pytest.approx(before.relative().value, abs=1e-12)
    assert after.relative().standard_error == pytest.approx(before.relative().standard_error)


@given(st.lists(st.tuples(UNITS, UNITS), min_size=1, max_size=5))
def test_arrays_hold_what_each_comparison_alone_would(pairs: list[tuple[Units, Units]]) -> None:
    samples = [tuple(centre_ratio(add_up(units)) for units in pair) for pair in pairs]
    assume(all(a.variance + b.variance > 0 and min(a.mean, b.mean) > 0 for a, b in samples))

    many = contrast(stack([a for a, _ in samples]), stack([b for _, b in samples]))

    alone = [contrast(a, b) for a, b in samples]
    for scale in ("absolute", "relative"):
        for field in ("value", "standard_error", "degrees_of_freedom", "units"):
            together = getattr(getattr(many, scale)(), field).tolist()
            assert together == pytest.approx([getattr(getattr(c, scale)(), field) for c in alone], rel=1e-12)


def stack(samples: list[Sample[float]]) -> Sample[NDArray[np.float64]]:
    return Sample(*(np.array([float(getattr(s, name)) for s in samples]) for name in ("n", "mean", "variance")))
