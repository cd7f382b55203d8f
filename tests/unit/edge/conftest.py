"""A gate over a store in memory."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.system import SystemClock
from signpost.edge.tokens import Tokens
from signpost.model.tenants import SCOPES, Client, Tenant
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant
from signpost.testing.repeatable import SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.clients import Credentials, create_client


@dataclass
class House:
    """Two tenants, a client of the first, and everything that lets callers in. `folder` holds the keys."""

    clock: SteppingClock
    store: MemoryStore
    keys: KeyRing
    tokens: Tokens
    catalog: Catalog
    first: Tenant
    second: Tenant
    credentials: Credentials
    folder: Path

    @property
    def client(self) -> Client:
        return self.credentials.client

    def call(self, tenant: Tenant) -> Call:
        return Call(self.store, self.clock, SequentialIds(), tenant.id, "tests")

    def gate(self, per_minute: int = 0) -> Gate:
        limiter = RateLimiter(per_minute, self.now_seconds)
        return Gate(self.catalog, self.tokens, limiter, self.now_seconds)

    def now_seconds(self) -> float:
        return self.clock.now().timestamp()

    def token(self, *scopes: str) -> str:
        return self.tokens.issue(self.first, self.client, scopes or SCOPES)

    def later(self, **step: float) -> None:
        self.clock.advance(timedelta(**step))


def make_house(folder: Path) -> House:
    """Return a house that keeps its keys in the folder."""
    clock = SteppingClock(SystemClock().now())  # the library that checks tokens reads the machine's clock
    store = MemoryStore(clock)
    first, second = a_tenant(1), a_tenant(2)
    store.add_tenant(first, "tests")
    store.add_tenant(second, "tests")
    keys = KeyRing(folder / "keys", clock)
    tokens = Tokens(keys, ForeignKeys(lambda: 0.0), clock, 3_600)
    catalog = Catalog(store)
    call = Call(store, clock, SequentialIds(), first.id, "tests")
    credentials = create_client(call, "client", SCOPES)
    catalog.refresh()
    return House(clock, store, keys, tokens, catalog, first, second, credentials, folder / "keys")


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house of the test's own."""
    return make_house(tmp_path)
