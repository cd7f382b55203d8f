"""A new password: asked for within a sign-in, set by a link that may be opened anywhere."""

from collections.abc import Mapping
from typing import Any

from signpost.model.accounts import TicketKind, normalise_email
from signpost.signin.journeys.emails import check_email, mask_email
from signpost.signin.journeys.mailing import send_link
from signpost.signin.journeys.turns import Go, Next, Stay, Turn
from signpost.signin.records import Step


def facts_of_sent(turn: Turn) -> dict[str, Any]:
    """Return what the page is told that says where the link went, if there is an account."""
    return {"masked_email": mask_email(turn.fact("reset_email", ""))}


def answer_request(turn: Turn, fields: Mapping[str, str]) -> Next:
    """Send a link to an address if it is an account's; the page says the same and takes as long if it is not."""
    typed = fields.get("email", "")
    wrong = check_email(typed)
    if wrong is not None:
        return Stay([wrong], {"email": typed})
    desk, tenant_id, email = turn.desk, turn.visit.state.tenant.id, normalise_email(typed)
    key = f"reset of {email}"
    if not desk.throttle.admit(tenant_id, key, turn.visit.address):
        turn.note(Step.RESET_REFUSED, user_name=email, reason="too_many_attempts")
        return Stay(["too_many_attempts"], {"email": typed})
    account = turn.people.accounts.find_by_email(email)
    if account is not None and not account.blocked:
        send_link(turn, account, TicketKind.PASSWORD_RESET)
        turn.note(Step.RESET_ASKED, account)
    else:
        turn.note(Step.RESET_REFUSED, account, user_name=email)
    turn.remember(reset_email=email)
    return Go("reset-sent")
