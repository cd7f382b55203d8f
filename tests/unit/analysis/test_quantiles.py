"""Quantiles of values that belong together; those of independent ones are in test_families. The oracle for R is beside."""

import math
from collections.abc import Sequence

import numpy as np
import pytest

from signpost.analysis import Estimate, Histogram, Missing, MissingCode, Sums
from signpost.analysis.contrasts import Contrast
from signpost.analysis.quantiles import contrast_quantiles, estimate_quantile, read_quantile

EVEN = Histogram(tuple(range(0, 1_000, 10)), (10,) * 100, (20,) * 100)


def shares(groups: Sequence[tuple[int, int]]) -> Sums:
    """Sum groups, each as (values below, values)."""
    return Sums(
        n=len(groups),
        x=sum(x for x, _ in groups),
        xx=sum(x * x for x, _ in groups),
        d=sum(d for _, d in groups),
        dd=sum(d * d for _, d in groups),
        xd=sum(x * d for x, d in groups),
    )


def test_values_that_each_are_a_group_are_as_independent_ones() -> None:
    alone = estimate_quantile(EVEN, 0.5)
    grouped = estimate_quantile(EVEN, 0.5, shares=shares([(1, 1)] * 1_000 + [(0, 1)] * 1_000))

    assert isinstance(alone, Estimate)
    assert isinstance(grouped, Estimate)
    assert grouped.ci_lower == pytest.approx(alone.ci_lower, rel=1e-3)


def test_values_that_are_all_alike_in_a_group_count_once() -> None:
    alone = estimate_quantile(EVEN, 0.5)
    alike = estimate_quantile(EVEN, 0.5, shares=shares([(20, 20)] * 50 + [(0, 20)] * 50))

    assert isinstance(alone, Estimate)
    assert isinstance(alike, Estimate)
    widths = [e.ci_upper - e.ci_lower for e in (alone, alike)]
    assert widths[1] / widths[0] == pytest.approx(math.sqrt(20), rel=0.02)
    assert alike.method != alone.method


def test_the_units_of_clustered_quantiles_are_the_groups() -> None:
    groups = shares([(20, 20)] * 50 + [(0, 20)] * 50)

    found = contrast_quantiles(EVEN, EVEN, 0.5, shares=(groups, groups))

    assert isinstance(found, Contrast)
    assert found.units == 200
    assert found.absolute().value == 0


def test_few_groups_are_refused_however_many_values_they_have() -> None:
    found = estimate_quantile(EVEN, 0.5, shares=shares([(100, 200), (100, 200)] * 5))

    assert isinstance(found, Missing)
    assert found.code is MissingCode.TOO_FEW_UNITS


def test_empty_buckets_hold_no_quantile() -> None:
    histogram = Histogram((0, 10, 20, 30, 40), (10,) * 5, (0, 5, 0, 5, 0))

    found = [read_quantile(histogram, share) for share in (0.0, 0.5, 0.6, 1.0)]

    assert found == [10, 20, 32, 40]


def test_clustered_quantiles_of_equals_differ_in_a_twentieth_of_experiments() -> None:
    # 2,000 runs at 5 %: 69 to 133 rejections hold 99.9 % of sound methods.
    rng = np.random.default_rng(31)
    rejected = 0
    for _ in range(2_000):
        histograms, sums = [], []
        for _arm in (0, 1):
            times = np.exp(rng.normal(6, 0.6, (150, 1)) + rng.normal(0, 0.6, (150, 4))).astype(int)
            starts, counts = np.unique(times // 5 * 5, return_counts=True)
            histogram = Histogram(tuple(starts.tolist()), (5,) * len(starts), tuple(counts.tolist()))
            below = (times < read_quantile(histogram, 0.5)).sum(axis=1)
            histograms.append(histogram)
            x = int(below.sum())
            sums.append(Sums(150, x, int((below * below).sum()), d=600, dd=2_400, xd=4 * x))
        found = contrast_quantiles(histograms[0], histograms[1], 0.5, shares=(sums[0], sums[1]))
        assert isinstance(found, Contrast)
        effect = found.absolute()
        rejected += abs(effect.value) > 1.959964 * effect.standard_error

    assert 69 <= rejected <= 133
