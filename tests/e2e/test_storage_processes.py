"""Several processes on one database, and processes that die: SQLite and PostgreSQL."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text

from signpost.model.experiments import Allocation
from signpost.ports.paging import PageRequest
from signpost.ports.store import StoreUnavailableError, StoreVersionError
from signpost.storage.sql import SqlStore, schema
from signpost.storage.sql.engines import open_engine, writing
from signpost.storage.sql.tables import metadata
from signpost.testing.builders import a_flag, a_tenant, a_variation, an_experiment
from signpost.testing.repeatable import SteppingClock

HERE = Path(__file__).parent
ROUNDS = 1_000
TENANT = a_tenant()


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/signpost.db"
    new_postgres: Callable[[], str] = request.getfixturevalue("new_postgres")
    return new_postgres()


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    store = SqlStore(url, SteppingClock())
    store.migrate()
    store.add_tenant(TENANT, "tests")
    yield store
    store.close()


def run(script: str, *arguments: str) -> "subprocess.Popen[str]":
    command = [sys.executable, str(HERE / script), *arguments]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=HERE.parents[1])


def say(process: "subprocess.Popen[str]") -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def hear(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: "subprocess.Popen[str]") -> None:
    process.kill()
    process.communicate()


@pytest.mark.timeout(600)
def test_of_two_processes_exactly_one_activates_and_one_gets_the_name(url: str, store: SqlStore) -> None:
    control, treatment = a_variation(1), a_variation(2, overrides={"title": "Welcome"})
    halves = (Allocation(control.id, True, 500_000), Allocation(treatment.id, False, 500_000))
    rivals = [an_experiment(1), an_experiment(2)]
    with store.writing(TENANT.id, "tests") as tenant:
        tenant.flags.add(a_flag())
        tenant.variations.add(control)
        tenant.variations.add(treatment)
        for rival in rivals:
            tenant.experiments.add(replace(rival, allocations=halves))
    racers = [run("storage_racing.py", url, TENANT.id, rival.id, str(ROUNDS)) for rival in rivals]
    assert [hear(racer) for racer in racers] == ["ready", "ready"]

    wins = []
    for _ in range(ROUNDS):
        for racer in racers:
            say(racer)
        wins.append([tuple(map(int, hear(racer).split())) for racer in racers])
        for racer in racers:
            say(racer)
        assert [hear(racer) for racer in racers] == ["done", "done"]
    for racer in racers:
        end(racer)

    assert {sum(activated for activated, _ in both) for both in wins} == {1}
    assert {sum(named for _, named in both) for both in wins} == {1}


def test_every_acknowledged_write_survives_the_death_of_its_process(url: str, store: SqlStore) -> None:
    writer = run("storage_writing.py", url, TENANT.id)
    acknowledged = [hear(writer) for _ in range(500)]
    end(writer)
    store.close()

    reopened = SqlStore(url, SteppingClock())
    reopened.migrate()

    with reopened.reading(TENANT.id) as tenant:
        found = {flag.name for flag in tenant.flags.list(PageRequest(100_000)).items}
        entries = tenant.audit.list(PageRequest(100_000)).items
        revision = tenant.revision
    reopened.close()
    assert set(acknowledged) <= found
    assert len(entries) == len(found) + 1 == revision


def test_processes_that_start_at_once_migrate_once(url: str) -> None:
    def migrate(_: int) -> bool:
        store = SqlStore(url, SteppingClock())
        store.migrate()
        is_ready = store.is_ready()
        store.close()
        return is_ready

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(migrate, range(8)))


def test_the_migrations_lead_to_the_tables(url: str, store: SqlStore) -> None:
    engine = open_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_a_database_of_the_first_schema_gets_the_next_with_its_history(url: str) -> None:
    engine = open_engine(url)
    with writing(engine) as connection:
        config = schema._config()
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    store = SqlStore(url, SteppingClock())
    assert not store.is_ready()
    store.add_tenant(TENANT, "tests")
    for flag in (a_flag(), a_flag(name="changed")):
        with store.writing(TENANT.id, "tests") as tenant:
            tenant.flags.remove(flag.id)
            tenant.flags.add(flag)

    store.migrate()

    assert store.is_ready()
    with store.reading(TENANT.id) as tenant:
        names = [tenant.audit.at_revision(revision).flags[a_flag().id].name for revision in (2, 3)]
    store.close()
    assert names == [a_flag().name, "changed"]


def test_a_database_of_a_newer_version_is_left_alone(url: str, store: SqlStore) -> None:
    engine = open_engine(url)
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    engine.dispose()

    assert not store.is_ready()
    with pytest.raises(StoreVersionError, match="upgrade Signpost"):
        store.migrate()


def test_a_database_that_is_not_there_is_told_from_a_mistake(new_postgres: Callable[[], str]) -> None:
    store = SqlStore(new_postgres() + "_gone", SteppingClock())

    assert not store.is_ready()
    with pytest.raises(StoreUnavailableError):
        store.revisions()
    store.close()


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    store = SqlStore(f"sqlite:///{tmp_path}/signpost.db", SteppingClock())
    store.migrate()

    assert (tmp_path / "signpost.db").stat().st_mode & 0o777 == 0o600
    store.close()
