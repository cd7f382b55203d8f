"""What every store of accounts has to do with links between devices and accounts."""

from signpost.ports.accounts import AccountsOfTenant, AccountStore
from signpost.testing.builders import a_tenant, an_account
from signpost.testing.grants_contract import at_once
from signpost.testing.repeatable import START


class LinksContract:
    """Part of `AccountsContract`."""

    def test_what_was_never_linked_has_no_unit(self, tenant: AccountsOfTenant) -> None:
        assert tenant.links.unit_of(device_id="d1", account_id="a1") is None
        assert tenant.links.unit_of(device_id=None, account_id=None) is None

    def test_an_account_keeps_the_device_that_it_was_first_linked_to(self, tenant: AccountsOfTenant) -> None:
        units = [tenant.links.link(device, "a1", START) for device in ("d1", "d2", "d1", "d3")]

        assert units == ["d1"] * 4
        assert tenant.links.unit_of(device_id="d9", account_id="a1") == "d1"
        assert tenant.links.unit_of(device_id="d2", account_id=None) == "d1"

    def test_an_account_that_comes_to_a_linked_device_has_the_device_s_unit(self, tenant: AccountsOfTenant) -> None:
        tenant.links.link("d1", "a1", START)
        tenant.links.link("d2", "a1", START)

        assert tenant.links.link("d2", "a2", START) == "d1"
        assert tenant.links.unit_of(device_id=None, account_id="a2") == "d1"

    def test_an_account_s_own_unit_goes_before_that_of_the_device(self, tenant: AccountsOfTenant) -> None:
        tenant.links.link("d1", "a1", START)
        tenant.links.link("d2", "a2", START)

        assert tenant.links.link("d1", "a2", START) == "d2"
        assert tenant.links.unit_of(device_id="d1", account_id="a2") == "d2"
        assert tenant.links.unit_of(device_id="d1", account_id=None) == "d1"

    def test_several_who_link_an_account_at_once_agree(self, tenant: AccountsOfTenant) -> None:
        units = at_once(lambda number: tenant.links.link(f"d{number}", "a1", START))

        assert len({*units, tenant.links.unit_of(device_id=None, account_id="a1")}) == 1

    def test_several_accounts_that_are_linked_to_a_device_at_once_agree(self, tenant: AccountsOfTenant) -> None:
        units = at_once(lambda number: tenant.links.link("d1", f"a{number}", START))

        assert {*units} == {"d1"}

    def test_links_of_one_tenant_are_not_another_s(self, accounts: AccountStore) -> None:
        first, second = accounts.of(a_tenant(1).id), accounts.of(a_tenant(2).id)
        first.links.link("d1", "a1", START)

        assert second.links.unit_of(device_id="d1", account_id="a1") is None
        assert second.links.link("d2", "a1", START) == "d2"

    def test_a_removed_account_has_no_link_any_more(self, tenant: AccountsOfTenant) -> None:
        account = an_account()
        tenant.accounts.add(account)
        tenant.links.link("d1", account.id, START)

        tenant.accounts.remove(account.id)

        assert tenant.links.unit_of(device_id=None, account_id=account.id) is None
