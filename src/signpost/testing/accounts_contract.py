"""What every store of accounts must do: subclass `AccountsContract`, and give it a `clock` and an empty `accounts` store.

The store has the tenants `a_tenant(1)` and `a_tenant(2)`, and the clock stands at `START`.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from signpost.model.accounts import Account, RecoveryCodes, TotpFactor
from signpost.ports.accounts import AccountsOfTenant, AccountStore, EmailTakenError, PasskeyTakenError
from signpost.testing.builders import a_code, a_grant, a_journey, a_passkey, a_session, a_tenant, an_account
from signpost.testing.grants_contract import CALLERS, HOUR, GrantsContract, a_ticket, at_once
from signpost.testing.links_contract import LinksContract
from signpost.testing.repeatable import START, SteppingClock


class AccountsContract(GrantsContract, LinksContract):
    """The suite."""

    @pytest.fixture
    def clock(self) -> SteppingClock:
        return SteppingClock()

    @pytest.fixture
    def tenant(self, accounts: AccountStore) -> AccountsOfTenant:
        return accounts.of(a_tenant(1).id)

    def test_an_account_is_found_by_its_id_and_by_its_address(self, tenant: AccountsOfTenant) -> None:
        account = an_account(app_metadata={"plan": ["gold", 1, None]}, last_login_at=START)

        tenant.accounts.add(account)

        assert tenant.accounts.get(account.id) == account
        assert tenant.accounts.find_by_email(account.email) == account
        assert tenant.accounts.get(an_account(2).id) is None
        assert tenant.accounts.find_by_email("nobody@example.com") is None

    def test_one_tenant_never_sees_what_is_of_another(self, accounts: AccountStore) -> None:
        first, second = accounts.of(a_tenant(1).id), accounts.of(a_tenant(2).id)
        first.accounts.add(an_account())
        first.sessions.add("cookie", a_session())
        first.journeys.add(a_journey())
        first.codes.add("code", a_code(), a_grant())
        first.tickets.add("ticket", a_ticket())

        found = [
            second.accounts.get(an_account().id),
            second.accounts.find_by_email(an_account().email),
            second.sessions.find("cookie"),
            second.sessions.get(a_session().id),
            second.journeys.take(a_journey().id),
            second.codes.find("code"),
            second.grants.get(a_grant().id),
            second.tickets.spend("ticket"),
        ]
        second.accounts.remove(an_account().id)
        second.accounts.add(an_account())

        assert found == [None] * 8
        assert not second.codes.spend("code")
        assert first.sessions.find("cookie") == a_session()
        assert first.codes.spend("code")

    def test_an_address_is_one_accounts(self, tenant: AccountsOfTenant) -> None:
        first, second = an_account(1), an_account(2)
        tenant.accounts.add(first)
        tenant.accounts.add(second)

        with pytest.raises(EmailTakenError):
            tenant.accounts.add(an_account(3, email=first.email))
        with pytest.raises(EmailTakenError):
            tenant.accounts.change(second.id, lambda account: replace(account, email=first.email))

        assert tenant.accounts.get(second.id) == second

    def test_of_two_who_take_an_address_at_once_one_gets_it(self, tenant: AccountsOfTenant) -> None:
        def add(number: int) -> bool:
            try:
                tenant.accounts.add(an_account(number, email="same@example.com"))
            except EmailTakenError:
                return False
            return True

        assert sorted(at_once(add)) == [False] * (CALLERS - 1) + [True]

    def test_no_change_of_an_account_is_lost(self, tenant: AccountsOfTenant) -> None:
        account = an_account()
        tenant.accounts.add(account)

        def count(known: Account) -> Account:
            return replace(known, logins_count=known.logins_count + 1)

        at_once(lambda _: tenant.accounts.change(account.id, count))

        found = tenant.accounts.get(account.id)
        assert found == replace(account, logins_count=CALLERS)
        assert tenant.accounts.change("nobody", count) is None

    def test_an_address_that_was_given_up_is_free(self, tenant: AccountsOfTenant) -> None:
        account = an_account()
        tenant.accounts.add(account)

        tenant.accounts.change(account.id, lambda known: replace(known, email="new@example.com"))
        tenant.accounts.add(an_account(2, email=account.email))

        assert tenant.accounts.find_by_email("new@example.com") == replace(account, email="new@example.com")

    def test_what_hangs_on_an_account_goes_with_it(self, tenant: AccountsOfTenant) -> None:
        account, other = an_account(1), an_account(2)
        for number, owner in enumerate((account, other), 1):
            tenant.accounts.add(owner)
            tenant.passkeys.add(a_passkey(number, account_id=owner.id))
            tenant.totp_factors.put(TotpFactor(owner.id, "SECRET", START))
            tenant.recovery_codes.put(RecoveryCodes(owner.id, ("a",), START))
            tenant.sessions.add(f"cookie-{number}", a_session(number, account_id=owner.id))
            tenant.codes.add(f"code-{number}", a_code(number), a_grant(number, account_id=owner.id))
            tenant.tickets.add(f"ticket-{number}", a_ticket(account_id=owner.id))

        tenant.accounts.remove(account.id)

        assert tenant.accounts.get(account.id) is None
        assert tenant.passkeys.of_account(account.id) == ()
        assert tenant.totp_factors.get(account.id) is None
        assert tenant.recovery_codes.get(account.id) is None
        assert tenant.sessions.find("cookie-1") is None
        assert tenant.tickets.find("ticket-1") is None
        assert not tenant.codes.spend("code-1")
        assert tenant.passkeys.of_account(other.id) == (a_passkey(2, account_id=other.id),)
        assert tenant.totp_factors.get(other.id) is not None
        assert tenant.tickets.find("ticket-2") is not None
        assert tenant.codes.spend("code-2")

    def test_passkeys_are_found_and_listed_as_they_came(self, tenant: AccountsOfTenant) -> None:
        tenant.passkeys.add(a_passkey(2))
        tenant.passkeys.add(a_passkey(1))
        tenant.passkeys.add(a_passkey(3, account_id="somebody else"))

        with pytest.raises(PasskeyTakenError):
            tenant.passkeys.add(a_passkey(1, account_id="a thief"))

        assert tenant.passkeys.get(a_passkey(1).credential_id) == a_passkey(1)
        assert tenant.passkeys.of_account(a_passkey(1).account_id) == (a_passkey(2), a_passkey(1))
        tenant.passkeys.remove(a_passkey(2).credential_id)
        assert tenant.passkeys.of_account(a_passkey(1).account_id) == (a_passkey(1),)

    def test_a_counter_that_does_not_grow_is_that_of_a_copy(self, tenant: AccountsOfTenant) -> None:
        counting, silent = a_passkey(1, sign_count=5), a_passkey(2, sign_count=0)
        tenant.passkeys.add(counting)
        tenant.passkeys.add(silent)

        counted = [tenant.passkeys.note_use(counting.credential_id, count, START) for count in (6, 6, 0, 7)]
        uncounted = [tenant.passkeys.note_use(silent.credential_id, count, START) for count in (0, 0, 1, 0)]

        assert counted == [True, False, False, True]
        assert uncounted == [True, True, True, False]
        assert tenant.passkeys.get(counting.credential_id) == replace(counting, sign_count=7, last_used_at=START)
        assert not tenant.passkeys.note_use("nothing", 1, START)

    def test_a_code_of_an_app_is_taken_once(self, tenant: AccountsOfTenant) -> None:
        account = an_account()
        tenant.accounts.add(account)
        tenant.totp_factors.put(TotpFactor(account.id, "OLD", START))
        tenant.totp_factors.put(TotpFactor(account.id, "SECRET", START))

        assert at_once(lambda _: tenant.totp_factors.take_step(account.id, 9)).count(True) == 1
        assert [tenant.totp_factors.take_step(account.id, step) for step in (8, 9, 10)] == [False, False, True]
        assert tenant.totp_factors.get(account.id) == TotpFactor(account.id, "SECRET", START, 10)
        tenant.totp_factors.remove(account.id)
        assert not tenant.totp_factors.take_step(account.id, 11)

    def test_a_recovery_code_is_taken_once(self, tenant: AccountsOfTenant) -> None:
        account = an_account()
        tenant.accounts.add(account)
        tenant.recovery_codes.put(RecoveryCodes(account.id, ("a", "b"), START))

        assert at_once(lambda _: tenant.recovery_codes.spend(account.id, "a")).count(True) == 1
        assert not tenant.recovery_codes.spend(account.id, "c")
        assert tenant.recovery_codes.get(account.id) == RecoveryCodes(account.id, ("b",), START)
        tenant.recovery_codes.remove(account.id)
        assert tenant.recovery_codes.get(account.id) is None

    def test_a_session_is_there_until_it_ends(self, tenant: AccountsOfTenant, clock: SteppingClock) -> None:
        first, second, third = (a_session(number) for number in (1, 2, 3))
        other = a_session(4, account_id="somebody else")
        for session in (first, second, third, other):
            tenant.sessions.add(f"cookie of {session.id}", session)

        assert tenant.sessions.find(f"cookie of {first.id}") == tenant.sessions.get(first.id) == first
        assert tenant.sessions.find(first.id) is None
        tenant.sessions.remove(first.id)
        assert tenant.sessions.get(first.id) is None
        tenant.sessions.remove_of(second.account_id)
        assert [tenant.sessions.get(session.id) for session in (second, third, other)] == [None, None, other]
        clock.advance(HOUR)
        assert tenant.sessions.find(f"cookie of {other.id}") is None
        assert tenant.sessions.get(other.id) is None

    def test_a_journey_goes_on_until_it_ends(self, tenant: AccountsOfTenant, clock: SteppingClock) -> None:
        journey = a_journey(facts={"tries": 1}, assignment={"variation_id": "var"})
        tenant.journeys.add(journey)

        found = tenant.journeys.find(journey.id)
        assert found == journey
        moved = tenant.journeys.replace(replace(found, step="password", account_id=an_account().id))

        assert moved == replace(journey, step="password", account_id=an_account().id, version=2)
        assert tenant.journeys.find(journey.id) == moved
        assert tenant.journeys.find("another") is None
        assert tenant.journeys.replace(replace(journey, step="signup")) is None
        clock.advance(HOUR)
        assert tenant.journeys.find(journey.id) is None
        assert tenant.journeys.replace(moved) is None
        assert tenant.journeys.take(journey.id) is None

    def test_a_journey_is_ended_once(self, tenant: AccountsOfTenant) -> None:
        tenant.journeys.add(a_journey())

        taken = at_once(lambda _: tenant.journeys.take(a_journey().id))

        assert sorted(taken, key=bool) == [None] * (CALLERS - 1) + [a_journey()]

    def test_of_two_changes_to_one_version_one_is_kept(self, tenant: AccountsOfTenant) -> None:
        journey = a_journey()
        tenant.journeys.add(journey)

        kept = at_once(lambda number: tenant.journeys.replace(replace(journey, step=str(number))))

        assert [tenant.journeys.find(journey.id)] == [moved for moved in kept if moved is not None]

    def test_journeys_whose_time_is_over_are_taken_once(
        self, tenant: AccountsOfTenant, accounts: AccountStore, clock: SteppingClock
    ) -> None:
        late = a_journey(9, expires_at=START + 3 * HOUR)
        for journey in (late, *(a_journey(n, expires_at=START + HOUR - timedelta(minutes=n)) for n in range(1, 5))):
            tenant.journeys.add(journey)
        assert tenant.journeys.take_expired(10) == ()
        clock.advance(HOUR)
        accounts.clean()

        (oldest,) = tenant.journeys.take_expired(1)
        taken = [journey for found in at_once(lambda _: tenant.journeys.take_expired(10)) for journey in found]

        assert (oldest.transaction_id, oldest.id) == (a_journey(4).transaction_id, "")
        assert sorted(journey.transaction_id for journey in taken) == [a_journey(n).transaction_id for n in (1, 2, 3)]
        assert tenant.journeys.find(late.id) == late

    def test_what_is_cleaned_away_is_what_had_expired(
        self, tenant: AccountsOfTenant, accounts: AccountStore, clock: SteppingClock
    ) -> None:
        lasting = a_session(2, expires_at=START + timedelta(days=30))
        tenant.sessions.add("short", a_session(1))
        tenant.sessions.add("lasting", lasting)
        tenant.codes.add("code", a_code(), a_grant())
        clock.advance(timedelta(days=3))

        accounts.clean()

        assert tenant.sessions.find("lasting") == lasting
        assert tenant.sessions.find("short") is None
        assert tenant.codes.find("code") is None
