"""Links in mails."""

from urllib.parse import quote

from signpost.model.accounts import Account, TicketKind
from signpost.signin.credentials.tickets import make_ticket
from signpost.signin.journeys.turns import Turn
from signpost.signin.mail.mails import Mail
from signpost.signin.mail.texts import write_mail

PATHS = {TicketKind.PASSWORD_RESET: "/u/reset-password", TicketKind.EMAIL_VERIFICATION: "/u/verify-email"}


def send_link(turn: Turn, account: Account, kind: TicketKind) -> None:
    """Send an account the link that it asked for. Nobody waits for the mail, nor is told whether it went out.

    The ticket is kept where the mail is sent: if a page waited for the storage, its time would tell that there is an account.
    """
    desk, people, tenant = turn.desk, turn.people, turn.visit.state.tenant
    client_id, device_id = turn.client.id, turn.journey.device_id
    base, locale = turn.visit.link_base, turn.visit.locale_of(turn.journey)

    def write() -> Mail:
        secret, ticket = make_ticket(kind, account.id, desk.ids, desk.clock, client_id=client_id, device_id=device_id)
        people.tickets.add(secret, ticket)
        link = f"{base}{PATHS[kind]}?ticket={quote(secret, safe='')}"
        return write_mail(kind.value, account.email, locale, tenant.name, link)

    desk.mail.send_written(tenant.id, write)
