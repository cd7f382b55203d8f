"""Paths and their flows."""

import re

import pytest

from signpost.middleware.flows import Flows, Path

FLOWS = Flows(
    {
        "/login": "authentication",
        "/login/mfa/": "mfa_challenge",
        "/reset": "password_reset",
        re.compile(r"/t/\w+/login"): "tenants",
        re.compile(r"/login/.*"): "shadowed",
    }
)


@pytest.mark.parametrize(
    ("path", "flow"),
    [
        ("/login", "authentication"),
        ("/login/", "authentication"),
        ("/login/now", "authentication"),
        ("/login/mfa", "mfa_challenge"),
        ("/login/mfa/sms", "mfa_challenge"),
        ("/login/mfas", "authentication"),
        ("/logins", None),
        ("/Login", None),
        ("/", None),
        ("", None),
        ("/a/login", None),
        ("/t/acme/login", "tenants"),
        ("/t/acme/login/more", None),
    ],
)
def test_the_longest_beginning_decides_then_the_first_pattern(path: str, flow: str | None) -> None:
    assert FLOWS.find(path) == flow


def test_a_slash_is_the_beginning_of_everything() -> None:
    assert Flows({"/": "all"}).find("/anything/at/all") == "all"


@pytest.mark.parametrize(
    "flows", [{"login": "a"}, {"/login": ""}, {"/login": " a"}, {"/login": "a" * 256}, {"/login": 1}]
)
def test_what_is_no_path_or_no_flow_is_refused(flows: dict[Path, str]) -> None:
    with pytest.raises(ValueError, match=r"path|flow"):
        Flows(flows)
