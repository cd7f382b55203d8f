"""Whatever form a column of units has, it holds the same units."""

from collections.abc import Callable, Sequence
from typing import Any

import nanoarrow
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from signpost.assignment.hashing import hash_unit
from signpost.batch import Units, hash_units
from signpost.batch.columns import PIECE

SALT = "7Fh2mVq9ZtXc4KdPnR8sWy"
ASCII = ["a", "device-1", "5a8b6aae-7b62-4c65-8d89-442e4e47c53d", "x" * 300, "nul\x00inside"]
WIDE = [*ASCII, "Zoë", "日本語", "🙂", "e\u0301"]


def swap(units: NDArray[np.str_]) -> NDArray[np.str_]:
    return units.astype(units.dtype.newbyteorder())


FORMS: dict[str, Callable[[Sequence[str]], Units]] = {
    "list": list,
    "tuple": tuple,
    "characters": lambda units: np.array(units, np.str_),
    "characters of the other byte order": lambda units: swap(np.array(units, np.str_)),
    "every second of characters": lambda units: np.repeat(np.array(units, np.str_), 2)[::2],
    "bytes": lambda units: np.array([unit.encode() for unit in units], np.bytes_),
    "every second of bytes": lambda units: np.repeat(np.array([unit.encode() for unit in units], np.bytes_), 2)[::2],
    "objects": lambda units: np.array(units, object),
    "strings of any length": lambda units: np.array(units, np.dtypes.StringDType()),
    "arrow utf8": lambda units: nanoarrow.c_array(units, nanoarrow.string()),
    "arrow large_utf8": lambda units: nanoarrow.c_array(units, nanoarrow.large_string()),
    "arrow from the third on": lambda units: nanoarrow.c_array(["", "é", *units], nanoarrow.string())[2:],
}


@pytest.mark.parametrize("units", [ASCII, WIDE, ["same"] * 3, []], ids=["ascii", "wide", "one length", "none"])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_holds_the_same_units(form: str, units: list[str]) -> None:
    assert hash_units(SALT, FORMS[form](units)).tolist() == [hash_unit(SALT, unit) for unit in units]


@pytest.mark.parametrize("first", [0, 1, 7, 8, 9])
def test_a_null_of_arrow_is_no_unit(first: int) -> None:
    units = ["a", None, "ccc", "", None, "🙂"] * 5
    column = nanoarrow.c_array(units, nanoarrow.string())[first:]

    assert hash_units(SALT, column).tolist() == [hash_unit(SALT, unit) if unit else 0 for unit in units[first:]]


def test_arrow_s_strings_are_read_piece_by_piece() -> None:
    units = [None if i % 3 == 0 else f"device-{i}" for i in range(PIECE + 10)]
    column = nanoarrow.c_array(units, nanoarrow.string())

    assert hash_units(SALT, column).tolist() == [hash_unit(SALT, unit) if unit else 0 for unit in units]


@given(st.lists(st.none() | st.text(max_size=12)), st.integers(0, 5))
def test_arrow_s_strings_are_those_that_were_put_in(units: list[str | None], first: int) -> None:
    column = nanoarrow.c_array(["", None, "x", "x", "x", *units], nanoarrow.string())[first:]

    expected = ["", None, "x", "x", "x", *units][first:]
    assert hash_units(SALT, column).tolist() == [hash_unit(SALT, unit) if unit else 0 for unit in expected]


def test_padding_is_no_part_of_a_unit() -> None:
    units = np.array([b"a", b"bb", b"", b"dddd"])

    assert hash_units(SALT, units).tolist() == [hash_unit(SALT, "a"), hash_unit(SALT, "bb"), 0, hash_unit(SALT, "dddd")]


@pytest.mark.parametrize(
    ("units", "complaint"),
    [
        ("device-1", "not str"),
        (b"device-1", "not bytes"),
        (7, "not int"),
        (np.array([1, 2]), "not int64"),
        (np.array([["a"]]), "2 dimensions"),
        (nanoarrow.c_array([1], nanoarrow.int32()), "format 'i'"),
        (nanoarrow.c_array([b"1"], nanoarrow.binary()), "format 'z'"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_what_is_no_column_of_text_is_refused(units: Any, complaint: str) -> None:
    with pytest.raises((TypeError, ValueError), match=complaint):
        hash_units(SALT, units)
