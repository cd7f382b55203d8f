"""Overrides: bare or wrapped, and always a real difference."""

from typing import Any

import pytest

from signpost.model.errors import (
    DomainError,
    OverrideEqualsDefaultError,
    OverrideKeyInvalidError,
    OverrideTypeMismatchError,
    OverrideValueTooLargeError,
)
from signpost.model.flags import Parameter, ParameterType
from signpost.model.variations import check_overrides, unwrap_overrides

PARAMETERS = {
    "title": Parameter(ParameterType.STRING, "Sign in"),
    "steps": Parameter(ParameterType.NUMBER, 1),
    "theme": Parameter(ParameterType.OBJECT, {}),
    "order": Parameter(ParameterType.ARRAY, [1]),
}


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"title": {"value": "Welcome"}}, {"title": "Welcome"}),
        ({"title": "Welcome"}, {"title": "Welcome"}),
        ({"title": {"value": "Welcome", "more": 1}}, {"title": {"value": "Welcome", "more": 1}}),
        ({"theme": {"value": {"dark": True}}}, {"theme": {"dark": True}}),
        ({"theme": {"value": 1}}, {"theme": {"value": 1}}),
        ({"theme": {"dark": True}}, {"theme": {"dark": True}}),
        ({"unknown": {"value": 1}}, {"unknown": 1}),
        ({}, {}),
    ],
)
def test_a_value_is_unwrapped_where_the_wrapping_can_only_be_wrapping(
    given: dict[str, Any], stored: dict[str, Any]
) -> None:
    assert unwrap_overrides(given, PARAMETERS) == stored


@pytest.mark.parametrize(
    ("overrides", "error"),
    [
        ({"titel": "Welcome"}, OverrideKeyInvalidError),
        ({"title": 1}, OverrideTypeMismatchError),
        ({"steps": True}, OverrideTypeMismatchError),
        ({"title": None}, OverrideTypeMismatchError),
        ({"title": "x" * 1023}, OverrideValueTooLargeError),
        ({"title": "Sign in"}, OverrideEqualsDefaultError),
        ({"steps": 1.0}, OverrideEqualsDefaultError),
        ({"theme": {}}, OverrideEqualsDefaultError),
    ],
)
def test_an_override_that_is_not_right_is_refused(overrides: dict[str, Any], error: type[DomainError]) -> None:
    with pytest.raises(error):
        check_overrides(overrides, PARAMETERS)


@pytest.mark.parametrize("overrides", [{}, {"title": "x" * 1022}, {"order": [True]}, {"steps": 1.5}])
def test_a_real_difference_is_accepted(overrides: dict[str, Any]) -> None:
    check_overrides(overrides, PARAMETERS)
