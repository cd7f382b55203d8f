"""The garbage collector's settings; they are the process's, so they are put back."""

import gc
from collections.abc import Iterator

import pytest

from signpost.edge.collector import YOUNG_MAX, spare_collector


@pytest.fixture(autouse=True)
def _settings() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.unfreeze()
    gc.set_threshold(*before)


def test_the_collector_leaves_what_was_loaded_alone_and_looks_less_often() -> None:
    rest = gc.get_threshold()[1:]

    spare_collector()

    assert gc.get_freeze_count() > 0
    assert gc.get_threshold() == (YOUNG_MAX, *rest)
