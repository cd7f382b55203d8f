"""Looks on the way to a planned size against rpact: see conformance/statistics/looks."""

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from signpost.analysis.crossing import boundaries
from signpost.analysis.planning import Design, find_expected_units, find_units
from signpost.model.analysis_plans import Looking, Spending

VALUES = Path(__file__).parents[2] / "conformance" / "statistics" / "looks" / "values.csv"
SPENDING = {"asOF": Spending.OBRIEN_FLEMING, "asP": Spending.POCOCK}
PLANS = {
    "fifths": (tuple((i + 1) / 5 for i in range(5)), 0.05),
    "days": (tuple((i + 1) / 14 for i in range(14)), 0.05),
    "uneven": ((0.15, 0.5, 0.62, 0.97, 1.0), 0.05),
    "unfinished": ((0.3, 0.45), 0.05),
    "strict": (tuple((i + 1) / 4 for i in range(4)), 0.01),
    "past_the_end": ((0.5, 0.9, 1.3), 0.05),
}


def said_by_rpact(what: str) -> dict[tuple[str, str], list[float]]:
    found = defaultdict(list)
    with VALUES.open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["what"] == what:
                found[row["plan"], row["spending"]].append(float(row["value"]))
    return found


@pytest.mark.parametrize("spending", SPENDING)
@pytest.mark.parametrize("plan", PLANS)
def test_boundaries_are_those_of_rpact(plan: str, spending: str) -> None:
    found = boundaries(PLANS[plan][0], SPENDING[spending], PLANS[plan][1])

    assert found == pytest.approx(said_by_rpact("boundary")[plan, spending], abs=1e-4)


@pytest.mark.parametrize("spending", SPENDING)
@pytest.mark.parametrize("looks", [5, 14])
def test_sizes_are_those_of_rpact(looks: int, spending: str) -> None:
    one = Design(baseline=0, deviation=1)
    several = Design(0, 1, looking=Looking.GROUP_SEQUENTIAL, spending=SPENDING[spending], looks=looks)

    units_of_one, units = find_units(one, 0.001), find_units(several, 0.001)

    assert units_of_one is not None
    assert units is not None
    plan = (f"power_80_{looks}", spending)
    assert [units / units_of_one] == pytest.approx(said_by_rpact("inflation")[plan], rel=2e-4)
    expected = find_expected_units(several, units, 0.001) / units_of_one
    assert [expected] == pytest.approx(said_by_rpact("expected_share")[plan], rel=5e-4)
