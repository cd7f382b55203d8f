"""What varies on the pages, and that a wrong value varies nothing."""

from typing import Any

import pytest

from signpost.model.flags import Parameter
from signpost.model.hosted_pages import PARAMETERS
from signpost.model.json import JsonValue
from signpost.signin.screens.parameters import PageParameters, read_parameters
from signpost.signin.screens.rendering import render
from tests.unit.signin.screens.examples import show
from tests.unit.signin.screens.page import Page


def page_of(name: str, **parameters: JsonValue) -> Page:
    return Page(render(show(name, parameters=parameters)))


def test_the_flags_defaults_are_the_pages_defaults() -> None:
    read = read_parameters({name: parameter.value for name, parameter in PARAMETERS.items()})

    assert read == (PageParameters(), ())
    assert read_parameters({}) == (PageParameters(), ())


@pytest.mark.parametrize(("name", "parameter"), PARAMETERS.items())
def test_a_default_has_the_type_that_it_says(name: str, parameter: Parameter) -> None:
    assert parameter.type.fits(parameter.value)


@pytest.mark.parametrize("name", PARAMETERS)
@pytest.mark.parametrize(
    "value", [None, 1, 1.5, [], ["passkey"], ["password", "password"], [[]], {}, {"a": 1}, "\n", "x" * 300]
)
def test_a_wrong_value_gives_way_to_the_default_and_is_named(name: str, value: Any) -> None:
    read, wrong = read_parameters({name: value})

    assert read == PageParameters()
    assert wrong == (name,)
    assert render(show("login", parameters={name: value})) == render(show("login"))


def test_the_layout_says_where_a_sign_in_begins() -> None:
    assert read_parameters({})[0].first_screen == "identifier"
    assert read_parameters({"layout": "combined"})[0].first_screen == "login"
    back = page_of("password", layout="combined").find("a")[0]
    assert back.get("href") == "/u/login?state=jrn_1"


@pytest.mark.parametrize("name", ["identifier", "login", "signup"])
def test_the_line_and_the_label_show_where_a_sign_in_begins(name: str) -> None:
    page = page_of(name, social_proof="12,000 readers were here this month.", primary_button="Let me in")

    assert page.one("p", **{"class": "proof"}).text == "12,000 readers were here this month."
    assert page.find("button")[0].text == "Let me in"


def test_the_order_of_methods_is_the_order_of_the_page() -> None:
    def order(*methods: str) -> list[str]:
        return [form.get("action") for form in page_of("login", methods=list(methods)).find("form")]

    assert order("password", "passkey") == ["/u/login", "/u/passkey-signin"]
    assert order("passkey", "password") == ["/u/passkey-signin", "/u/login"]
    assert order("password") == ["/u/login"]


def test_passkeys_are_suggested_before_the_password_only_at_that_moment() -> None:
    early, late = page_of("login", passkey_moment="before_password"), page_of("login")
    never = page_of("login", passkey_moment="before_password", passkey_prompt=False)

    assert early.by_id("identifier").get("autocomplete") == "username webauthn"
    assert early.one("form", data_passkey="get").get("data-suggest") == "yes"
    for page in (late, never):
        assert page.by_id("identifier").get("autocomplete") == "username"
        assert page.one("form", data_passkey="get").get("data-suggest") == "no"


def test_the_nudge_says_how_little_it_takes() -> None:
    assert "about a minute" in page_of("mfa-enroll", mfa_nudge=True).one("main").text
    assert "about a minute" not in page_of("mfa-enroll").one("main").text
