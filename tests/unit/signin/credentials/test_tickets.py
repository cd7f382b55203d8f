"""Tickets in links."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from signpost.model.accounts import Ticket, TicketKind
from signpost.signin.credentials.tickets import GOOD_FOR, make_ticket
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import an_account
from signpost.testing.repeatable import SequentialIds, SteppingClock
from tests.unit.signin.house import EMAIL, House

RESET, VERIFY = TicketKind.PASSWORD_RESET, TicketKind.EMAIL_VERIFICATION


class Desk:
    """One tenant with one account."""

    def __init__(self) -> None:
        self.clock, self.ids = SteppingClock(), SequentialIds()
        self.store = MemoryAccountStore(self.clock)
        self.people = self.store.of("ten_1")
        self.account = an_account()
        self.people.accounts.add(self.account)

    def give(self, kind: TicketKind = RESET) -> str:
        secret, ticket = make_ticket(kind, self.account.id, self.ids, self.clock, client_id="cli_1", device_id="device")
        self.people.tickets.add(secret, ticket)
        return secret


@pytest.fixture
def desk() -> Desk:
    return Desk()


def test_a_ticket_is_used_once(desk: Desk) -> None:
    secret = desk.give()

    used = [desk.people.tickets.spend(secret) for _ in range(2)]

    assert used[0] is not None
    assert (used[0].account_id, used[0].client_id, used[0].device_id) == (desk.account.id, "cli_1", "device")
    assert used[1] is None


def test_with_one_link_the_older_ones_are_used_up_too(desk: Desk) -> None:
    older, newer, other_kind = desk.give(), desk.give(), desk.give(VERIFY)

    desk.people.tickets.spend(newer)

    assert desk.people.tickets.find(older) is None
    assert desk.people.tickets.find(other_kind) is not None


@pytest.mark.parametrize(("kind", "good_for"), [(RESET, timedelta(hours=1)), (VERIFY, timedelta(days=5))])
def test_a_link_is_good_for_a_while(desk: Desk, kind: TicketKind, good_for: timedelta) -> None:
    secret = desk.give(kind)

    desk.clock.advance(good_for - timedelta(seconds=1))
    before = desk.people.tickets.find(secret)
    desk.clock.advance(timedelta(seconds=1))

    assert before is not None
    assert desk.people.tickets.find(secret) is None
    assert desk.people.tickets.spend(secret) is None
    assert GOOD_FOR[kind] == good_for


def test_a_link_opens_nothing_at_another_tenant(desk: Desk) -> None:
    secret = desk.give()

    assert desk.store.of("ten_2").tickets.spend(secret) is None
    assert desk.people.tickets.find(secret) is not None


def test_no_page_waits_for_a_ticket_to_be_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keeping one takes a write that an address without an account does not cause: the page's time would tell."""
    house = House(tmp_path)
    kept, tickets = list[str](), type(house.people.tickets)
    add = tickets.add

    def note(self: Any, secret: str, ticket: Ticket) -> None:
        kept.append(ticket.account_id)
        add(self, secret, ticket)

    monkeypatch.setattr(tickets, "add", note)
    browser = house.browser()
    browser.open()
    browser.post("reset-request", email=EMAIL)

    before = list(kept)
    mails = house.send_mail()

    assert browser.at == "reset-sent"
    assert (before, kept) == ([], [house.account.id])
    assert [mail.to for mail in mails] == [EMAIL]
