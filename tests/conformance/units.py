"""Units made by arithmetic, as conformance/statistics makes them for other programs."""

import numpy as np
import pandas as pd

from signpost.analysis import Sums


def make_units() -> pd.DataFrame:
    """Make the units as oracle.R does."""
    i = np.arange(1, 1_201)
    units = pd.DataFrame(
        {
            "organisation": i % 48,
            "stratum": i * 11 % 3,
            "before": i * 37 % 23,
            "second": i * 29 % 13,
            "attempts": 1 + i * 17 % 5,
            "time_ms": i * 7_919 % 10_007,
        }
    )
    units["treated"] = (units.organisation * 5 % 12 < 4).astype(int)
    units["value"] = units.before * (1 + units.treated) + 3 * units.second + i * 53 % 29 + 2 * (units.organisation % 7)
    return units


def arms(units: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    return units[units.treated == 0], units[units.treated == 1]


def sum_arm(units: pd.DataFrame, x: str, d: str) -> Sums:
    a, b = units[x], units[d]
    found = (len(units), a.sum(), (a * a).sum(), b.sum(), (b * b).sum(), (a * b).sum())
    return Sums(*map(int, found))
