"""The calibration that the documentation shows, with other random numbers."""

import numpy as np
import pytest

from bench.calibration import Row, all_rows

ROWS = list(all_rows(np.random.default_rng(1)))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.method}, {row.setting}: {row.what}")
def test_sound_methods_are_in_their_band_and_unsound_ones_are_not(row: Row) -> None:
    assert row.is_inside is not row.method.startswith("NEGATIVE")
