"""Links in mails."""

from urllib.parse import quote

from signpost.model.accounts import Account, TicketKind
from signpost.signin.credentials.tickets import make_ticket
from signpost.signin.journeys.turns import Turn
from signpost.signin.mail.texts import write_mail

PATHS = {TicketKind.PASSWORD_RESET: "/u/reset-password", TicketKind.EMAIL_VERIFICATION: "/u/verify-email"}


def send_link(turn: Turn, account: Account, kind: TicketKind) -> None:
    """Send an account the link that it asked for. Nobody waits for the mail, nor is told whether it went out."""
    secret, ticket = make_ticket(
        kind, account.id, turn.desk.ids, turn.desk.clock, client_id=turn.client.id, device_id=turn.journey.device_id
    )
    turn.people.tickets.add(secret, ticket)
    link = f"{turn.visit.base}{PATHS[kind]}?ticket={quote(secret, safe='')}"
    tenant = turn.visit.state.tenant
    mail = write_mail(kind.value, account.email, turn.visit.locale_of(turn.journey), tenant.name, link)
    turn.desk.mail.send(tenant.id, mail)
