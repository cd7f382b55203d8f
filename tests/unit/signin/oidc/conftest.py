"""Houses with a provider in them."""

from pathlib import Path

import pytest

from tests.unit.signin.oidc.house import House
from tests.unit.signin.oidc.site import Site


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of signing keys for all tests: a key takes its time."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def house(keys_folder: Path) -> House:
    """A house with an account that is signed in."""
    return House(keys_folder)


@pytest.fixture
def site(house: House) -> Site:
    """The house's routes."""
    return Site(house)
