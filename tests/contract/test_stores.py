"""Every store passes the contract suite."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signpost.ports.store import Store
from signpost.storage.memory import MemoryStore
from signpost.storage.sql import SqlStore
from signpost.testing.repeatable import SteppingClock
from signpost.testing.store_contract import StoreContract


class TestMemory(StoreContract):
    @pytest.fixture
    def store(self) -> Store:
        return MemoryStore(SteppingClock())


class TestSqlite(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[Store]:
        store = SqlStore(f"sqlite:///{tmp_path}/signpost.db", SteppingClock())
        store.migrate()
        yield store
        store.close()


class TestPostgres(StoreContract):
    @pytest.fixture
    def store(self, postgres_url: str) -> Iterator[Store]:
        store = SqlStore(postgres_url, SteppingClock())
        store.migrate()
        yield store
        store.close()
