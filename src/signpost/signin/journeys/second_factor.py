"""The second factor: an authenticator app, and recovery codes for when it is lost."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from signpost.model.accounts import Account, TotpFactor
from signpost.signin.cookies import write_put_off
from signpost.signin.credentials.recovery import hash_code, make_codes
from signpost.signin.credentials.totp import check_code, enrolment, make_factor
from signpost.signin.journeys.proving import go_on, may_enrol, prove, put_off
from signpost.signin.journeys.steps import ONE_TIME_CODE, RECOVERY_CODE
from signpost.signin.journeys.turns import Go, Next, Stay, Stop, Turn
from signpost.signin.records import Step

SECRET = "totp_secret"  # noqa: S105 a fact's name
"""The fact that holds the key of an app that is being set up."""


def facts_of_enrolment(turn: Turn) -> dict[str, Any]:
    """Return what the page is told on which an authenticator app is set up: the same key until that is done."""
    account = turn.account
    if account is None:
        return {}
    factor = _factor_under_way(turn, account)
    shown = enrolment(factor, account.email, turn.visit.state.tenant.name)
    return {
        "qr": shown.qr_svg,
        "secret": shown.secret_grouped,
        "is_required": bool(turn.fact("requires_mfa")),
    }


def answer_enroll(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Take the first code of an app, or go on without one if that may be."""
    account = turn.account
    if account is None:
        return Stop("expired")
    if fields.get("action") == "skip" and not turn.fact("requires_mfa"):
        turn.cookies.append(write_put_off("mfa-enroll", is_secure=turn.visit.is_secure))
        return put_off(turn)
    if not may_enrol(turn, account) or turn.people.totp_factors.get(account.id) is not None:
        return go_on(turn)  # never over a factor that came meanwhile
    code = fields.get("code", "").strip()
    if not code:
        return Stay(["code_required"])
    factor = _factor_under_way(turn, account)
    step = check_code(factor, code, turn.desk.clock.now())
    if step is None:
        return Stay(["code_wrong"])
    turn.people.totp_factors.put(factor)
    turn.people.totp_factors.take_step(account.id, step)
    turn.remember(**{SECRET: None})
    turn.change(amr=(*turn.journey.amr, ONE_TIME_CODE))
    turn.note(Step.ENROLLED, account, authenticator={"type": "otp"})
    return Go("recovery-codes")


def facts_of_codes(turn: Turn) -> dict[str, Any]:
    """Return new recovery codes, which take the place of all others: they are shown once, and kept as hashes."""
    account = turn.account
    if account is None:
        return {}
    codes, kept = make_codes(account.id, turn.desk.clock)
    turn.people.recovery_codes.put(kept)
    return {"codes": codes}


def answer_codes(turn: Turn, _: Mapping[str, str]) -> Next:
    """Go on after the codes were seen."""
    return go_on(turn)


def answer_challenge(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Take a code of the app, each of them once."""
    account = turn.account
    factor = turn.people.totp_factors.get(account.id) if account is not None else None
    if account is None or factor is None:
        return Stop("expired")
    code = fields.get("code", "").strip()
    if not code:
        return Stay(["code_required"])
    if not turn.desk.throttle.admit(*_counted(turn, account)):
        turn.note(Step.CODES_TRIED_TOO_OFTEN, account)
        return Stay(["too_many_attempts"])
    step = check_code(factor, code, turn.desk.clock.now())
    if step is None or not turn.people.totp_factors.take_step(account.id, step):
        return _fail(turn, account, Step.CHALLENGE_FAILED)
    turn.note(Step.CHALLENGE_PASSED, account, authenticator={"type": "otp"})
    return _pass(turn, account, ONE_TIME_CODE)


def answer_recovery(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Take a recovery code, each of them once."""
    account = turn.account
    if account is None:
        return Stop("expired")
    code = fields.get("code", "").strip()
    if not code:
        return Stay(["code_required"])
    if not turn.desk.throttle.admit(*_counted(turn, account)):
        turn.note(Step.RECOVERY_TRIED_TOO_OFTEN, account)
        return Stay(["too_many_attempts"])
    if not turn.people.recovery_codes.spend(account.id, hash_code(code)):
        return _fail(turn, account, Step.RECOVERY_FAILED)
    turn.note(Step.RECOVERED, account)
    turn.note(Step.CHALLENGE_PASSED, account, authenticator={"type": "recovery-code"})
    return _pass(turn, account, RECOVERY_CODE)


def _factor_under_way(turn: Turn, account: Account) -> TotpFactor:
    kept = turn.fact(SECRET)
    if kept is not None:
        return TotpFactor(account.id, kept["secret"], datetime.fromisoformat(kept["created_at"]))
    factor = make_factor(account, turn.desk.clock)
    turn.remember(**{SECRET: {"secret": factor.secret, "created_at": factor.created_at.isoformat()}})
    return factor


def _counted(turn: Turn, account: Account) -> tuple[str, str, None]:
    """Return how attempts are counted: together, from wherever they come. Who tries has proved already who they are.

    So nobody can lock out somebody else, and six digits are few where a guesser has many addresses.
    """
    return turn.visit.state.tenant.id, f"second factor of {account.id}", None


def _fail(turn: Turn, account: Account, step: Step) -> Next:
    turn.remember(retries=turn.fact("retries", 0) + 1)
    turn.note(step, account)
    return Stay(["code_wrong"])


def _pass(turn: Turn, account: Account, proof: str) -> Next:
    turn.desk.throttle.note_success(*_counted(turn, account))
    return prove(turn, account, proof)
