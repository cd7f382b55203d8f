"""What every adapter that measures must do, as tests to inherit.

class TestMyMeasures(MeasuresContract):
@pytest.fixture
def events(self) -> Iterator[MeasuredEvents]: ...
"""

import itertools
import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signpost.analysis.cells import Cell, Sums
from signpost.model.experiments import Subject
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.model.metrics import (
    Aggregation,
    Direction,
    FieldCondition,
    Metric,
    Selection,
    Window,
)
from signpost.ports.events import EXPOSURE_TYPE, LINK_TYPE, SUCCESS_TYPE, Event, EventSink
from signpost.ports.measurements import Health, Measurement, Measures, Question
from signpost.testing.events_contract import EXPERIMENT, TENANT, an_attribution, an_event, an_exposure, keep

_ACCEPTED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)
_tenants = itertools.count()

SUCCESS = Metric("success", "", Aggregation.CONVERSION, Selection((SUCCESS_TYPE,)), Direction.INCREASE)
BY_PASSKEY = Selection((SUCCESS_TYPE,), (FieldCondition("details.method", ("passkey", "true")),))
METRICS = (
    SUCCESS,
    replace(SUCCESS, name="by_passkey", events=BY_PASSKEY),
    replace(SUCCESS, name="seconds", aggregation=Aggregation.SUM, field="details.seconds"),
    replace(SUCCESS, name="time", aggregation=Aggregation.DURATION, base=Selection(("f",))),
    replace(SUCCESS, name="median", aggregation=Aggregation.QUANTILE, quantile=0.5),
    replace(SUCCESS, name="quick", window=Window(0, 3)),
)
QUESTION = Question(EXPERIMENT, (SUCCESS,), as_of_ms=1_000_000)
RICH = Question(
    EXPERIMENT,
    METRICS,
    as_of_ms=11,
    phases=(5,),
    dimensions=("connection",),
    cluster="organization_id",
)


class MeasuredEvents(EventSink, Measures, Protocol):
    """An adapter of both ports."""


class MeasuresContract:
    """The contract."""

    def test_nothing_is_measured_as_nothing(self, events: MeasuredEvents) -> None:
        measured = events.measure(TENANT, RICH)

        assert (measured.cells, measured.health) == ((), Health({}, {}, None, None))

    def test_an_event_exposes_no_unit(self, events: MeasuredEvents) -> None:
        keep(events, an_event(unit="unit-1", to=an_attribution()))

        assert events.measure(TENANT, QUESTION).cells == ()

    def test_a_unit_counts_once_with_its_first_exposure(self, events: MeasuredEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("one", exposed_ms=50)),
            an_exposure(an_attribution("one", exposed_ms=10)),
            an_event(type=SUCCESS_TYPE, occurred_ms=10, unit="one"),
            an_exposure(an_attribution("two", exposed_ms=20)),
            an_event(type=SUCCESS_TYPE, occurred_ms=19, unit="two"),
            an_event(type="f", occurred_ms=30, unit="two"),
        )

        measured = events.measure(TENANT, QUESTION)

        assert measured.cells == (a_cell("var_a", 2, 1),)
        assert (measured.health.first_exposure_ms, measured.health.last_exposure_ms) == (10, 50)

    def test_a_unit_in_two_variations_is_in_no_cell(self, events: MeasuredEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("one", "var_a", 10)),
            an_exposure(an_attribution("one", "var_b", 20)),
            an_exposure(an_attribution("two", "var_b", 30)),
            an_event(type=SUCCESS_TYPE, occurred_ms=40, unit="one"),
        )

        measured = events.measure(TENANT, QUESTION)

        assert measured.cells == (a_cell("var_b", 1, 0),)
        assert measured.health.drifted == {"var_a": 1}

    def test_what_was_forced_is_in_no_cell(self, events: MeasuredEvents) -> None:
        forced = an_attribution("one", "var_b", 5, is_forced=True)
        keep(
            events,
            an_exposure(forced),
            an_exposure(an_attribution("one", "var_a", 10)),
            an_event(type=SUCCESS_TYPE, occurred_ms=20, unit="one", to=forced),
        )

        measured = events.measure(TENANT, QUESTION)

        assert measured.cells == (a_cell("var_a", 1, 0),)
        assert measured.health.forced == {"var_b": 1}

    def test_an_account_s_outcomes_are_its_own_on_whatever_device(self, events: MeasuredEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("a1", "var_a", 10)),
            an_exposure(an_attribution("a2", "var_b", 10)),
            an_exposure(an_attribution("a3", "var_b", 10)),
            a_link("d1", "a1", "d1", 12),
            a_link("d2", "a2", "d2", 12),
            a_link("d2", "a3", "d2", 13),
            an_event(type=SUCCESS_TYPE, occurred_ms=20, unit=None, body=b'{"user_id":"a2"}'),
            an_event(type=SUCCESS_TYPE, occurred_ms=20, unit="d1"),
            an_event(type=SUCCESS_TYPE, occurred_ms=20, unit="d2"),
        )

        measured = events.measure(TENANT, replace(QUESTION, subject=Subject.ACCOUNT))

        assert measured.cells == (a_cell("var_a", 1, 1), a_cell("var_b", 2, 1))
        assert events.measure(TENANT, QUESTION).cells == (a_cell("var_a", 1, 0), a_cell("var_b", 2, 0))

    def test_what_happens_on_a_second_device_is_the_first_touch_s(self, events: MeasuredEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("d1", "var_a", 10)),
            a_link("d1", "a1", "d1", 12),
            a_link("d2", "a1", "d1", 15),
            an_exposure(an_attribution("d3", "var_b", 10)),
            an_event(type=SUCCESS_TYPE, occurred_ms=20, unit="d2"),
            an_event(type=SUCCESS_TYPE, occurred_ms=21, unit=None, body=b'{"user_id":"a1"}'),
        )

        measured = events.measure(TENANT, replace(QUESTION, subject=Subject.FIRST_TOUCH))

        assert measured.cells == (a_cell("var_a", 1, 1), a_cell("var_b", 1, 0))
        assert events.list_units(TENANT, replace(QUESTION, subject=Subject.FIRST_TOUCH)).units == ("d1", "d3")

    def test_an_account_that_saw_another_variation_before_its_sign_in_has_drifted(self, events: MeasuredEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("d1", "var_a", 10)),
            a_link("d1", "a1", "d1", 12),
            an_exposure(an_attribution("d2", "var_b", 14)),
            a_link("d2", "a1", "d1", 15),
            an_exposure(an_attribution("d1", "var_a", 16)),
        )

        measured = events.measure(TENANT, replace(QUESTION, subject=Subject.FIRST_TOUCH))

        assert measured.cells == ()
        assert measured.health.drifted == {"var_a": 1}
        as_known_then = events.measure(TENANT, replace(QUESTION, subject=Subject.FIRST_TOUCH, as_of_ms=14))
        assert as_known_then.cells == (a_cell("var_a", 1, 0), a_cell("var_b", 1, 0))

    def test_a_success_counts_for_every_experiment_of_its_unit(self, events: MeasuredEvents) -> None:
        other = an_attribution("one", "var_x", 20, experiment_id="exp_other")
        keep(
            events,
            an_exposure(an_attribution("one", "var_a", 10)),
            an_exposure(other),
            an_event(type=SUCCESS_TYPE, occurred_ms=30, unit="one", to=other),
        )

        assert events.measure(TENANT, QUESTION).cells == (a_cell("var_a", 1, 1),)
        elsewhere = replace(QUESTION, experiment_id="exp_other")
        assert events.measure(TENANT, elsewhere).cells == (a_cell("var_x", 1, 1),)

    def test_the_variations_of_an_experiment_are_known_by_its_exposures(self, events: MeasuredEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("one", "var_b")),
            an_exposure(an_attribution("two", "var_a")),
            an_exposure(an_attribution("two", "var_x", experiment_id="exp_other")),
            an_exposure(an_attribution("two", "var_y"), tenant_id="ten_two"),
        )

        assert events.find_arms(TENANT, EXPERIMENT) == {"var_a": True, "var_b": False}
        assert events.find_arms(TENANT, "exp_unknown") == {}

    def test_a_tenant_s_units_are_its_own(self, events: MeasuredEvents) -> None:
        keep(events, an_exposure(tenant_id="ten_two"), an_event(type=SUCCESS_TYPE, tenant_id="ten_two", unit="unit-1"))

        assert events.measure(TENANT, QUESTION).cells == ()

    @given(st.data(), st.integers(0, 13))
    @settings(max_examples=20, deadline=None, suppress_health_check=_ACCEPTED)
    def test_a_holdout_is_measured_against_all_experiments(
        self, events: MeasuredEvents, data: st.DataObject, since_ms: int
    ) -> None:
        tenant_id = f"ten_m{next(_tenants)}"
        kept = data.draw(st.lists(random_events(tenant_id, (EXPERIMENT, "exp_other", HOLDOUT)), max_size=24))
        keep(events, *kept)

        measured = events.measure(tenant_id, replace(QUESTION, experiment_id=HOLDOUT, since_ms=since_ms))

        assert_counted_naively(measured, [as_of_one_experiment(event, since_ms) for event in kept])

    @given(st.data())
    @settings(max_examples=40, deadline=None, suppress_health_check=_ACCEPTED)
    def test_the_sums_are_those_of_a_naive_count(self, events: MeasuredEvents, data: st.DataObject) -> None:
        tenant_id = f"ten_m{next(_tenants)}"
        batches = data.draw(st.lists(st.lists(random_events(tenant_id), max_size=12), max_size=4))
        for batch in batches:
            keep(events, *batch)

        measured = events.measure(tenant_id, QUESTION)

        assert_counted_naively(measured, [event for batch in batches for event in batch])

    @given(st.data())
    @settings(max_examples=40, deadline=None, suppress_health_check=_ACCEPTED)
    def test_every_kind_of_metric_is_measured_as_it_is_in_memory(
        self, events: MeasuredEvents, in_memory: MeasuredEvents, data: st.DataObject
    ) -> None:
        tenant_id = f"ten_m{next(_tenants)}"
        batches = data.draw(st.lists(st.lists(random_events(tenant_id), max_size=12), max_size=4))
        for batch in batches:
            keep(events, *batch)
            keep(in_memory, *batch)

        measured = events.measure(tenant_id, RICH)

        assert measured == in_memory.measure(tenant_id, RICH)
        assert events.list_units(tenant_id, RICH) == in_memory.list_units(tenant_id, RICH)

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        """Return the adapter that walks through the rows."""
        raise NotImplementedError


def a_link(device_id: str, account_id: str, unit: str, at_ms: int) -> Event:
    """Return the event of a link."""
    body = json.dumps({"user_id": account_id, "details": {"link": {"unit": unit}}}).encode()
    return an_event(type=LINK_TYPE, occurred_ms=at_ms, unit=device_id, body=body)


def a_cell(variation_id: str, units: int, successes: int) -> Cell:
    """Return the cell of units that were exposed on the first day of all."""
    return Cell(variation_id, 0, 0, is_automated=False, units=units, sums=(Sums(units, successes, successes),))


@st.composite
def random_events(
    draw: st.DrawFn, tenant_id: str, experiments: Sequence[str] = (EXPERIMENT, EXPERIMENT, "exp_other")
) -> Event:
    """Draw an event of a few units, arms, times and senders' ids, so that everything collides with everything."""
    unit = draw(st.sampled_from(["u1", "u2", "u3", "u4", "Ü"]))
    at_ms = draw(st.integers(1, 12))
    to = an_attribution(
        unit,
        draw(st.sampled_from(["var_a", "var_a", "var_b"])),
        at_ms,
        experiment_id=draw(st.sampled_from(experiments)),
        is_forced=draw(st.integers(0, 5)) == 0,
    )
    event_id = draw(st.sampled_from([None, None, "id1", "id2"]))
    body = json.dumps(draw(_bodies)).encode()
    if draw(st.booleans()):
        return Event(tenant_id, EXPOSURE_TYPE, at_ms, body, event_id, unit, None, to, is_exposure=True)
    type = draw(st.sampled_from(["s", "s", "f", "limit_mu"]))
    owner, attributed = draw(st.sampled_from([unit, None])), draw(st.sampled_from([to, None]))
    return Event(tenant_id, type, at_ms, body, event_id, owner, None, attributed)


_bodies = st.fixed_dictionaries(
    {},
    optional={
        "connection": st.sampled_from(["db", "google", "", 7]),
        "organization_id": st.sampled_from(["org_1", "org_2", None]),
        "details": st.one_of(
            st.none(),
            st.just(["no object"]),
            st.fixed_dictionaries(
                {},
                optional={
                    "method": st.sampled_from(["passkey", "password", True, 3, None, ["passkey"]]),
                    "seconds": st.sampled_from([0, 1, 2.5, 1e3, -1, True, "5", 10**12, 10**12 + 1, None]),
                },
            ),
        ),
    },
)


def as_of_one_experiment(event: Event, since_ms: int) -> Event:
    """Return the event as it were if being held out and being in any experiment were two variations of one."""
    to = event.attribution
    if not event.is_exposure or to is None:
        return event
    arm = HOLDOUT if to.experiment_id == HOLDOUT else EXPERIMENTS
    one = to._replace(variation_id=arm, experiment_id=EXPERIMENT if event.occurred_ms >= since_ms else "too early")
    return event._replace(attribution=one)


def assert_counted_naively(measured: Measurement, events: Sequence[Event]) -> None:
    """Compare with the slow and obvious way: unit after unit over one list."""
    known: set[str] = set()
    once: list[Event] = []
    for event in events:
        if event.event_id is None or event.event_id not in known:
            once.append(event)
        if event.event_id is not None:
            known.add(event.event_id)
    exposures = [e for e in once if e.is_exposure and e.attribution and e.attribution.experiment_id == EXPERIMENT]
    counted = [e for e in exposures if e.attribution and not e.attribution.is_forced]
    units: dict[str, tuple[int, int]] = {}
    drifted = 0
    for unit in {e.unit for e in counted}:
        own = [e for e in counted if e.unit == unit]
        arms = {e.attribution.variation_id for e in own if e.attribution}
        if len(arms) > 1:
            drifted += 1
            continue
        since_ms = min(e.occurred_ms for e in own)
        later = [e for e in once if e.unit == unit and e.occurred_ms >= since_ms and not e.is_exposure]
        is_success = any(e.type == "s" and not (e.attribution and e.attribution.is_forced) for e in later)
        (arm,) = arms
        before = units.get(arm, (0, 0))
        units[arm] = before[0] + 1, before[1] + is_success
    cells: dict[str, tuple[int, int]] = {}
    for cell in measured.cells:
        before = cells.get(cell.variation_id, (0, 0))
        cells[cell.variation_id] = before[0] + cell.units, before[1] + cell.sums[0].x
    times = [e.occurred_ms for e in counted]
    assert cells == units
    assert sum(measured.health.drifted.values()) == drifted
    assert sum(measured.health.forced.values()) >= len(exposures) - len(counted)
    assert measured.health.first_exposure_ms == min(times, default=None)
    assert measured.health.last_exposure_ms == max(times, default=None)
