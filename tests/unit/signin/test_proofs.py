"""Getting in with less proof than is asked for: every try ends where it began."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from signpost.signin.actions import Command, PythonAction, RequireMfa, Trigger
from tests.unit.signin.authenticator import Authenticator
from tests.unit.signin.house import EMAIL, PASSWORD, Browser, House

AFTER_PROOF = ["mfa-enroll", "recovery-codes", "mfa-challenge", "recovery-challenge", "passkey-enroll"]
NEW_PASSWORD = "another horse battery"


def require_mfa(_: object) -> list[Command]:
    return [RequireMfa()]


@pytest.fixture
def strict(tmp_path: Path) -> House:
    """A house where everybody needs a second factor."""
    return House(tmp_path, actions=[PythonAction("strict", Trigger.POST_LOGIN, require_mfa)])


@pytest.mark.parametrize("screen", AFTER_PROOF)
def test_no_screen_behind_the_password_is_reached_without_it(house: House, browser: Browser, screen: str) -> None:
    house.add_totp()
    browser.open()
    browser.post("identifier", identifier=EMAIL)

    for _ in range(2):
        browser.post(screen, code="000000", action="skip", credential="{}")
        assert browser.at == "password"
        browser.get(f"/u/{screen}?state={browser.state}")
        assert browser.at == "password"

    assert "s" not in house.types()
    assert house.people.recovery_codes.get(house.account.id) is None


@pytest.mark.parametrize("screen", ["identifier", "login", "password", "signup", "passkey-signin", *AFTER_PROOF])
@pytest.mark.parametrize("action", ["skip", "continue"])
def test_a_second_factor_is_not_gone_around(house: House, browser: Browser, screen: str, action: str) -> None:
    house.add_totp()
    browser.open()
    browser.sign_in()
    assert browser.at == "mfa-challenge"

    browser.post(screen, action=action, password=PASSWORD, identifier=EMAIL, code="000000", credential="{}")

    assert browser.at in {"mfa-challenge", "recovery-challenge"}
    browser.get(f"/u/{screen}?state={browser.state}")
    assert browser.at in {"mfa-challenge", "recovery-challenge"}
    assert "s" not in house.types()


def test_codes_are_guessed_no_more_often_from_many_addresses(house: House) -> None:
    factor = house.add_totp()
    told = []

    for number in range(12):
        browser = house.browser(address=f"198.51.100.{number}")
        browser.open()
        browser.sign_in()
        browser.post("mfa-challenge" if number % 2 else "recovery-challenge", code="000000")
        told.append("Too many" in browser.text)
    owners = house.browser()
    owners.open()
    owners.sign_in()
    owners.post(code=house.code_of(factor.secret))

    assert told == [False] * 10 + [True] * 2
    assert owners.at == "mfa-challenge", "the right code has to wait, too: it could be the next guess"
    assert "s" not in house.types()


@pytest.mark.parametrize("screen", ["mfa-enroll", "passkey-enroll", "recovery-codes", "mfa-challenge"])
def test_what_is_required_is_not_put_off(strict: House, screen: str) -> None:
    browser = strict.browser()
    browser.http.cookies.set("signpost_put_off_mfa-enroll", "1", domain=strict.tenant.domain)
    browser.open()
    browser.sign_in()
    assert browser.at == "mfa-enroll"

    browser.post(screen, action="skip")

    assert browser.at == "mfa-enroll"
    assert "s" not in strict.types()


def test_a_factor_is_not_put_over_one_that_came_meanwhile(house: House, browser: Browser) -> None:
    house.show(mfa_nudge=True, passkey_prompt=False)
    browser.open()
    browser.sign_in()
    assert browser.at == "mfa-enroll"
    owners = house.add_totp()

    browser.post(code=house.code_under_way(browser.state))

    assert browser.at == "mfa-challenge"
    kept = house.people.totp_factors.get(house.account.id)
    assert kept is not None
    assert kept.secret == owners.secret
    assert "s" not in house.types()


def test_a_passkey_is_not_made_past_a_factor_that_came_meanwhile(house: House, browser: Browser) -> None:
    browser.open()
    browser.sign_in()
    assert browser.at == "passkey-enroll"
    house.add_totp()

    browser.post(credential=Authenticator(house.tenant.domain).make(browser.html))

    assert browser.at == "mfa-challenge"
    assert house.people.passkeys.of_account(house.account.id) == ()
    assert "s" not in house.types()


def test_what_was_proved_with_a_password_ends_when_it_is_changed(house: House, browser: Browser) -> None:
    browser.open()
    browser.sign_in()
    assert browser.at == "passkey-enroll"
    now = house.clock.now()
    house.change_account(password_hash=house.passwords.hash(NEW_PASSWORD), password_changed_at=now)

    browser.post(credential=Authenticator(house.tenant.domain).make(browser.html))

    assert browser.at == "message"
    assert house.people.passkeys.of_account(house.account.id) == ()
    browser.post("passkey-enroll", action="skip")
    assert "s" not in house.types()


@pytest.mark.parametrize("change", [{"blocked": True}, None], ids=["blocked", "removed"])
def test_who_is_blocked_or_removed_meanwhile_does_not_get_in(
    house: House, browser: Browser, change: dict[str, bool] | None
) -> None:
    browser.open()
    browser.sign_in()
    assert browser.at == "passkey-enroll"
    if change is None:
        house.people.accounts.remove(house.account.id)
    else:
        house.change_account(**change)

    browser.post(action="skip")

    assert browser.page is not None
    assert "code=" not in browser.page.headers.get("location", "")
    assert "s" not in house.types()


def test_what_one_account_has_proved_does_not_count_for_another(house: House, browser: Browser) -> None:
    house.add_totp()
    theirs = house.add_account(2, email="eve@example.com", blocked=False)
    browser.open()
    browser.post("identifier", identifier=EMAIL)
    journey = house.journey(browser.state)
    assert journey is not None
    house.people.journeys.replace(replace(journey, account_id=theirs.id, amr=("passkey",)))

    browser.post("password", password=PASSWORD)

    assert browser.at == "mfa-challenge"


def test_a_one_time_code_is_taken_once(house: House) -> None:
    factor = house.add_totp()
    first, second = house.browser(), house.browser()
    for browser in (first, second):
        browser.open()
        browser.sign_in()
    code = house.code_of(factor.secret)

    first.post(code=code)
    second.post(code=code)

    assert first.at == "passkey-enroll"
    assert second.at == "mfa-challenge"


def test_a_recovery_code_is_taken_once(strict: House) -> None:
    first, second = strict.browser(), strict.browser()
    first.open()
    first.sign_in()
    first.post(code=strict.code_under_way(first.state))
    assert first.at == "recovery-codes"
    code = next(word for word in first.text.split() if word.count("-") == 3)
    first.post()
    first.skip_all()
    for browser in (first, second):
        browser.open(prompt="login")
        browser.sign_in()

    first.post("recovery-challenge", code=code)
    second.post("recovery-challenge", code=code)

    assert first.answer["code"]
    assert second.at == "recovery-challenge"


def test_a_sign_in_that_took_too_long_is_over(house: House, browser: Browser) -> None:
    browser.open()
    browser.post("identifier", identifier=EMAIL)
    house.clock.advance(timedelta(minutes=31))

    browser.post("password", password=PASSWORD)

    assert browser.at == "message"


def test_a_new_password_by_mail_ends_what_a_stranger_has_put_on_an_unconfirmed_account(house: House) -> None:
    """Somebody signs up with another's address, and makes a passkey: its owner gets the account by mail, alone."""
    stranger, owner = house.browser(), house.browser()
    stranger.open(screen_hint="signup")
    stranger.post(email="bob@example.com", password=PASSWORD)
    stranger.post(credential=Authenticator(house.tenant.domain).make(stranger.html))
    account = house.people.accounts.find_by_email("bob@example.com")
    assert account is not None
    assert house.people.passkeys.of_account(account.id)
    owner.open()
    owner.post("reset-request", email="bob@example.com")
    link = house.send_mail()[-1].links[0].partition(house.tenant.domain)[2]

    owner.get(link)
    owner.post("reset-password", password=NEW_PASSWORD)

    assert house.people.passkeys.of_account(account.id) == ()
    assert house.people.totp_factors.get(account.id) is None
    stranger.open(prompt="none")
    assert stranger.answer["error"] == "login_required"


def test_a_confirmed_account_keeps_its_second_factor_when_its_password_is_reset(house: House, browser: Browser) -> None:
    factor = house.add_totp()
    browser.open()
    browser.post("reset-request", email=EMAIL)
    link = house.send_mail()[-1].links[0].partition(house.tenant.domain)[2]

    browser.get(link)
    browser.post("reset-password", password=NEW_PASSWORD)

    assert house.people.totp_factors.get(house.account.id) == factor
    browser.open()
    browser.sign_in(password=NEW_PASSWORD)
    assert browser.at == "mfa-challenge"
