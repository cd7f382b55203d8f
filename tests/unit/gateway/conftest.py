"""One house for each test; keys and user agents are made once."""

from pathlib import Path

import pytest

from tests.unit.gateway.house import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)
