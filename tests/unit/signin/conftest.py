"""Houses with hosted sign-in in them."""

from pathlib import Path

import pytest

from tests.unit.signin.house import Browser, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    """A house with an account that has a password."""
    return House(tmp_path)


@pytest.fixture
def browser(house: House) -> Browser:
    """A browser that was never here."""
    return house.browser()
