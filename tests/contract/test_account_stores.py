"""Every store of accounts passes the contract suite, and keeps no secret as it is."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, select

from signpost.ports.accounts import AccountStore
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.storage.sql import SqlStore
from signpost.storage.sql.accounts import SqlAccountStore
from signpost.storage.sql.tables import metadata
from signpost.testing.accounts_contract import AccountsContract
from signpost.testing.builders import a_code, a_grant, a_journey, a_session, a_tenant
from signpost.testing.grants_contract import a_refresh_token, a_ticket
from signpost.testing.repeatable import SteppingClock


def open_store(url: str, clock: SteppingClock) -> Iterator[AccountStore]:
    store = SqlStore(url, clock)
    store.migrate()
    for number in (1, 2):
        store.add_tenant(a_tenant(number), "tests")
    yield SqlAccountStore(store.engine, clock)
    store.close()


class TestMemory(AccountsContract):
    @pytest.fixture
    def accounts(self, clock: SteppingClock) -> AccountStore:
        return MemoryAccountStore(clock)


class TestSqlite(AccountsContract):
    @pytest.fixture
    def accounts(self, tmp_path: Path, clock: SteppingClock) -> Iterator[AccountStore]:
        yield from open_store(f"sqlite:///{tmp_path}/signpost.db", clock)


class TestPostgres(AccountsContract):
    @pytest.fixture
    def accounts(self, postgres_url: str, clock: SteppingClock) -> Iterator[AccountStore]:
        yield from open_store(postgres_url, clock)


def test_no_secret_is_in_the_database(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/signpost.db"
    for accounts in open_store(url, SteppingClock()):
        tenant = accounts.of(a_tenant().id)
        tenant.sessions.add("secret-of-the-session", a_session())
        tenant.journeys.add(a_journey(id="secret-of-the-journey"))
        tenant.codes.add("secret-of-the-code", a_code(), a_grant())
        tenant.codes.spend("secret-of-the-code", ("secret-of-the-token", a_refresh_token()))
        tenant.refresh_tokens.rotate("secret-of-the-token", "secret-of-the-next", a_refresh_token())
        tenant.tickets.add("secret-of-the-ticket", a_ticket())

    engine = create_engine(url)
    with engine.connect() as connection:
        rows = [str(row) for table in metadata.sorted_tables for row in connection.execute(select(table))]
    engine.dispose()
    assert sum("ses_" in row for row in rows) >= 1
    assert not re.search("secret-of", "".join(rows))


def test_no_change_is_audited_or_moves_the_revision(tmp_path: Path) -> None:
    clock = SteppingClock()
    store = SqlStore(f"sqlite:///{tmp_path}/signpost.db", clock)
    store.migrate()
    store.add_tenant(a_tenant(), "tests")
    before = store.revisions()

    SqlAccountStore(store.engine, clock).of(a_tenant().id).journeys.add(a_journey())

    assert store.revisions() == before
    store.close()
