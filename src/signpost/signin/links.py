"""What links in mails open, wherever they are opened."""

from collections.abc import Mapping
from dataclasses import replace

from starlette.responses import Response

from signpost.model.accounts import Account, Ticket, TicketKind
from signpost.ports.accounts import AccountsOfTenant
from signpost.signin.desk import Desk
from signpost.signin.mail.texts import write_mail
from signpost.signin.pages import Pages, respond
from signpost.signin.records import Step, record_of
from signpost.signin.screens.screen import Screen
from signpost.signin.visits import Visit, csrf_of, is_csrf

TICKET_MAX = 200


class Links:
    """Opens links."""

    def __init__(self, desk: Desk, pages: Pages) -> None:
        self._desk = desk
        self._pages = pages

    def verify(self, visit: Visit, secret: str) -> Response:
        """Confirm an address. Whoever loads the link again is told the same as long as it is good."""
        people = self._people(visit)
        ticket = people.tickets.find(secret) if 0 < len(secret) <= TICKET_MAX else None
        if ticket is None or ticket.kind is not TicketKind.EMAIL_VERIFICATION:
            return self._pages.message(visit, "link_used", 400)
        now = self._desk.clock.now()
        account = people.accounts.change(
            ticket.account_id,
            lambda found: found if found.email_verified else replace(found, email_verified=True, updated_at=now),
        )
        self._note(visit, Step.EMAIL_VERIFIED, ticket, account)
        return self._pages.message(visit, "email_verified", 200)

    def reset(self, visit: Visit, secret: str, fields: Mapping[str, str] | None) -> Response:
        """Show the form for a new password, or take it; every session and everything that clients hold ends with it."""
        desk, people = self._desk, self._people(visit)
        ticket = people.tickets.find(secret) if 0 < len(secret) <= TICKET_MAX else None
        account = people.accounts.get(ticket.account_id) if ticket is not None else None
        if ticket is None or account is None or ticket.kind is not TicketKind.PASSWORD_RESET:
            return self._pages.message(visit, "link_used", 400)
        if fields is None:
            return self._show_form(visit, secret)
        device_secret = desk.secrets.device_secret(visit.state.tenant.id)
        if visit.device.is_new or not is_csrf(device_secret, secret, visit.device.id, fields.get("csrf", "")):
            return self._show_form(visit, secret, ["form_expired"])
        password = fields.get("password", "")
        wrong = desk.passwords.check_new(password, account.email)
        if wrong is None and desk.passwords.verify(password, account.password_hash).is_right:
            wrong = "password_same"
        if wrong is not None:
            return self._show_form(visit, secret, [wrong])
        if people.tickets.spend(secret) is None:  # another request was first
            return self._pages.message(visit, "link_used", 400)
        now, new_hash = desk.clock.now(), desk.passwords.hash(password)
        people.accounts.change(
            account.id,
            lambda found: replace(
                found, password_hash=new_hash, password_changed_at=now, updated_at=now, email_verified=True
            ),
        )
        if not account.email_verified:
            # Whoever made the account may not be whose address it is: what they have put on it does not open it any more.
            for passkey in people.passkeys.of_account(account.id):
                people.passkeys.remove(passkey.credential_id)
            people.totp_factors.remove(account.id)
            people.recovery_codes.remove(account.id)
        people.sessions.remove_of(account.id)
        people.grants.revoke_of(account.id)
        desk.throttle.forget(visit.state.tenant.id, account.email, visit.address)
        self._note(visit, Step.PASSWORD_CHANGED, ticket, account)
        tenant = visit.state.tenant
        desk.mail.send(tenant.id, write_mail("password_changed", account.email, visit.locale_of(None), tenant.name))
        return self._pages.message(visit, "password_changed", 200)

    def _show_form(self, visit: Visit, secret: str, errors: list[str] | None = None) -> Response:
        key = self._desk.secrets.device_secret(visit.state.tenant.id)
        screen = Screen(
            "reset-password",
            journey="",
            csrf=csrf_of(key, secret, visit.device.id),
            locale=visit.locale_of(None),
            errors=errors or (),
            facts={"tenant_name": visit.state.tenant.name, "ticket": secret},
            parameters=visit.state.tenant.pages.parameters,
        )
        return respond(self._pages.render(screen, visit).html, 400 if errors else 200)

    def _note(self, visit: Visit, step: Step, ticket: Ticket, account: Account | None) -> None:
        """Log for the device that asked for the link: it is the one that an experiment is about."""
        client = visit.state.clients.get(ticket.client_id or "")
        now, tenant_id = self._desk.clock.now(), visit.state.tenant.id
        unit = ticket.device_id
        event = record_of(step, now, tenant_id, unit=unit, visit=visit, client=client, account=account)
        self._desk.recording.note([event])

    def _people(self, visit: Visit) -> AccountsOfTenant:
        return self._desk.accounts.of(visit.state.tenant.id)
