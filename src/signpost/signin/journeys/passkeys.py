"""Signing in with a passkey, and making one."""

from collections.abc import Mapping
from typing import Any

from signpost.ports.accounts import PasskeyTakenError
from signpost.signin.cookies import write_put_off
from signpost.signin.credentials.passkeys import (
    PasskeyRefusedError,
    RelyingParty,
    authentication_options,
    finish_authentication,
    finish_registration,
    registration_options,
)
from signpost.signin.journeys.proving import go_on, may_enrol, prove, put_off
from signpost.signin.journeys.steps import PASSKEY
from signpost.signin.journeys.turns import Next, Stay, Stop, Turn
from signpost.signin.records import Step

CHALLENGE = "passkey_challenge"
"""The fact that holds the challenge of the ceremony under way."""


def sign_in_options(turn: Turn) -> str:
    """Return the options with which a browser is asked for a passkey; the same as long as they are not answered."""
    ceremony = authentication_options(relying_party(turn), challenge=turn.fact(CHALLENGE))
    turn.remember(**{CHALLENGE: ceremony.challenge})
    return ceremony.options_json


def facts_of_enrolment(turn: Turn) -> dict[str, Any]:
    """Return what the page that offers a passkey is told."""
    account = turn.account
    if account is None:
        return {}
    existing = turn.people.passkeys.of_account(account.id)
    ceremony = registration_options(account, existing, relying_party(turn), challenge=turn.fact(CHALLENGE))
    turn.remember(**{CHALLENGE: ceremony.challenge})
    return {"webauthn": ceremony.options_json}


def answer_passkey_signin(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Take what an authenticator says of a passkey that is there."""
    desk, tenant_id = turn.desk, turn.visit.state.tenant.id
    challenge = turn.fact(CHALLENGE)
    turn.remember(**{CHALLENGE: None})  # good for one answer
    try:
        if not challenge:
            raise PasskeyRefusedError("there is no challenge")
        passkey, sign_count = finish_authentication(
            fields.get("credential", ""), challenge, relying_party(turn), turn.people.passkeys.get
        )
        if not turn.people.passkeys.note_use(passkey.credential_id, sign_count, desk.clock.now()):
            raise PasskeyRefusedError("its counter went back: there is a copy of it")
    except PasskeyRefusedError as error:
        turn.remember(retries=turn.fact("retries", 0) + 1)
        turn.note(Step.FAILED, method="passkey", reason=error.reason)
        return Stay(["passkey_failed"])
    account = turn.people.accounts.get(passkey.account_id)
    if account is None:
        return Stay(["passkey_failed"])
    desk.throttle.forget(tenant_id, account.email, turn.visit.address)
    return prove(turn, account, PASSKEY)


def answer_passkey_enroll(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Take a new passkey, or go on without one."""
    account = turn.account
    if account is None:
        return Stop("expired")
    if fields.get("action") == "skip":
        turn.cookies.append(write_put_off("passkey-enroll", is_secure=turn.visit.is_secure))
        return put_off(turn)
    if not may_enrol(turn, account):
        return go_on(turn)
    challenge = turn.fact(CHALLENGE)
    turn.remember(**{CHALLENGE: None})
    try:
        if not challenge:
            raise PasskeyRefusedError("there is no challenge")
        passkey = finish_registration(
            fields.get("credential", ""), challenge, relying_party(turn), account.id, turn.desk.clock
        )
        turn.people.passkeys.add(passkey)
    except (PasskeyRefusedError, PasskeyTakenError):
        return Stay(["passkey_failed"])
    turn.note(Step.ENROLLED, account, authenticator={"type": "passkey"})
    return go_on(turn)


def relying_party(turn: Turn) -> RelyingParty:
    """Return who passkeys are for: the host that the browser sees."""
    hostname = turn.visit.hostname
    name = hostname if hostname.endswith("]") else hostname.rpartition(":")[0] or hostname
    return RelyingParty(id=name, name=turn.visit.state.tenant.name, origin=turn.visit.base)
