"""The oracles are statsmodels and the definition."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.multitest import multipletests

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.holm import adjust, adjust_p_values

P_VALUES = st.lists(st.floats(min_value=0, max_value=1), min_size=1, max_size=20)
MISSING = Missing(MissingCode.NO_UNITS, "")


@settings(max_examples=30)
@given(P_VALUES)
def test_adjusted_p_values_are_those_of_statsmodels(p_values: list[float]) -> None:
    adjusted = adjust(p_values)

    assert adjusted == pytest.approx(tuple(multipletests(p_values, method="holm")[1]))


def test_what_is_missing_is_not_of_the_family() -> None:
    adjusted = adjust_p_values([PValue(0.02, "z"), MISSING, PValue(0.03, "z")])

    assert [p.value for p in adjusted if isinstance(p, PValue)] == [0.04, 0.04]
    assert adjusted[1] is MISSING


def test_a_single_treatment_is_left_as_it_is() -> None:
    alone = PValue(0.03, "z")

    assert adjust_p_values([alone, MISSING]) == (alone, MISSING)
