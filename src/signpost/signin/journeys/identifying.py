"""Who somebody says to be, and their password."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from signpost.model.accounts import Account, normalise_email
from signpost.signin.credentials.passwords import PasswordCheck
from signpost.signin.journeys.emails import check_email
from signpost.signin.journeys.passkeys import sign_in_options
from signpost.signin.journeys.proving import prove
from signpost.signin.journeys.steps import PASSWORD
from signpost.signin.journeys.turns import Go, Next, Stay, Turn
from signpost.signin.records import Step

Fields = Mapping[str, str]


def facts_before_proof(turn: Turn) -> dict[str, Any]:
    """Return what the pages before the password are told beside what all are."""
    return {"webauthn": sign_in_options(turn)} if turn.parameters.offers_passkeys else {}


def answer_identifier(turn: Turn, fields: Fields) -> Next:
    """Take an e-mail address; whether it is anybody's is not said."""
    typed = fields.get("identifier", "")
    wrong = check_email(typed)
    if wrong is not None:
        return Stay([wrong], {"identifier": typed})
    turn.remember(email=normalise_email(typed))
    return Go("password")


def answer_login(turn: Turn, fields: Fields) -> Next:
    """Take an e-mail address and a password."""
    typed, password = fields.get("identifier", ""), fields.get("password", "")
    wrong = check_email(typed)
    missing = [] if password else ["password_required"]
    if wrong is not None or missing:
        return Stay([*([wrong] if wrong else []), *missing], {"identifier": typed})
    turn.remember(email=normalise_email(typed))
    return _try_password(turn, normalise_email(typed), password)


def answer_password(turn: Turn, fields: Fields) -> Next:
    """Take the password of who was named before."""
    email = turn.fact("email")
    if email is None:
        return Go(turn.parameters.first_screen)
    password = fields.get("password", "")
    return _try_password(turn, email, password) if password else Stay(["password_required"])


def _try_password(turn: Turn, email: str, password: str) -> Next:
    """Check a password. It takes as long, and is told as little, where there is no such account."""
    desk, tenant_id = turn.desk, turn.visit.state.tenant.id
    values = {"identifier": email}
    if not desk.throttle.admit(tenant_id, email, turn.visit.address):
        turn.note(Step.LOCKED_OUT, user_name=email)
        return Stay(["too_many_attempts"], values)
    account = turn.people.accounts.find_by_email(email)
    found = desk.passwords.verify(password, account.password_hash if account is not None else None)
    if account is None or account.blocked or not found.is_right:
        step = Step.UNKNOWN_USER if account is None else Step.FAILED if account.blocked else Step.WRONG_PASSWORD
        turn.note(step, account, user_name=email if account is None else None)
        turn.remember(retries=turn.fact("retries", 0) + 1)
        return Stay(["credentials_wrong"], values)
    desk.throttle.note_success(tenant_id, email, turn.visit.address)
    _renew_hash(turn, account, found)
    return prove(turn, account, PASSWORD)


def _renew_hash(turn: Turn, account: Account, found: PasswordCheck) -> None:
    new_hash = found.new_hash
    if new_hash is not None:
        was = account.password_hash
        turn.people.accounts.change(
            account.id, lambda now: replace(now, password_hash=new_hash) if now.password_hash == was else now
        )
