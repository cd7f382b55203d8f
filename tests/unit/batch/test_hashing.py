"""A column's hashes are those of its units, one by one, of whatever length and in whatever form they come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from xxhash import xxh3_64_intdigest

from signpost.assignment.hashing import hash_unit
from signpost.batch import hash_units
from signpost.batch.columns import PIECE
from signpost.batch.hashing import CHUNK
from signpost.batch.xxh3 import LONGEST, SHORTEST, hash_rows

SALT = "7Fh2mVq9ZtXc4KdPnR8sWy"
texts = st.text(max_size=40) | st.text("ab\x00é", max_size=8) | st.text(min_size=90, max_size=130)


def hash_one(unit: object) -> int:
    """What the scalar path has for a unit, and 0 where it can't decide."""
    try:
        return hash_unit(SALT, unit) if isinstance(unit, str) and unit else 0
    except UnicodeEncodeError:
        return 0


@pytest.mark.parametrize("length", range(1, 601))
def test_units_of_every_length_have_their_hash(length: int) -> None:
    units = [chr(97 + i % 26) * (length - 1) + chr(65 + i) for i in range(3)]

    assert hash_units(SALT, units).tolist() == [hash_unit(SALT, unit) for unit in units]


@pytest.mark.parametrize("length", range(SHORTEST, LONGEST + 1))
def test_rows_of_every_length_have_the_hash_of_the_published_library(length: int) -> None:
    rows = np.random.default_rng(length).integers(0, 256, (5, length), np.uint8)

    assert hash_rows(rows).tolist() == [xxh3_64_intdigest(row.tobytes()) for row in rows]


@pytest.mark.parametrize("byte", [0, 255])
def test_the_largest_and_smallest_words_multiply_right(byte: int) -> None:
    for length in (58, 240):
        rows = np.full((1, length), byte, np.uint8)

        assert hash_rows(rows).tolist() == [xxh3_64_intdigest(bytes([byte]) * length)]


@pytest.mark.parametrize("length", [0, SHORTEST - 1, LONGEST + 1])
def test_rows_of_other_lengths_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match=f"{length} bytes"):
        hash_rows(np.zeros((1, length), np.uint8))


@given(st.lists(texts, max_size=30))
def test_any_texts_have_their_hashes(units: list[str]) -> None:
    assert hash_units(SALT, units).tolist() == [hash_one(unit) for unit in units]


@given(st.lists(texts | st.none() | st.integers() | st.binary(max_size=3) | st.just("\ud800"), max_size=12))
def test_what_is_no_unit_has_the_hash_0(units: list[object]) -> None:
    column = np.empty(len(units), object)
    column[:] = units

    assert hash_units(SALT, column).tolist() == [hash_one(unit) for unit in units]


@pytest.mark.parametrize("count", [CHUNK - 1, CHUNK, CHUNK + 1, PIECE, PIECE + 1])
def test_no_row_is_lost_between_pieces(count: int) -> None:
    units = [f"device-{i:08}" for i in range(count)]

    assert hash_units(SALT, units).tolist() == [hash_unit(SALT, unit) for unit in units]


def test_rows_of_many_lengths_stay_in_their_order() -> None:
    units = ["x" * (i * 37 % 400) + str(i) for i in range(5_000)]

    assert hash_units(SALT, units).tolist() == [hash_unit(SALT, unit) for unit in units]


def test_salts_of_any_length_are_hashed() -> None:
    for salt in ("", "a", "a" * 16, "a" * 300):
        assert hash_units(salt, ["1", "22"]).tolist() == [hash_unit(salt, "1"), hash_unit(salt, "22")]
