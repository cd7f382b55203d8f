"""What every store of accounts has to do with codes, refresh tokens and tickets."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from threading import Barrier
from typing import TypeVar

from signpost.model.accounts import RefreshToken, Ticket, TicketKind
from signpost.ports.accounts import AccountsOfTenant
from signpost.testing.builders import a_code, a_grant, an_account
from signpost.testing.repeatable import START, SteppingClock

R = TypeVar("R")
HOUR = timedelta(hours=1)
CALLERS = 4


def at_once(act: Callable[[int], R]) -> list[R]:
    """Return what several callers get who do the same at the same moment."""
    barrier = Barrier(CALLERS)

    def run(number: int) -> R:
        barrier.wait(10)
        return act(number)

    with ThreadPoolExecutor(CALLERS) as pool:
        return list(pool.map(run, range(CALLERS)))


def a_refresh_token(**changes: object) -> RefreshToken:
    """Return a token of the first grant, good for an hour."""
    return replace(RefreshToken(a_grant().id, START + HOUR), **changes)  # type: ignore[arg-type]


def a_ticket(**changes: object) -> Ticket:
    """Return a ticket of the first account, good for an hour."""
    return replace(Ticket(TicketKind.PASSWORD_RESET, an_account().id, START + HOUR), **changes)  # type: ignore[arg-type]


class GrantsContract:
    """Part of `AccountsContract`."""

    def test_a_code_is_used_once_and_its_reuse_revokes_what_it_gave(self, tenant: AccountsOfTenant) -> None:
        tenant.codes.add("code", a_code(), a_grant())
        before = tenant.codes.find("code")
        assert before is not None
        assert (before.code, before.is_used) == (a_code(), False)

        assert tenant.codes.spend("code", ("refresh", a_refresh_token()))
        assert tenant.grants.get(a_grant().id) == a_grant()
        kept = tenant.refresh_tokens.find("refresh")
        assert kept is not None
        assert (kept.token, kept.is_used) == (a_refresh_token(), False)

        assert not tenant.codes.spend("code", ("other", a_refresh_token()))
        after = tenant.codes.find("code")
        assert after is not None
        assert after.is_used
        assert tenant.grants.get(a_grant().id) is None
        assert tenant.refresh_tokens.find("other") is None
        assert not tenant.refresh_tokens.rotate("refresh", "next", a_refresh_token())

    def test_of_two_who_use_a_code_at_once_one_is_served(self, tenant: AccountsOfTenant) -> None:
        tenant.codes.add("code", a_code(), a_grant())

        assert at_once(lambda _: tenant.codes.spend("code")).count(True) == 1
        assert tenant.grants.get(a_grant().id) is None

    def test_a_code_is_good_for_its_time(self, tenant: AccountsOfTenant, clock: SteppingClock) -> None:
        tenant.codes.add("used", a_code(1), a_grant(1))
        tenant.codes.add("late", a_code(2), a_grant(2))
        assert tenant.codes.spend("used")

        clock.advance(timedelta(minutes=1))

        assert tenant.codes.find("late") is None
        assert not tenant.codes.spend("late")
        assert tenant.grants.get(a_grant(2).id) == a_grant(2)
        assert not tenant.codes.spend("used")
        assert tenant.grants.get(a_grant(1).id) is None

    def test_an_unknown_secret_is_used_by_nobody(self, tenant: AccountsOfTenant) -> None:
        tenant.codes.add("code", a_code(), a_grant())

        assert tenant.codes.find("unknown") is None
        assert not tenant.codes.spend("unknown")
        assert not tenant.refresh_tokens.rotate("code", "next", a_refresh_token())
        assert tenant.codes.spend("code")

    def test_refresh_tokens_follow_each_other(self, tenant: AccountsOfTenant) -> None:
        tenant.codes.add("code", a_code(), a_grant())
        tenant.codes.spend("code", ("first", a_refresh_token()))

        assert tenant.refresh_tokens.rotate("first", "second", a_refresh_token())
        assert tenant.refresh_tokens.rotate("second", "third", a_refresh_token())
        assert not tenant.refresh_tokens.rotate("first", "stolen", a_refresh_token())

        assert tenant.grants.get(a_grant().id) is None
        assert not tenant.refresh_tokens.rotate("third", "fourth", a_refresh_token())
        assert tenant.refresh_tokens.find("stolen") is None

    def test_of_two_who_use_a_refresh_token_at_once_one_is_served(self, tenant: AccountsOfTenant) -> None:
        tenant.codes.add("code", a_code(), a_grant())
        tenant.codes.spend("code", ("first", a_refresh_token()))

        served = at_once(lambda number: tenant.refresh_tokens.rotate("first", f"next-{number}", a_refresh_token()))

        assert served.count(True) == 1
        assert tenant.grants.get(a_grant().id) is None

    def test_a_refresh_token_is_good_for_its_time_and_its_grants(
        self, tenant: AccountsOfTenant, clock: SteppingClock
    ) -> None:
        for number in (1, 2):
            tenant.codes.add(f"code-{number}", a_code(number), a_grant(number))
        long = replace(a_refresh_token(), grant_id=a_grant(2).id, expires_at=START + timedelta(days=9))
        tenant.codes.spend("code-1", ("short", a_refresh_token()))
        tenant.codes.spend("code-2", ("long", long))

        clock.advance(HOUR)
        assert tenant.refresh_tokens.find("short") is None
        assert not tenant.refresh_tokens.rotate("short", "next", a_refresh_token())
        assert tenant.refresh_tokens.rotate("long", "longer", long)
        clock.advance(timedelta(days=1))
        assert tenant.grants.get(a_grant(2).id) is None
        assert not tenant.refresh_tokens.rotate("longer", "next", long)

    def test_grants_are_revoked_one_by_one_or_all_of_an_account(self, tenant: AccountsOfTenant) -> None:
        for number in (1, 2, 3):
            tenant.codes.add(f"code-{number}", a_code(number), a_grant(number))
        tenant.codes.add("code-4", a_code(4), a_grant(4, account_id="somebody else"))

        tenant.grants.revoke(a_grant(1).id)
        assert [tenant.grants.get(a_grant(number).id) is None for number in (1, 2, 3, 4)] == [True, False, False, False]
        tenant.grants.revoke_of(an_account().id)

        assert [tenant.grants.get(a_grant(number).id) is None for number in (1, 2, 3, 4)] == [True, True, True, False]
        assert not tenant.codes.spend("code-2")

    def test_a_ticket_is_used_once_with_all_of_its_kind(self, tenant: AccountsOfTenant) -> None:
        verification = a_ticket(kind=TicketKind.EMAIL_VERIFICATION)
        other = a_ticket(account_id="somebody else")
        tenant.tickets.add("first", a_ticket())
        tenant.tickets.add("second", a_ticket())
        tenant.tickets.add("verification", verification)
        tenant.tickets.add("other", other)

        assert tenant.tickets.find("first") == a_ticket()
        assert sorted(at_once(lambda _: tenant.tickets.spend("first")), key=bool)[-2:] == [None, a_ticket()]

        assert tenant.tickets.find("first") is None
        assert tenant.tickets.spend("second") is None
        assert tenant.tickets.find("verification") == verification
        assert tenant.tickets.spend("other") == other

    def test_a_ticket_is_good_for_its_time(self, tenant: AccountsOfTenant, clock: SteppingClock) -> None:
        tenant.tickets.add("ticket", a_ticket())

        clock.advance(HOUR)

        assert tenant.tickets.find("ticket") is None
        assert tenant.tickets.spend("ticket") is None
