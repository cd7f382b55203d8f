"""A/A through the product's own assignment: 1,000 salts over units with every kind of value."""

import random

import pytest

from signpost.model.metrics import Aggregation, Direction, Metric, Selection
from signpost.ports.measurements import UnitValues
from signpost.usecases.aa import divide_again

SALTS = [f"salt-{number}" for number in range(1_000)]


def a_metric(name: str, aggregation: Aggregation) -> Metric:
    return Metric(
        name, "", aggregation, Selection(("s",)), Direction.INCREASE, quantile=0.5 if name == "median" else None
    )


METRICS = (
    a_metric("success", Aggregation.CONVERSION),
    a_metric("attempts", Aggregation.COUNT),
    a_metric("tries_per_success", Aggregation.RATIO),
    a_metric("returned", Aggregation.RETENTION),
    a_metric("median", Aggregation.QUANTILE),
    a_metric("never", Aggregation.CONVERSION),
)


def some_units(count: int) -> UnitValues:
    chance = random.Random(5)
    rows = [
        (
            int(chance.random() < 0.8),
            int(chance.expovariate(0.5)),
            chance.randrange(5),
            None if chance.random() < 0.4 else int(chance.random() < 0.3),
            chance.randrange(1_000),
            0,
        )
        for _ in range(count)
    ]
    values = tuple(zip(*rows, strict=True))
    successes = tuple(chance.randrange(1, 4) for _ in range(count))
    denominators = tuple(successes if m.aggregation is Aggregation.RATIO else (0,) * count for m in METRICS)
    return UnitValues(tuple(f"device-{n}" for n in range(count)), values, denominators)


def test_no_test_finds_what_can_t_be_there_more_often_than_it_promises() -> None:
    told: list[None] = []

    rates = divide_again(METRICS, some_units(1_500), SALTS, tell=lambda: told.append(None))

    assert [rate.name for rate in rates] == [
        "success",
        "attempts",
        "tries_per_success",
        "returned",
        "never",
        "sample ratio",
    ]
    assert all(rate.is_sound for rate in rates)
    assert [rate.divisions for rate in rates] == [1_000] * 4 + [0, 1_000]
    assert all(20 < rate.found < 80 for rate in rates[:4])
    assert len(told) == 1_000


def test_one_unit_that_outweighs_all_others_is_no_licence() -> None:
    # With one enormous value t is always about 1 in size: the test never rejects, and falls out of the band below.
    listed = some_units(1_500)
    heavy = (10**12, *listed.values[1][1:])
    listed = UnitValues(listed.units, (listed.values[0], heavy, *listed.values[2:]), listed.denominators)

    rates = divide_again(METRICS, listed, SALTS[:500])

    assert not rates[1].is_sound


def test_few_units_are_refused() -> None:
    with pytest.raises(ValueError, match="99 units are too few"):
        divide_again(METRICS, some_units(99), SALTS)
