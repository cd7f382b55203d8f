"""What the operator may say."""

from typing import Any

import pytest
from pydantic import ValidationError

from signpost.gateway.settings import RESERVED, GatewaySettings


def test_all_of_it_has_a_default() -> None:
    assert GatewaySettings().owned == ("ext-experiment",)


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_no_experiment_says_who_gets_in(name: str) -> None:
    with pytest.raises(ValidationError, match="no experiment sets it"):
        GatewaySettings(parameters={"x": name})


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ({"parameters": {"a": "x", "b": "x"}}, "two things would be sent as x"),
        ({"parameters": {"a": "ext-experiment"}}, "two things"),
        ({"replaces": ("x",)}, "none of parameters"),
        ({"parameters": {"a": "a b"}}, "pattern"),
        ({"parameters": {"a": "a&b"}}, "pattern"),
        ({"flow": " x"}, "pattern"),
        ({"callbacks": {"a": "/relative"}}, "no http or https address"),
        ({"callbacks": {"a": "https://a/#b"}}, "no http or https address"),
        ({"callbacks": {"a": "https://user@a/"}}, "no http or https address"),
        ({"callbacks": {"a": "javascript:alert(1)"}}, "no http or https address"),
        ({"callbacks": {"a": "https://a/\r\nSet-Cookie: b=c"}}, "no http or https address"),
        ({"callbacks": {"a": "https://é/"}}, "no http or https address"),
        ({"callbacks": {"a": "https://a:x/"}}, "no http or https address"),
        ({"callbacks": {"a/b": "https://a/"}}, "has a / in its name"),
        ({"url_length_max": 1}, "greater than"),
        ({"unknown": 1}, "Extra inputs"),
    ],
)
def test_what_makes_no_sense_is_refused(said: Any, complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        GatewaySettings(**said)
