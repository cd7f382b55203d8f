"""The management API over a store in memory, entered through the real gate."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.api.house import House

NewHouse = Callable[..., House]


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of signing keys for all tests: the tenants' ids are always the same, and a key takes its time."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def new_house(keys_folder: Path) -> Iterator[NewHouse]:
    """Builds houses, with the generation and the rate limit that a test is about."""
    houses: list[House] = []

    def build(**settings: object) -> House:
        houses.append(House(keys_folder, **settings))  # type: ignore[arg-type]
        return houses[-1]

    yield build
    for house in houses:
        house.close()


@pytest.fixture
def house(new_house: NewHouse) -> House:
    """A house with a tenant of today's generation."""
    return new_house()
