"""A gate over a store in memory."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.tokens import Tokens
from signpost.model.tenants import SCOPES, Client, Tenant
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant
from signpost.testing.repeatable import SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.clients import Credentials, create_client


@dataclass
class House:
    """Two tenants with a client each, and everything that lets callers in."""

    clock: SteppingClock
    store: MemoryStore
    keys: KeyRing
    tokens: Tokens
    catalog: Catalog
    first: Tenant
    second: Tenant
    credentials: Credentials

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


@pytest.fixture
def house(tmp_path: Path) -> House:
    clock = SteppingClock()
    store = MemoryStore(clock)
    first, second = a_tenant(1), a_tenant(2)
    store.add_tenant(first, "tests")
    store.add_tenant(second, "tests")
    keys = KeyRing(tmp_path / "keys", clock)
    tokens = Tokens(keys, ForeignKeys(lambda: 0.0), clock, 3_600)
    catalog = Catalog(store)
    call = Call(store, clock, SequentialIds(), first.id, "tests")
    credentials = create_client(call, "client", SCOPES)
    catalog.refresh()
    return House(clock, store, keys, tokens, catalog, first, second, credentials)


Admit = Callable[..., object]
