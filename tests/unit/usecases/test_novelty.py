"""Decision metrics by days since the exposure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from signpost.analysis.answers import Estimate
from signpost.analysis.results import AgePoint
from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.metric_catalogue import RETURN_7D, TIME_P50
from signpost.model.metrics import DAY_MS, Aggregation, Role, Window
from signpost.ports.events import SUCCESS_TYPE, Event
from signpost.testing.measured import SUCCESS
from signpost.usecases.novelty import AGES, derive_ages
from signpost.usecases.results import get_results
from tests.unit.usecases.house import HALVES, PASSKEY, PASSWORD, TENANT, House

PLAN = AnalysisPlan((SUCCESS, replace(SUCCESS, name="guard", role=Role.GUARDRAIL)))


def succeed(house: House, variation_id: str, at_ms: int, units: int, days: float) -> None:
    when = at_ms + round(days * DAY_MS)
    house.events.append(
        [Event(TENANT, SUCCESS_TYPE, when, b"{}", None, f"{variation_id} {at_ms} {number}") for number in range(units)]
    )


def ages_of(house: House) -> tuple[AgePoint, ...]:
    return get_results(house.call(), house.events, HALVES.id, is_whole=True).metrics[0].ages


def exposed() -> House:
    house = House(replace(HALVES, analysis_plan=PLAN))
    for variation_id in (PASSWORD, PASSKEY):
        house.expose(variation_id, 200, 0)
    return house


@pytest.mark.parametrize(
    "metric",
    [
        replace(SUCCESS, role=Role.GUARDRAIL),
        replace(SUCCESS, aggregation=Aggregation.COUNT),
        replace(SUCCESS, window=Window(DAY_MS, None)),
        replace(SUCCESS, window=Window(0, DAY_MS // 2)),
        replace(TIME_P50, role=Role.DECISION),
        replace(RETURN_7D, role=Role.DECISION),
    ],
)
def test_what_is_no_conversion_that_decides_has_no_ages(metric: object) -> None:
    assert derive_ages([metric]) == ()  # type: ignore[list-item]


def test_a_window_that_ends_early_has_the_ages_within_it() -> None:
    found = derive_ages([replace(SUCCESS, window=Window(0, 7 * DAY_MS))])

    assert [(m.window.start_ms // DAY_MS, (m.window.stop_ms or 0) // DAY_MS) for m in found] == [(0, 1), (1, 7)]
    assert {m.aggregation for m in found} == {Aggregation.RETENTION}


def test_an_age_has_a_value_once_it_is_over() -> None:
    house = exposed()
    house.clock.advance(timedelta(days=8))

    points = ages_of(house)

    assert [(p.from_day, p.to_day, p.units) for p in points] == [(0, 1, 400), (1, 7, 400), (7, 28, 0)]
    assert {p.variation_id for p in points} == {PASSKEY}
    assert len(points) == len(AGES)


def test_an_effect_that_wears_off_is_seen_to() -> None:
    house = House(replace(HALVES, analysis_plan=PLAN))
    for variation_id, first, later in ((PASSWORD, 80, 60), (PASSKEY, 160, 60)):
        at_ms = house.now_ms()
        house.expose(variation_id, 200, 0)
        exposed_ms = at_ms + 1
        succeed(house, variation_id, exposed_ms, first, 0.5)
        succeed(house, variation_id, exposed_ms, later, 3)
    house.clock.advance(timedelta(days=8))

    first_day, later_days, _ = ages_of(house)

    assert isinstance(first_day.absolute, Estimate)
    assert isinstance(later_days.absolute, Estimate)
    assert first_day.absolute.value == pytest.approx(0.4)
    assert later_days.absolute.value == pytest.approx(0)


def test_the_metrics_themselves_are_as_they_are_without_ages() -> None:
    house = exposed()
    house.clock.advance(timedelta(days=2))

    plain = get_results(house.call(), house.events, HALVES.id)
    whole = get_results(house.call(), house.events, HALVES.id, is_whole=True)

    assert [m.comparisons for m in plain.metrics] == [m.comparisons for m in whole.metrics]
    assert plain.metrics[0].ages == ()
