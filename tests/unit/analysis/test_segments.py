"""One segment against the rest. The oracle is scipy's Welch test where there are two segments of one arm each."""

import math

import pytest
from scipy import stats

from signpost.analysis import Missing, MissingCode
from signpost.analysis.effects import Effect
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.heterogeneity import compare_with_rest


def test_two_segments_are_compared_as_welch_compares_two_samples() -> None:
    one, other = Effect(3.0, 0.5, 20.0, 22.0, "t"), Effect(1.5, 0.7, 9.0, 11.0, "t")

    found = compare_with_rest([one, other], 0)

    assert isinstance(found, Effect)
    theirs = stats.ttest_ind_from_stats(3.0, 0.5 * math.sqrt(21), 21, 1.5, 0.7 * math.sqrt(10), 10, equal_var=False)
    assert found.value / found.standard_error == pytest.approx(theirs.statistic)
    assert FixedHorizon().p_value(found).value == pytest.approx(theirs.pvalue)


def test_the_rest_is_weighted_by_its_units() -> None:
    effects = [Effect(v, 0.1, math.inf, n, "z") for v, n in ((1.0, 50.0), (2.0, 100.0), (5.0, 300.0))]

    found = compare_with_rest(effects, 0)

    assert isinstance(found, Effect)
    assert found.value == pytest.approx(1 - (2 * 100 + 5 * 300) / 400)
    assert found.standard_error == pytest.approx(0.1 * math.sqrt(1 + 1 / 16 + 9 / 16))
    assert found.degrees_of_freedom == math.inf
    assert found.units == 450


@pytest.mark.parametrize(
    ("effects", "code"),
    [
        ([Effect(1.0, 0.1, math.inf, 50.0, "z")], MissingCode.TOO_FEW_SEGMENTS),
        ([Effect(1.0, 0.0, 9.0, 50.0, "z"), Effect(2.0, 0.0, 9.0, 50.0, "z")], MissingCode.NO_VARIANCE),
    ],
)
def test_a_segment_without_a_rest_or_an_error_is_refused(effects: list[Effect[float]], code: MissingCode) -> None:
    found = compare_with_rest(effects, 0)

    assert isinstance(found, Missing)
    assert found.code is code
