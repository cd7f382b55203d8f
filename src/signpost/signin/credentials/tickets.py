"""Tickets: what the links in mails hold."""

from datetime import timedelta

from signpost.model.accounts import Ticket, TicketKind
from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory

GOOD_FOR = {TicketKind.PASSWORD_RESET: timedelta(hours=1), TicketKind.EMAIL_VERIFICATION: timedelta(days=5)}
"""A link to a new password opens an account, so it is short-lived; one that confirms an address is not worth much to others."""


def make_ticket(
    kind: TicketKind, account_id: str, ids: IdFactory, clock: Clock, *, client_id: str | None, device_id: str | None
) -> tuple[str, Ticket]:
    """Return the secret of a new ticket, and the ticket."""
    return ids.make_secret(), Ticket(kind, account_id, clock.now() + GOOD_FOR[kind], client_id, device_id)
