"""Hosted sign-in in a real browser: every flow, from an application to the server's pages and back."""

import json
import time

import httpx2
import jwt
import pyotp
import pytest

from tests.e2e.chromium import DESKTOP, PHONE
from tests.e2e.hosted.visitor import PASSWORD, Visitor

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def wait_for_pages(visitor: Visitor, text: str) -> None:
    """Wait until the server has heard of a change that a command made."""
    deadline = time.monotonic() + 20
    while text not in httpx2.get(visitor.authorize(), follow_redirects=False).headers["location"]:
        assert time.monotonic() < deadline


def test_an_account_is_made_and_its_owner_signs_in_again(visitor: Visitor) -> None:
    first = visitor.begin(screen_hint="signup")
    offered = visitor.send(email="ann@example.com", password=PASSWORD)
    made = visitor.skip_to_the_end(offered)
    new = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})

    silent = visitor.begin()
    same = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})
    steps = [
        visitor.begin(prompt="login"),
        visitor.send(identifier=" Ann@Example.com"),
        visitor.send(password=PASSWORD),
    ]
    again = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})

    assert (first, offered, made, silent) == ("signup", "passkey-enroll", "application", "application")
    assert steps == ["identifier", "password", "application"]
    assert (new["email"], new["amr"], new["nonce"]) == ("ann@example.com", ["pwd"], "once")
    assert new["sub"] == same["sub"] == again["sub"]
    assert new["sid"] == same["sid"] != again["sid"], "who signs in anew has another session"


def test_a_wrong_password_and_an_account_that_is_not_there_look_alike(visitor: Visitor) -> None:
    visitor.sign_up("bob@example.com")
    seen = []
    for email in ("bob@example.com", "nobody@example.com"):
        visitor.begin(prompt="login")
        visitor.send(identifier=email)
        screen = visitor.send(password="not it at all")
        seen.append((screen, visitor.text(".errors"), visitor.text("h1")))

    assert seen[0] == seen[1]
    assert "The email address or the password is not right." in seen[0][1]
    assert visitor.text(".who span") == "nobody@example.com"


def test_a_passkey_is_made_and_signs_in_without_a_password(visitor: Visitor) -> None:
    visitor.tab.call("WebAuthn.enable")
    made_by = visitor.tab.call("WebAuthn.addVirtualAuthenticator", options=AUTHENTICATOR)
    visitor.begin(screen_hint="signup")
    visitor.send(email="cleo@example.com", password=PASSWORD)
    made = visitor.send("form[data-passkey] button[value=continue]")
    visitor.told()
    visitor.forget()

    visitor.begin()
    used = visitor.send("form[data-passkey] button[value=continue]")
    token = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})
    visitor.tab.call("WebAuthn.removeVirtualAuthenticator", **made_by)
    visitor.tab.call("WebAuthn.disable")

    assert (made, used) == ("application", "application")
    assert (token["email"], token["amr"]) == ("cleo@example.com", ["pop", "mfa"])


def test_a_second_factor_is_set_up_asked_for_and_recovered_from(visitor: Visitor) -> None:
    visitor.server.run("pages", "set", "mfa_nudge=true", "passkey_prompt=false", "layout=combined")
    wait_for_pages(visitor, "/u/login")
    visitor.begin(screen_hint="signup")
    assert visitor.send(email="dan@example.com", password=PASSWORD) == "mfa-enroll"
    app = pyotp.TOTP(visitor.text(".secret code").replace(" ", ""))
    wrong = visitor.send(code="000000" if app.now() != "000000" else "111111")
    assert visitor.text(".secret code").replace(" ", "") == app.secret, "the same key until it is set up"
    code = app.now()
    kept = visitor.send(code=code)
    codes = [visitor.text(f".codes li:nth-child({place})") for place in range(1, 11)]
    done = visitor.send()
    visitor.told()

    asked = [visitor.begin(prompt="login"), visitor.send(identifier="dan@example.com", password=PASSWORD)]
    replayed = visitor.send(code=code)
    instead = visitor.click("a[href*=recovery-challenge]")
    recovered = visitor.send(code=codes[3].lower())
    token = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})
    visitor.begin(prompt="login")
    visitor.send(identifier="dan@example.com", password=PASSWORD)
    visitor.click("a[href*=recovery-challenge]")
    twice = visitor.send(code=codes[3])
    visitor.server.run("pages", "set", "mfa_nudge=", "passkey_prompt=", "layout=")
    wait_for_pages(visitor, "/u/identifier")

    assert (wrong, kept, done) == ("mfa-enroll", "recovery-codes", "application")
    assert len(set(codes)) == 10
    assert asked == ["login", "mfa-challenge"]
    assert (replayed, instead, recovered, twice) == (
        "mfa-challenge",
        "recovery-challenge",
        "application",
        "recovery-challenge",
    )
    assert token["amr"] == ["pwd", "kba", "mfa"]


def test_a_password_is_reset_by_a_link_which_ends_every_session(visitor: Visitor) -> None:
    visitor.sign_up("eve@example.com")
    visitor.begin(prompt="login")
    visitor.send(identifier="eve@example.com")
    asked = [visitor.click("a[href*=reset-request]"), visitor.send(email="eve@example.com")]
    mail = json.loads(visitor.server.run("outbox", "--last", "1", "--json").stdout)[0]
    link = mail["links"][0].replace("127.0.0.1", "localhost")

    visitor.tab.open(link)
    short = [visitor.look(), visitor.send(password="short")]
    same = visitor.send(password=PASSWORD)
    changed = visitor.send(password="another horse and staple")
    visitor.tab.open(link)
    used = visitor.text("h1")
    signed_out = visitor.begin()
    visitor.send(identifier="eve@example.com")
    old = visitor.send(password=PASSWORD)
    new = visitor.skip_to_the_end(visitor.send(password="another horse and staple"))

    assert asked == ["reset-request", "reset-sent"]
    assert (mail["to"], mail["subject"]) == ("eve@example.com", "Choose a new password for default")
    assert (short, same, changed) == (["reset-password", "reset-password"], "reset-password", "message")
    assert used == "This link no longer works"
    assert (signed_out, old, new) == ("identifier", "password", "application")


def test_without_scripts_on_a_phone_and_by_the_keyboard_alone(visitor: Visitor) -> None:
    visitor.sign_up("finn@example.com")
    visitor.forget()
    tab = visitor.tab
    tab.emulate(PHONE, scheme="dark", scripts=False)
    tab.open(visitor.authorize())
    tab.draw()

    for typed, screen in (("finn@example.com", "password"), (PASSWORD, "passkey-enroll")):
        tab.call("Input.insertText", text=typed)
        tab.heard.clear()
        tab.press("Enter")
        tab.wait("Page.loadEventFired")
        tab.draw()
        assert visitor.tab.run("document.body.className") == f"screen-{screen}"
    tab.press("Tab")
    tab.heard.clear()
    tab.press("Enter")
    tab.wait("Page.loadEventFired")
    tab.emulate(DESKTOP)

    assert visitor.look() == "application"
    assert "code" in visitor.told()


@pytest.mark.parametrize(("locale", "heading"), [("fr-CA en", "Connexion"), ("ja", "ログイン"), ("xx", "Sign in")])
def test_the_pages_speak_the_language_that_is_asked_for(visitor: Visitor, locale: str, heading: str) -> None:
    visitor.begin(ui_locales=locale)

    assert visitor.text("h1") == heading


def test_an_application_that_takes_forms_is_posted_to(visitor: Visitor) -> None:
    visitor.sign_up("gus@example.com")

    visitor.tab.open(visitor.authorize(response_mode="form_post"))
    method, told = visitor.application.told.get(timeout=20)

    assert method == "POST"
    assert told["state"] == "something of mine"
    assert told["code"]


def test_who_is_not_signed_in_goes_back_with_an_error_when_nothing_may_be_shown(visitor: Visitor) -> None:
    visitor.begin(prompt="none")

    assert visitor.told()["error"] == "login_required"
