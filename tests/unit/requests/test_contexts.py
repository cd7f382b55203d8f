"""Contexts of OpenFeature as attributes."""

import pytest

from signpost.requests.contexts import flatten_context


@pytest.mark.parametrize(
    ("value", "text"), [("é", "é"), ("", ""), (29, "29"), (29.0, "29"), (0.5, "0.5"), (True, "true"), (False, "false")]
)
def test_a_scalar_becomes_text(value: object, text: str) -> None:
    assert flatten_context({"country": value}) == {"country": text}


@pytest.mark.parametrize("value", [None, [1], {"a": 1}])
def test_what_no_segment_can_ask_for_is_left_out(value: object) -> None:
    assert flatten_context({"country": value}) == {}


def test_a_name_of_the_callers_own_is_session_metadata() -> None:
    found = flatten_context(
        {"email": "a@b.example", "anonymous_session_metadata.plan": "pro", "flow": "authentication"}
    )

    assert found == {
        "anonymous_session_metadata.email": "a@b.example",
        "anonymous_session_metadata.plan": "pro",
        "flow": "authentication",
    }


def test_an_infinite_number_does_no_harm() -> None:
    assert flatten_context({"country": float("inf")}) == {"country": "inf"}
