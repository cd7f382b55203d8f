"""The oracles are a published example and scipy.stats."""

from collections.abc import Sequence

import pytest
from scipy.stats import chisquare

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.sample_ratio import SampleRatio, check_sample_ratio


def test_a_published_mismatch_is_found() -> None:
    """R. Kohavi, D. Tang, Y. Xu (2020), Trustworthy online controlled experiments: p = 1.8e-6."""
    found = check_sample_ratio(observed=[821_588, 815_482], planned=[1, 1])

    assert isinstance(found, SampleRatio)
    assert f"{found.p_value:.1e}" == "1.8e-06"
    assert found.is_mismatch


@pytest.mark.parametrize(
    ("observed", "planned"),
    [([503, 497], [1, 1]), ([890, 110], [900_000, 100_000]), ([10, 20, 31], [333_334, 333_333, 333_333])],
)
def test_statistic_and_p_value_are_those_of_scipy(observed: Sequence[int], planned: Sequence[int]) -> None:
    found = check_sample_ratio(observed, planned)

    assert isinstance(found, SampleRatio)
    expected = chisquare(observed, [sum(observed) * p / sum(planned) for p in planned])
    assert found.statistic == pytest.approx(expected.statistic, rel=1e-12)
    assert found.p_value == pytest.approx(expected.pvalue, rel=1e-9)
    assert found.degrees_of_freedom == len(planned) - 1
    assert not found.is_mismatch or found.p_value < found.threshold


def test_a_variation_that_is_planned_without_traffic_and_has_none_takes_no_part() -> None:
    with_it = check_sample_ratio([503, 0, 497], [1, 0, 1])
    without_it = check_sample_ratio([503, 497], [1, 1])

    assert isinstance(with_it, SampleRatio)
    assert isinstance(without_it, SampleRatio)
    assert with_it.p_value == without_it.p_value
    assert with_it.degrees_of_freedom == 1


@pytest.mark.parametrize(
    ("observed", "planned", "code"),
    [
        ([0, 0], [1, 1], MissingCode.NO_UNITS),
        ([4, 5], [1, 1], MissingCode.TOO_FEW_UNITS),
        ([90, 10, 1], [1, 1, 0], MissingCode.UNPLANNED_UNITS),
        ([90, 0], [1, 0], MissingCode.NO_PLANNED_RATIO),
    ],
)
def test_a_ratio_that_cannot_be_checked_says_why(
    observed: Sequence[int], planned: Sequence[int], code: MissingCode
) -> None:
    found = check_sample_ratio(observed, planned)

    assert isinstance(found, Missing)
    assert found.code is code
