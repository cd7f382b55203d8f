"""JSON values."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.model.json import is_same_json, measure_json

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@given(values)
def test_a_value_is_the_same_as_itself(value: Any) -> None:
    assert is_same_json(value, value)


@pytest.mark.parametrize(
    ("left", "right"),
    [(True, 1), (False, 0), ([True], [1]), ({"a": False}, {"a": 0}), ([], {}), ("1", 1), (None, 0), ([1], [1, 1])],
)
def test_what_differs_as_json_differs(left: Any, right: Any) -> None:
    assert not is_same_json(left, right)
    assert not is_same_json(right, left)


def test_a_number_is_the_same_with_and_without_a_point() -> None:
    assert is_same_json({"a": [1, 2.0]}, {"a": [1.0, 2]})


@given(values.filter(lambda value: "\\ud" not in json.dumps(value)))
def test_the_size_is_that_of_compact_text(value: Any) -> None:
    compact = json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    assert measure_json(value) == len(compact.encode())


def test_size_counts_bytes_and_not_characters() -> None:
    assert measure_json("é") == 4
