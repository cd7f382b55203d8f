"""Making an account."""

from collections.abc import Mapping

from signpost.model.accounts import Account, TicketKind, account_id_of, normalise_email
from signpost.model.actions import Trigger
from signpost.model.ids import IdKind
from signpost.ports.accounts import EmailTakenError
from signpost.signin.credentials.throttle import network_of
from signpost.signin.journeys.asking import describe_sign_up
from signpost.signin.journeys.emails import check_email
from signpost.signin.journeys.mailing import send_link
from signpost.signin.journeys.proving import prove
from signpost.signin.journeys.steps import PASSWORD
from signpost.signin.journeys.turns import Next, Stay, Stop, Turn
from signpost.signin.records import Step


def answer_signup(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Make an account and go on with it. That an address is taken is not said in as many words."""
    desk, state = turn.desk, turn.visit.state
    typed, password = fields.get("email", ""), fields.get("password", "")
    email, values = normalise_email(typed), {"email": typed}
    wrong = [key for key in (check_email(typed), desk.passwords.check_new(password, email)) if key is not None]
    if wrong:
        return Stay(wrong, values)
    # Sign-ups are counted by address alone: nobody is to be kept from making an account by others who try it.
    counted = (state.tenant.id, f"sign-up {network_of(turn.visit.address)}", turn.visit.address)
    if not desk.throttle.admit(*counted):
        turn.note(Step.SIGN_UP_FAILED, user_name=email, reason="too_many_attempts")
        return Stay(["too_many_attempts"], values)
    verdict = None
    if desk.actions.has_any(state, Trigger.PRE_USER_REGISTRATION):
        verdict = desk.actions.run_actions(state, Trigger.PRE_USER_REGISTRATION, describe_sign_up(turn, email))
        if verdict.denial is not None:
            turn.note(Step.SIGN_UP_FAILED, user_name=email, reason=verdict.denial.reason)
            return Stop("denied", 403, "" if verdict.denial.is_failure else verdict.denial.reason)
    now = desk.clock.now()
    account = Account(
        id=account_id_of(desk.ids.make_id(IdKind.ACCOUNT)),
        email=email,
        email_verified=False,
        name=None,
        password_hash=desk.passwords.hash(password),
        created_at=now,
        updated_at=now,
        user_metadata=dict(verdict.user_metadata) if verdict is not None else {},
        app_metadata=dict(verdict.app_metadata) if verdict is not None else {},
        password_changed_at=None,
    )
    try:
        turn.people.accounts.add(account)
    except EmailTakenError:
        turn.note(Step.SIGN_UP_FAILED, user_name=email, reason="address_taken")
        return Stay(["signup_refused"], values)
    desk.throttle.note_success(*counted)
    turn.note(Step.SIGNED_UP, account)
    send_link(turn, account, TicketKind.EMAIL_VERIFICATION)
    if desk.actions.has_any(state, Trigger.POST_USER_REGISTRATION):
        desk.actions.run_actions(state, Trigger.POST_USER_REGISTRATION, describe_sign_up(turn, email, account))
    return prove(turn, account, PASSWORD)
