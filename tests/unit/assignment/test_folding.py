"""Folding, and the spellings that stand in for it."""

from itertools import chain

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment.folding import fold, spell_out

letters = st.sampled_from("aksxAKSX-1\u212a\u017fßé")


@given(st.text(letters, max_size=5), st.lists(st.text(letters, max_size=4), min_size=1, max_size=3))
def test_a_text_is_among_the_spellings_exactly_when_it_folds_to_one_of_the_values(text: str, values: list[str]) -> None:
    folded = tuple(map(fold, values))

    spellings = spell_out(folded, at_most=1_000)

    assert (spellings is None) == any(not value.isascii() for value in folded)
    assert spellings is None or (text in spellings) == (fold(text) in folded)


def test_no_code_point_is_missing_from_the_spellings_of_ascii() -> None:
    spellings = {i: spell_out([chr(i)], at_most=10) or frozenset() for i in range(128) if fold(chr(i)) == chr(i)}

    folding_there = {chr(i) for i in chain(range(0xD800), range(0xE000, 0x110000)) if fold(chr(i)).isascii()}

    assert frozenset().union(*spellings.values()) == folding_there


@pytest.mark.parametrize(
    ("values", "at_most", "found"), [(["ios"], 12, 12), (["ios"], 11, None), (["1", "2"], 2, 2), ([""], 1, 1)]
)
def test_no_more_is_spelled_out_than_may_be(values: list[str], at_most: int, found: int | None) -> None:
    spellings = spell_out(values, at_most=at_most)

    assert (None if spellings is None else len(spellings)) == found


@given(st.text())
def test_folding_keeps_the_length_and_folds_once(text: str) -> None:
    folded = fold(text)

    assert len(folded) == len(text)
    assert fold(folded) == folded
