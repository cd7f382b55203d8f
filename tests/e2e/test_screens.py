"""The hosted pages in a real browser: axe, the keyboard, passkeys, no scripts, a phone."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from signpost.signin.screens.rendering import render
from signpost.signin.screens.screen import FORMS, Screen
from signpost.signin.screens.words import LOCALES
from tests.conftest import miss
from tests.e2e.chromium import DESKTOP, PHONE, Tab, find_chromium, open_tab
from tests.e2e.shown_pages import Shown, show_pages
from tests.unit.signin.screens.examples import CREATION, ERRORS, OPTIONS, show

AXE = Path(__file__).parents[1] / "sdk" / "node" / "node_modules" / "axe-core" / "axe.min.js"
LAYOUTS: dict[str, dict[str, Any]] = {
    "identifier_first": {"social_proof": "12,000 readers were here this month.", "mfa_nudge": True},
    "combined": {"layout": "combined", "methods": ["passkey", "password"], "passkey_moment": "before_password"},
}
SERIOUS = """
axe.run(document, %s).then((found) => found.violations
  .filter((v) => v.impact === "serious" || v.impact === "critical")
  .map((v) => v.id + ": " + v.nodes.map((n) => n.html + " " + n.failureSummary).join(" | ")))
"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Tab]:
    program = find_chromium()
    if program is None:
        miss("Chromium (Debian's package chromium)")
    else:
        with open_tab(program) as page:
            yield page


@pytest.fixture(scope="module")
def shown() -> Iterator[Shown]:
    with show_pages() as pages:
        yield pages


def look(tab: Tab, shown: Shown, screen: Screen) -> None:
    shown.html = render(screen)
    tab.open(f"{shown.url}/u/{screen.name}")


def focused(tab: Tab) -> str:
    """Return what has the focus, after the browser has drawn the page: it gives the focus to what is to have it then."""
    name = "(e => e.id || e.textContent.trim() || e.tagName)(document.activeElement)"
    return str(tab.run(f"new Promise(requestAnimationFrame).then(() => {name})"))


@pytest.mark.parametrize("locale", LOCALES)
def test_axe_finds_nothing_serious_and_the_policy_stops_nothing(tab: Tab, shown: Shown, locale: str) -> None:
    if not AXE.exists():
        miss("axe-core (run 'make sdks')")
    axe, pictures = AXE.read_text(encoding="utf-8"), os.environ.get("SIGNPOST_TEST_PICTURES")
    found: dict[str, Any] = {}

    for layout, parameters in LAYOUTS.items():
        for name in FORMS:
            errors = ERRORS.get(name, []) if layout == "combined" else []
            tab.emulate(PHONE if layout == "combined" else DESKTOP)
            look(tab, shown, show(name, locale=locale, errors=errors, parameters=parameters))
            stopped = [e for e in tab.heard if e["method"] == "Log.entryAdded"]
            tab.run(axe + ";0")
            for scheme, options in (("light", {}), ("dark", {"runOnly": ["color-contrast"]})):
                tab.emulate(PHONE if layout == "combined" else DESKTOP, scheme=scheme)
                key = f"{name}-{layout}-{locale}-{scheme}"
                found[key] = tab.run(SERIOUS % json.dumps(options)) + stopped
                if pictures:
                    tab.shoot(Path(pictures) / f"{key}.png")

    assert {key: what for key, what in found.items() if what} == {}


@pytest.mark.parametrize("size", [(320, 568), PHONE, DESKTOP])
def test_no_page_is_wider_than_its_window(tab: Tab, shown: Shown, size: tuple[int, int]) -> None:
    tab.emulate(size)
    wide = []

    for name in FORMS:
        for locale in LOCALES:
            look(tab, shown, show(name, locale=locale))
            if tab.run("document.documentElement.scrollWidth > innerWidth"):
                wide.append((name, locale))

    assert wide == []


def test_the_keyboard_goes_through_a_page_from_top_to_bottom_and_is_seen(tab: Tab, shown: Shown) -> None:
    tab.emulate(DESKTOP)
    look(tab, shown, show("login", values={}))
    walked, hidden = [focused(tab)], []

    for _ in range(5):
        tab.press("Tab")
        walked.append(focused(tab))
        if tab.run("getComputedStyle(document.activeElement).outlineStyle") == "none":
            hidden.append(walked[-1])

    assert walked == ["identifier", "password", "Forgot your password?", "Sign in", "Use a passkey", "Sign up"]
    assert hidden == []


def test_errors_have_the_focus_and_lead_to_their_field(tab: Tab, shown: Shown) -> None:
    tab.emulate(DESKTOP)
    look(tab, shown, show("signup", errors=["password_too_short"]))
    first = focused(tab)

    tab.press("Tab")
    tab.press("Enter")
    now = focused(tab)

    assert first == "errors"
    assert tab.run("location.hash") == "#password"
    assert now == "password"


def test_a_form_is_sent_by_the_keyboard_alone_and_without_scripts(tab: Tab, shown: Shown) -> None:
    tab.emulate(PHONE, scripts=False)
    look(tab, shown, show("login"))
    tab.draw()

    tab.call("Input.insertText", text="correct horse")
    tab.press("Enter")
    path, fields = shown.posts.get(timeout=20)
    tab.emulate(PHONE)

    assert path == "/u/login"
    assert fields == {
        "state": "jrn_1",
        "csrf": "tok_1",
        "identifier": "ada@example.com",
        "password": "correct horse",
        "action": "continue",
    }


def test_a_passkey_is_made_and_used_and_its_answer_posted(tab: Tab, shown: Shown) -> None:
    tab.emulate(DESKTOP)
    tab.call("WebAuthn.enable")
    settings = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True}
    made_by = tab.call("WebAuthn.addVirtualAuthenticator", options={**settings, "isUserVerified": True})

    look(tab, shown, show("passkey-enroll", facts={"webauthn": CREATION}))
    tab.run("document.querySelector('button[value=continue]').click()")
    made = shown.posts.get(timeout=20)
    look(tab, shown, show("login", facts={"webauthn": OPTIONS}))
    tab.run("document.querySelector('form[data-passkey] button').click()")
    used = shown.posts.get(timeout=20)
    tab.call("WebAuthn.removeVirtualAuthenticator", **made_by)
    tab.call("WebAuthn.disable")

    created, got = json.loads(made[1]["credential"]), json.loads(used[1]["credential"])
    assert (made[0], used[0]) == ("/u/passkey-enroll", "/u/passkey-signin")
    assert created["response"]["attestationObject"]
    assert got["id"] == created["id"]
    assert got["response"]["signature"]
    assert used[1]["csrf"] == "tok_1"


def test_a_passkey_that_fails_is_said_and_can_be_tried_again(tab: Tab, shown: Shown) -> None:
    tab.emulate(DESKTOP)
    look(
        tab, shown, show("passkey-signin", facts={"webauthn": '{"challenge": "Y2hhbGxlbmdl", "rpId": "other.example"}'})
    )

    tab.run("document.querySelector('button').click()")
    said = tab.run(
        "new Promise((done) => { const see = () => { const b = document.querySelector('button');"
        " b.disabled ? requestAnimationFrame(see) : done(document.querySelector('[role=status]').textContent) }; see() })"
    )

    assert said == "That did not work, or was cancelled. You can try again."
