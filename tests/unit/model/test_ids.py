"""Identifiers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.model.ids import ALPHABET, RANDOM_LENGTH, IdKind, encode_id, is_id, salt_of

numbers = st.integers(0, 2**128 - 1)


@given(numbers, st.sampled_from(IdKind))
def test_every_number_becomes_an_id_of_its_kind(number: int, kind: IdKind) -> None:
    identifier = encode_id(kind, number)

    assert is_id(kind, identifier)
    assert len(salt_of(identifier)) == RANDOM_LENGTH


@given(numbers)
def test_an_id_tells_its_number(number: int) -> None:
    digits = salt_of(encode_id(IdKind.FLAG, number))

    assert sum(ALPHABET.index(digit) * 58**place for place, digit in enumerate(reversed(digits))) == number


def test_the_alphabet_leaves_out_what_looks_alike() -> None:
    assert len(set(ALPHABET)) == 58
    assert not set("0OIl") & set(ALPHABET)


@pytest.mark.parametrize("number", [-1, 2**128])
def test_more_than_128_bits_are_refused(number: int) -> None:
    with pytest.raises(ValueError, match="128 bits"):
        encode_id(IdKind.FLAG, number)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "exp_",
        "flg_" + "1" * 22,
        "exp_" + "1" * 21,
        "exp_" + "1" * 23,
        "exp_" + "0" * 22,
        "exp_" + "1" * 21 + "\n",
        "exp_" + "1" * 22 + "\n",
        "EXP_" + "1" * 22,
    ],
)
def test_what_can_be_no_experiment_id(text: str) -> None:
    assert not is_id(IdKind.EXPERIMENT, text)
