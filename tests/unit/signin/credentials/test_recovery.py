"""Recovery codes."""

import math

import pytest

from signpost.signin.credentials.recovery import ALPHABET, COUNT, LENGTH, hash_code, make_codes
from signpost.testing.repeatable import SteppingClock


def test_codes_are_shown_once_and_kept_as_hashes() -> None:
    codes, kept = make_codes("auth0|1", SteppingClock())

    assert len(set(codes)) == COUNT
    assert kept.hashes == tuple(map(hash_code, codes))
    assert not any(code in text for code in codes for text in kept.hashes)


def test_a_code_is_worth_more_than_70_bits() -> None:
    assert math.log2(len(ALPHABET)) * LENGTH > 70


@pytest.mark.parametrize("typed", ["abcd-efgh", "ABCDEFGH", " abcd efgh ", "AbCd–EfGh"])
def test_case_blanks_and_dashes_do_not_matter(typed: str) -> None:
    assert hash_code(typed) == hash_code("ABCD-EFGH")


def test_another_code_has_another_hash() -> None:
    assert hash_code("ABCD-EFGH") != hash_code("ABCD-EFGJ")
