"""What every page holds, whatever it shows."""

import json

import pytest

from signpost.signin.screens.rendering import render
from signpost.signin.screens.screen import FORMS, Screen
from signpost.signin.screens.words import LOCALES
from tests.unit.signin.screens.examples import ERRORS, OPTIONS, show, show_all
from tests.unit.signin.screens.page import Page

NASTY = "\"'><script>alert(1)</script>{{ 7 * 7 }}"


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("name", FORMS)
def test_a_page_has_its_language_a_title_one_heading_and_the_tenant_on_top(name: str, locale: str) -> None:
    page = Page(render(show(name, locale=locale)))

    assert page.one("html").get("lang") == locale
    heading = page.one("h1").text
    assert heading
    assert page.one("title").text == f"{heading} – Larkfield Library"
    assert page.one("p", **{"class": "tenant"}).text == "Larkfield Library"


@pytest.mark.parametrize("name", FORMS)
def test_every_field_has_a_label_a_limit_and_a_word_for_the_browser(name: str) -> None:
    page = Page(render(show(name, errors=ERRORS.get(name, []))))

    labels = {label.get("for") for label in page.find("label")}
    for field in page.find("input"):
        if field.get("type") == "hidden" or field.get("aria-hidden") == "true":
            continue
        assert field.get("id") in labels
        assert int(field.get("maxlength")) <= 1024
        assert "autocomplete" in field.attributes


@pytest.mark.parametrize("name", FORMS)
def test_a_form_posts_the_fields_of_its_screen_with_the_state_and_the_token(name: str) -> None:
    page = Page(render(show(name)))

    posted = set()
    for form in page.find("form"):
        assert form.get("method") == "post"
        inside = {field.get("name"): field for field in page.find("input") if field.is_in(form)}
        assert inside["state"].get("value") == "jrn_1"
        assert inside["csrf"].get("value") == "tok_1"
        if form.get("action") == f"/u/{name}":
            posted |= set(inside)
    shared = {"state", "csrf", "username", "ticket"}
    assert posted - shared == set(FORMS[name])


@pytest.mark.parametrize("name", FORMS)
def test_nothing_in_a_page_needs_an_inline_script_or_style(name: str) -> None:
    page = Page(render(show(name)))

    assert page.find("style") == []
    for element in page.elements:
        assert not any(attribute.startswith("on") or attribute == "style" for attribute in element.attributes)
    assert all(script.get("src").startswith("/u/static/") and not script.text for script in page.find("script"))


@pytest.mark.parametrize("name", FORMS)
def test_a_page_has_one_primary_button_at_most_and_the_forms_own_comes_first(name: str) -> None:
    page = Page(render(show(name)))

    primary = [e for e in page.elements if "primary" in e.get("class").split()]
    buttons = page.find("button")
    assert len(primary) <= 1
    assert not buttons or buttons[0].get("class") == "primary"


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_summed_up_with_focus_and_tied_to_their_fields(name: str) -> None:
    page = Page(render(show(name, errors=ERRORS[name])))

    summary = page.by_id("errors")
    assert page.one("title").text.startswith("Error: ")
    assert "autofocus" in summary.attributes
    assert summary.get("tabindex") == "-1"
    assert [e for e in page.elements if "autofocus" in e.attributes] == [summary]
    for link in (a for a in page.find("a") if a.is_in(summary)):
        field = page.by_id(link.get("href").removeprefix("#"))
        assert field.get("aria-invalid") == "true"
        described = [page.by_id(place) for place in field.get("aria-describedby").split()]
        assert link.text in [place.text for place in described]


def test_an_error_that_tells_of_the_account_is_about_no_field() -> None:
    page = Page(render(show("login", errors=["credentials_wrong"])))

    assert not any(field.get("aria-invalid") for field in page.find("input"))
    assert "not right" in page.by_id("errors").text


def test_an_unknown_error_is_said_in_general_words() -> None:
    page = Page(render(show("login", errors=[NASTY])))

    assert "Something went wrong" in page.by_id("errors").text


def test_what_was_typed_comes_back_but_never_a_password() -> None:
    page = Page(render(show("login", values={"identifier": "ada@example.com", "password": "hunter2"})))

    assert page.by_id("identifier").get("value") == "ada@example.com"
    assert "value" not in page.by_id("password").attributes


@pytest.mark.parametrize("name", FORMS)
def test_nothing_from_outside_becomes_markup_or_template(name: str) -> None:
    facts = dict.fromkeys(
        ("tenant_name", "client_name", "secret", "masked_email", "ticket", "text", "qr", "notice", "webauthn"), NASTY
    )
    mail = {
        "to": NASTY,
        "subject": NASTY,
        "sent_at": NASTY,
        "text": NASTY,
        "links": [NASTY, f"https://a.example/{NASTY}"],
    }
    screen = Screen(
        name,
        journey=NASTY,
        csrf=NASTY,
        locale=NASTY,
        values={"identifier": NASTY, "email": NASTY},
        errors=[NASTY],
        facts={**facts, "codes": [NASTY], "mails": [mail], "continue_url": NASTY, "message": NASTY},
        parameters={"social_proof": NASTY, "primary_button": NASTY[:40]},
    )

    html = render(screen)

    assert "<script>" not in html
    assert "49" not in html.replace("7 * 7", "")
    assert all(script.get("src").startswith("/u/static/") for script in Page(html).find("script"))


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", "http://[", "next"]
)
def test_a_page_leads_only_to_the_web_or_to_this_server(url: str) -> None:
    page = Page(render(show("message", facts={"message": "expired", "continue_url": url})))

    assert page.find("a") == []


def test_a_screen_that_is_told_nothing_is_a_page_all_the_same() -> None:
    for name in FORMS:
        page = Page(render(Screen(name, journey="jrn_1", csrf="tok_1")))

        assert page.one("h1").text


def test_the_options_of_a_passkey_reach_the_script_as_they_are() -> None:
    page = Page(render(show("passkey-signin")))

    form = page.one("form", data_passkey="get")
    assert json.loads(form.get("data-options")) == json.loads(OPTIONS)


def test_without_a_script_the_passkey_is_not_offered_and_the_way_on_is() -> None:
    sign_in, enroll = Page(render(show("login"))), Page(render(show("passkey-enroll")))

    assert "hidden" in sign_in.one("form", action="/u/passkey-signin").attributes
    assert "hidden" not in sign_in.one("form", action="/u/login").attributes
    skip = enroll.one("button", value="skip")
    assert "hidden" not in skip.attributes
    assert "hidden" in enroll.one("button", value="continue").attributes


def test_pages_without_a_passkey_have_no_script() -> None:
    assert [s.name for s in show_all() if Page(render(s)).find("script")] == [
        "identifier",
        "login",
        "password",
        "passkey-enroll",
        "passkey-signin",
    ]


def test_what_an_action_said_takes_the_place_of_the_message() -> None:
    page = Page(render(show("message", facts={"message": "denied", "text": "Closed until {tenant} opens."})))

    assert page.one("h1").text == "You can’t go on"
    assert page.one("p", **{"class": "lead"}).text == "Closed until {tenant} opens."


def test_what_is_required_cannot_be_put_off() -> None:
    for name in ("mfa-enroll", "passkey-enroll"):
        page = Page(render(show(name, facts={"is_required": True, "webauthn": OPTIONS})))

        assert page.find("button", value="skip") == []


def test_there_is_no_page_for_a_screen_that_is_not_known() -> None:
    with pytest.raises(KeyError):
        render(Screen("../page", journey="jrn_1", csrf="tok_1"))
