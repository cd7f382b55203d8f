"""The tenants in memory: fresh when the database answers, and still there when it does not."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from threading import Event

import pytest

from signpost.edge.catalog import Catalog
from signpost.ports.store import Store, StoreUnavailableError, Workspace
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant
from signpost.usecases.clients import revoke_client
from signpost.usecases.tenants import TenantChange, update_tenant
from tests.unit.edge.conftest import House

WAIT_SECONDS = 30


class FailingStore:
    """A store that fails when told, and says when it was asked."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.failure: Exception | None = None
        self.was_asked = Event()

    def revisions(self) -> Mapping[str, int]:
        self.was_asked.set()
        if self.failure is not None:
            raise self.failure
        return self._store.revisions()

    def reading(self, tenant_id: str) -> AbstractContextManager[Workspace]:
        return self._store.reading(tenant_id)


def wait_until(is_so: Callable[[], bool], asked: Event) -> None:
    """Wait from one question to the next until it is so."""
    for _ in range(100):
        if is_so():
            return
        asked.clear()
        assert asked.wait(WAIT_SECONDS)
    raise AssertionError("it never was so")


def test_nothing_is_loaded_again_that_did_not_change(house: House) -> None:
    before = house.catalog.states()

    house.catalog.refresh()

    assert [id(state) for state in house.catalog.states()] == [id(state) for state in before]


def test_it_says_when_the_database_last_confirmed_what_is_known(house: House) -> None:
    store = FailingStore(house.store)
    catalog = Catalog(_as_store(store))
    seen = [catalog.confirmed_at]

    for failure in (None, None, StoreUnavailableError("away")):
        store.failure = failure
        with suppress(StoreUnavailableError):
            catalog.refresh()
        seen.append(catalog.confirmed_at)

    assert seen[0] is None
    assert seen[1] is not None
    assert seen[2] is not None
    assert seen[1] < seen[2] == seen[3]
    assert catalog.state_of(house.first.id) is not None
    assert catalog.state_of("ten_none") is None


def test_only_the_tenant_that_changed_is_loaded_again(house: House) -> None:
    first, second = house.catalog.find("tenant-1.example"), house.catalog.find("tenant-2.example")

    revoke_client(house.call(house.first), house.client.id)
    house.catalog.refresh()

    assert house.catalog.find("tenant-1.example") is not first
    assert house.catalog.find("tenant-2.example") is second


def test_a_tenant_moves_to_its_new_domain(house: House) -> None:
    update_tenant(house.store, house.clock, "tests", house.second, TenantChange(domain="Moved.example"))

    house.catalog.refresh()

    moved, default = house.catalog.find("moved.example"), house.catalog.find("tenant-2.example")
    assert moved is not None
    assert moved.tenant.id == house.second.id
    assert default is not None
    assert default.tenant.id == house.first.id


def test_without_a_tenant_there_is_nothing_to_find(house: House) -> None:
    assert Catalog(MemoryStore(house.clock)).find("tenant-1.example") is None


@pytest.mark.parametrize("failure", [StoreUnavailableError("away"), RuntimeError("broken")])
def test_what_is_known_stands_while_the_database_is_away(house: House, failure: Exception) -> None:
    store = FailingStore(house.store)
    catalog = Catalog(_as_store(store))
    catalog.refresh()
    store.failure = failure
    catalog.watch()
    try:
        wait_until(store.was_asked.is_set, store.was_asked)
        assert catalog.find("tenant-2.example") is not None

        store.failure = None
        house.store.add_tenant(a_tenant(3), "tests")

        wait_until(lambda: len(catalog.states()) == 3, store.was_asked)
    finally:
        catalog.close()


def _as_store(store: object) -> Store:
    return store  # type: ignore[return-value]
