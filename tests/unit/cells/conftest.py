"""The engines that are asked in other environments, started once for all that ask them."""

from collections.abc import Iterator

import pytest

from tests.sql.elsewhere import Elsewhere, start


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    with start(".venv-chdb", "measure_clickhouse.py", "chDB", tmp_path_factory.mktemp("clickhouse")) as engine:
        yield engine


@pytest.fixture(scope="session")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Elsewhere]:
    with start(".venv-spark", "measure_spark.py", "Spark", tmp_path_factory.mktemp("spark")) as engine:
        yield engine
