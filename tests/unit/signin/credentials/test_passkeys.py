"""Passkeys: the ceremonies with an authenticator in software, honest ones and others."""

import json
import random
from base64 import urlsafe_b64encode
from dataclasses import replace
from html import escape
from typing import Any

import pytest

from signpost.model.accounts import Passkey
from signpost.signin.credentials.passkeys import (
    CREDENTIAL_MAX,
    Ceremony,
    PasskeyRefusedError,
    RelyingParty,
    authentication_options,
    finish_authentication,
    finish_registration,
    registration_options,
)
from signpost.testing.builders import an_account
from signpost.testing.repeatable import SteppingClock
from tests.unit.signin.authenticator import Authenticator, bytes_of

RP = RelyingParty("login.example.com", "Larkfield", "https://login.example.com")
ACCOUNT = an_account()
CLOCK = SteppingClock()


def page(ceremony: Ceremony) -> str:
    return f'<form data-options="{escape(ceremony.options_json)}">'


def register(device: Authenticator, rp: RelyingParty = RP) -> Passkey:
    asked = registration_options(ACCOUNT, (), RP)
    return finish_registration(device.make(page(asked)), asked.challenge, rp, ACCOUNT.id, CLOCK)


def sign_in(device: Authenticator, passkey: Passkey, rp: RelyingParty = RP, **said: str) -> tuple[Passkey, int]:
    asked = authentication_options(RP)
    credential = json.loads(device.sign(page(asked)))
    credential["response"] |= said
    known = {passkey.credential_id: passkey}
    return finish_authentication(json.dumps(credential), asked.challenge, rp, known.get)


def text_of(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


@pytest.fixture
def device() -> Authenticator:
    return Authenticator(RP.id, "https")


def test_who_has_made_a_passkey_signs_in_with_it(device: Authenticator) -> None:
    made = register(device)

    used, count = sign_in(device, made, userHandle=text_of(ACCOUNT.id.encode()))

    assert used == made
    assert (made.account_id, made.credential_id) == (ACCOUNT.id, text_of(device.credential_id))
    assert made.transports == ("internal",)
    assert made.counts_on(count)


def test_a_browser_is_asked_for_a_passkey_that_knows_its_user() -> None:
    taken = Passkey("AAAA", ACCOUNT.id, b"", 0, ("usb", "of-the-future"), "Passkey", False, CLOCK.now())

    asked = json.loads(registration_options(ACCOUNT, [taken], RP).options_json)

    assert asked["rp"] == {"id": RP.id, "name": RP.name}
    assert asked["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    assert asked["excludeCredentials"] == [{"id": "AAAA", "type": "public-key", "transports": ["usb"]}]
    assert bytes_of(asked["user"]["id"]) == ACCOUNT.id.encode()


def test_a_sign_in_asks_for_whichever_passkey_there_is() -> None:
    asked = json.loads(authentication_options(RP).options_json)

    assert asked["allowCredentials"] == []
    assert asked["userVerification"] == "required"


def test_each_ceremony_has_a_challenge_of_its_own_unless_it_is_shown_again() -> None:
    first, second = authentication_options(RP), authentication_options(RP)

    again = authentication_options(RP, challenge=first.challenge)

    assert first.challenge != second.challenge
    assert len(bytes_of(first.challenge)) >= 16, "WebAuthn level 2, section 13.4.3"
    assert again == first


def test_a_passkey_for_another_ceremony_is_refused(device: Authenticator) -> None:
    asked, other = registration_options(ACCOUNT, (), RP), registration_options(ACCOUNT, (), RP)
    said = device.make(page(other))

    with pytest.raises(PasskeyRefusedError) as refused:
        finish_registration(said, asked.challenge, RP, ACCOUNT.id, CLOCK)

    assert "challenge" in refused.value.reason


def test_an_answer_to_another_challenge_is_refused(device: Authenticator) -> None:
    made = register(device)
    old = device.sign(page(authentication_options(RP)))

    with pytest.raises(PasskeyRefusedError):
        finish_authentication(old, authentication_options(RP).challenge, RP, {made.credential_id: made}.get)


@pytest.mark.parametrize("origin", ["https://login.example.com.evil.example", "http://login.example.com", "null"])
def test_another_origin_is_refused(device: Authenticator, origin: str) -> None:
    made = register(device)
    device.origin = origin

    for attempt in (lambda: register(device), lambda: sign_in(device, made)):
        with pytest.raises(PasskeyRefusedError) as refused:
            attempt()
        assert "origin" in refused.value.reason


def test_another_relying_party_is_refused(device: Authenticator) -> None:
    made = register(device)
    device.host = "example.com"

    for attempt in (lambda: register(device), lambda: sign_in(device, made)):
        with pytest.raises(PasskeyRefusedError) as refused:
            attempt()
        assert "RP ID" in refused.value.reason


def test_what_was_said_to_make_a_passkey_does_not_sign_in(device: Authenticator) -> None:
    made = register(device)
    asked = registration_options(ACCOUNT, (), RP)
    said = device.make(page(asked))

    with pytest.raises(PasskeyRefusedError):
        finish_authentication(said, asked.challenge, RP, {made.credential_id: made}.get)


def test_a_copy_whose_counter_stays_behind_is_refused(device: Authenticator) -> None:
    made = register(device)
    _, count = sign_in(device, made)
    device.count = made.sign_count - 1

    with pytest.raises(PasskeyRefusedError) as refused:
        sign_in(device, replace(made, sign_count=count))

    assert "sign count" in refused.value.reason


def test_another_key_under_the_same_id_is_refused(device: Authenticator) -> None:
    made, thief = register(device), Authenticator(RP.id, "https")
    thief.credential_id, thief.count = device.credential_id, 50

    with pytest.raises(PasskeyRefusedError) as refused:
        sign_in(thief, made)

    assert "signature" in refused.value.reason


def test_a_user_who_was_not_verified_is_refused(device: Authenticator, monkeypatch: pytest.MonkeyPatch) -> None:
    made = register(device)
    monkeypatch.setattr("tests.unit.signin.authenticator.VERIFIED", 0)

    for attempt in (lambda: register(device), lambda: sign_in(device, made)):
        with pytest.raises(PasskeyRefusedError) as refused:
            attempt()
        assert "verif" in refused.value.reason


def test_a_passkey_that_says_to_be_anothers_is_refused(device: Authenticator) -> None:
    with pytest.raises(PasskeyRefusedError) as refused:
        sign_in(device, register(device), userHandle=text_of(b"auth0|somebody-else"))

    assert refused.value.reason == "it was made for another account"


def test_nobodys_passkey_is_refused(device: Authenticator) -> None:
    made = register(device)

    with pytest.raises(PasskeyRefusedError) as refused:
        sign_in(device, replace(made, credential_id="AAAA"))

    assert refused.value.reason == "nobody here has this passkey"


@pytest.mark.parametrize("credential_id", ["", "a" * 1_365, "../..", "é", 7, None, ["x"]])
def test_what_is_no_id_is_not_even_looked_for(device: Authenticator, credential_id: object) -> None:
    asked, looked = authentication_options(RP), list[str]()
    credential = json.loads(device.sign(page(asked))) | {"id": credential_id}

    def note(found: str) -> None:
        looked.append(found)

    with pytest.raises(PasskeyRefusedError):
        finish_authentication(json.dumps(credential), asked.challenge, RP, note)

    assert looked == []


def test_an_id_that_is_too_long_is_refused(device: Authenticator) -> None:
    device.credential_id = b"x" * 1_024

    with pytest.raises(PasskeyRefusedError) as refused:
        register(device)

    assert "too long" in refused.value.reason


@pytest.mark.parametrize(
    "said", ["", "{", "[]", "null", '"x"', "{}", '{"id": "x"}', "[" * 60_000, " " * (CREDENTIAL_MAX + 1)]
)
def test_what_is_no_credential_is_refused(said: str) -> None:
    challenge = authentication_options(RP).challenge

    with pytest.raises(PasskeyRefusedError):
        finish_registration(said, challenge, RP, ACCOUNT.id, CLOCK)
    with pytest.raises(PasskeyRefusedError):
        finish_authentication(said, challenge, RP, lambda _: None)


@pytest.mark.parametrize("seed", range(40))
def test_whatever_is_changed_on_the_way_is_refused_and_breaks_nothing(device: Authenticator, seed: int) -> None:
    """Each answer with a byte changed, cut off, or of another type: refused, or taken where the byte did not matter."""
    made, dice = register(device), random.Random(seed)
    new, old = registration_options(ACCOUNT, (), RP), authentication_options(RP)
    answers = json.loads(device.make(page(new))), json.loads(device.sign(page(old)))

    for _ in range(20):
        for answer, ceremony in zip(answers, (new, old), strict=True):
            spoiled = json.dumps(spoil(answer, dice))
            try:
                if ceremony is new:
                    finish_registration(spoiled, new.challenge, RP, ACCOUNT.id, CLOCK)
                else:
                    finish_authentication(spoiled, old.challenge, RP, {made.credential_id: made}.get)
                    pytest.fail(f"taken: {spoiled}")
            except PasskeyRefusedError:
                pass


def spoil(answer: dict[str, Any], dice: random.Random) -> dict[str, Any]:
    response = dict(answer["response"])
    name = dice.choice([key for key in response if key != "transports"])
    data = bytearray(bytes_of(response[name]))
    at = dice.randrange(len(data))
    data[at] ^= 1 << dice.randrange(8)
    odd: list[object] = [None, 7, [], {}, "é", "=", text_of(bytes(data[:at]))]
    response[name] = dice.choice(odd) if dice.random() < 0.3 else text_of(bytes(data))
    return answer | {"response": response}
