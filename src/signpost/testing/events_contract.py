"""What every adapter of the events ports must do, as tests to inherit.

class TestMyEvents(EventsContract):
@pytest.fixture
def events(self) -> Iterator[AllEvents]: ...
"""

import itertools
import json
from collections.abc import Sequence
from typing import Protocol

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.ports.events import (
    EXPOSURE_TYPE,
    SUCCESS_TYPE,
    Aggregates,
    Attribution,
    Cell,
    Event,
    EventLog,
    EventSink,
    EventsRejectedError,
    ExperimentSums,
    LogEntry,
)

TENANT = "ten_one"
OTHER_TENANT = "ten_two"
EXPERIMENT = "exp_one"
SECONDS = 30
_ACCEPTED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)


class AllEvents(EventSink, EventLog, Aggregates, Protocol):
    """An adapter of all three ports."""


def an_attribution(
    unit: str = "unit-1",
    variation_id: str = "var_a",
    exposed_ms: int = 1_000,
    *,
    experiment_id: str = EXPERIMENT,
    is_forced: bool = False,
    segment_id: str | None = None,
) -> Attribution:
    """Return an attribution to a percentage experiment."""
    return Attribution(
        experiment_id, variation_id, variation_id == "var_a", "percentage", segment_id, unit, exposed_ms, is_forced
    )


def an_exposure(to: Attribution | None = None, *, session_id: str | None = None, tenant_id: str = TENANT) -> Event:
    """Return the exposure that the attribution speaks of."""
    to = to or an_attribution()
    return Event(
        tenant_id, EXPOSURE_TYPE, to.exposed_ms, b'{"type":"exposure"}', None, to.unit, session_id, to, is_exposure=True
    )


def an_event(
    number: int = 0,
    *,
    type: str = "f",
    occurred_ms: int = 2_000,
    tenant_id: str = TENANT,
    event_id: str | None = None,
    unit: str | None = None,
    to: Attribution | None = None,
) -> Event:
    """Return an event that is no exposure."""
    return Event(tenant_id, type, occurred_ms, b'{"number":%d}' % number, event_id, unit, None, to)


def numbers_in(entries: Sequence[LogEntry]) -> list[int]:
    """Return what `an_event` was given, from the bodies."""
    return [json.loads(entry.body)["number"] for entry in entries]


def keep(events: EventSink, *batch: Event) -> int:
    """Append and wait; return how many were new."""
    return events.append(batch).result(SECONDS)


class EventsContract:
    """Needs a fixture `events`: an empty adapter."""

    def test_appending_tells_how_many_were_new(self, events: AllEvents) -> None:
        assert keep(events, an_event(1), an_event(2)) == 2
        assert keep(events) == 0

    def test_a_sender_s_id_counts_once(self, events: AllEvents) -> None:
        first = keep(events, an_event(1, event_id="a"), an_event(2, event_id="a"), an_event(3, event_id="b"))
        second = keep(events, an_event(4, event_id="b"), an_event(5, event_id="c"), an_event(6))

        assert (first, second) == (2, 2)
        assert numbers_in(events.after(TENANT, None, 10)) == [1, 3, 5, 6]

    def test_a_sender_s_id_is_the_tenant_s_own(self, events: AllEvents) -> None:
        assert keep(events, an_event(1, event_id="a"), an_event(2, event_id="a", tenant_id=OTHER_TENANT)) == 2

    def test_batches_queued_together_are_told_apart(self, events: AllEvents) -> None:
        pending = [events.append([an_event(1, event_id="a"), an_event(2, event_id=f"own-{n}")]) for n in range(20)]

        assert [future.result(SECONDS) for future in pending] == [2] + [1] * 19

    def test_a_batch_that_cannot_be_kept_is_refused_whole(self, events: AllEvents) -> None:
        good = events.append([an_event(1)])
        bad = events.append([an_event(2), an_event(3, unit="\ud800")])
        also_good = events.append([an_event(4)])

        assert (good.result(SECONDS), also_good.result(SECONDS)) == (1, 1)
        with pytest.raises(EventsRejectedError):
            bad.result(SECONDS)
        assert numbers_in(events.after(TENANT, None, 10)) == [1, 4]

    def test_closed_events_refuse_more(self, events: AllEvents) -> None:
        accepted = [events.append([an_event(number)]) for number in range(100)]

        events.close()
        events.close()

        assert all(future.result(0) == 1 for future in accepted)
        with pytest.raises(EventsRejectedError):
            events.append([an_event()]).result(SECONDS)

    def test_thousands_of_events_fit_one_batch(self, events: AllEvents) -> None:
        count = keep(events, *(an_event(number) for number in range(5_000)))

        assert count == events.count(TENANT) == 5_000
        assert numbers_in(events.after(TENANT, None, 5_000)) == list(range(5_000))

    def test_an_entry_shows_its_id(self, events: AllEvents) -> None:
        keep(events, an_event(7))

        (entry,) = events.after(TENANT, None, 1)

        assert entry.log_id.isdigit()
        assert json.loads(entry.body) == {"log_id": entry.log_id, "_id": entry.log_id, "number": 7}

    def test_an_empty_body_shows_its_id_too(self, events: AllEvents) -> None:
        keep(events, Event(TENANT, "f", 1, b"{}"))

        (entry,) = events.after(TENANT, None, 1)

        assert json.loads(entry.body) == {"log_id": entry.log_id, "_id": entry.log_id}

    def test_nothing_is_there_before_something_is_kept(self, events: AllEvents) -> None:
        assert events.after(TENANT, None, 10) == events.page(TENANT, 0, 10, newest_first=True) == ()
        assert events.count(TENANT) == 0
        assert events.get(TENANT, "0" * 19) is None
        assert events.latest_attribution(TENANT, session_id="s", unit="u") is None
        assert events.sum_experiment(TENANT, EXPERIMENT) == ExperimentSums((), 0, 0, None, None)

    def test_walking_by_log_id_sees_everything_once(self, events: AllEvents) -> None:
        seen: list[int] = []
        position = None
        for start in range(0, 60, 20):
            keep(events, *(an_event(number) for number in range(start, start + 20)))
            while entries := events.after(TENANT, position, 7):
                seen += numbers_in(entries)
                position = entries[-1].log_id

        assert seen == list(range(60))

    def test_log_ids_sort_as_text(self, events: AllEvents) -> None:
        keep(events, *(an_event(number) for number in range(50)))

        log_ids = [entry.log_id for entry in events.after(TENANT, None, 50)]

        assert sorted(set(log_ids)) == log_ids
        assert {len(log_id) for log_id in log_ids} == {19}

    @pytest.mark.parametrize("text", ["", "1", "x" * 19, "９" * 19, "9" * 19, "-" + "1" * 18])
    def test_a_position_that_is_no_log_id_is_refused(self, events: AllEvents, text: str) -> None:
        keep(events, an_event())

        with pytest.raises(ValueError, match="log id"):
            events.after(TENANT, text, 1)
        assert events.get(TENANT, text) is None

    def test_pages_go_in_either_direction(self, events: AllEvents) -> None:
        keep(events, *(an_event(number) for number in range(10)))

        assert numbers_in(events.page(TENANT, 1, 4, newest_first=False)) == [4, 5, 6, 7]
        assert numbers_in(events.page(TENANT, 2, 4, newest_first=True)) == [1, 0]
        assert events.page(TENANT, 3, 4, newest_first=True) == ()

    def test_a_tenant_sees_its_own_only(self, events: AllEvents) -> None:
        keep(events, an_event(1), an_event(2, tenant_id=OTHER_TENANT), an_exposure(tenant_id=OTHER_TENANT))

        (entry,) = events.after(TENANT, None, 10)

        assert numbers_in([entry]) == [1]
        assert events.count(TENANT) == 1
        assert numbers_in(events.page(TENANT, 0, 10, newest_first=True)) == [1]
        assert events.get(TENANT, entry.log_id) == entry
        assert events.get(OTHER_TENANT, entry.log_id) is None
        assert events.latest_attribution(TENANT, session_id=None, unit="unit-1") is None
        assert events.sum_experiment(TENANT, EXPERIMENT).cells == ()

    def test_the_session_is_asked_before_the_unit(self, events: AllEvents) -> None:
        of_session = an_attribution("unit-1", "var_a", 1)
        of_unit = an_attribution("unit-1", "var_b", 2)
        keep(events, an_exposure(of_session, session_id="s"), an_exposure(of_unit))

        assert events.latest_attribution(TENANT, session_id="s", unit="unit-1") == of_session
        assert events.latest_attribution(TENANT, session_id="other", unit="unit-1") == of_unit
        assert events.latest_attribution(TENANT, session_id=None, unit="unit-1") == of_unit
        assert events.latest_attribution(TENANT, session_id="unit-1", unit="s") is None
        assert events.latest_attribution(TENANT, session_id=None, unit=None) is None

    def test_the_newest_exposure_wins_and_is_seen_at_once(self, events: AllEvents) -> None:
        for number in range(10):
            newest = an_attribution("unit-1", f"var_{number}", 1_000 + number, is_forced=number == 9, segment_id="seg")
            keep(events, an_exposure(newest), an_exposure(an_attribution(f"unit-{number + 2}")))

            assert events.latest_attribution(TENANT, session_id=None, unit="unit-1") == newest

    def test_an_exposure_after_the_event_is_passed_over(self, events: AllEvents) -> None:
        early, late = (
            an_attribution(variation_id="var_a", exposed_ms=10),
            an_attribution(variation_id="var_b", exposed_ms=20),
        )
        keep(events, an_exposure(early, session_id="s"), an_exposure(late, session_id="s"))

        found = [
            events.latest_attribution(TENANT, session_id="s", unit=None, before_ms=before_ms)
            for before_ms in (9, 10, 19, 20)
        ]

        assert found == [None, early, early, late]

    def test_an_event_is_no_exposure(self, events: AllEvents) -> None:
        keep(events, an_event(unit="unit-1", to=an_attribution()))

        assert events.latest_attribution(TENANT, session_id=None, unit="unit-1") is None
        assert events.sum_experiment(TENANT, EXPERIMENT).cells == ()

    def test_a_unit_counts_once_with_its_first_exposure(self, events: AllEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("one", exposed_ms=50)),
            an_exposure(an_attribution("one", exposed_ms=10)),
            an_event(type=SUCCESS_TYPE, occurred_ms=10, unit="one"),
            an_exposure(an_attribution("two", exposed_ms=20)),
            an_event(type=SUCCESS_TYPE, occurred_ms=19, unit="two"),
            an_event(type="f", occurred_ms=30, unit="two"),
        )

        sums = events.sum_experiment(TENANT, EXPERIMENT)

        assert sums == ExperimentSums((Cell("var_a", 2, 1),), 0, 0, 10, 50)

    def test_a_unit_in_two_variations_is_in_no_cell(self, events: AllEvents) -> None:
        keep(
            events,
            an_exposure(an_attribution("one", "var_a", 10)),
            an_exposure(an_attribution("one", "var_b", 20)),
            an_exposure(an_attribution("two", "var_b", 30)),
            an_event(type=SUCCESS_TYPE, occurred_ms=40, unit="one"),
        )

        assert events.sum_experiment(TENANT, EXPERIMENT) == ExperimentSums((Cell("var_b", 1, 0),), 1, 0, 10, 30)

    def test_what_was_forced_is_in_no_cell(self, events: AllEvents) -> None:
        forced = an_attribution("one", "var_b", 5, is_forced=True)
        keep(
            events,
            an_exposure(forced),
            an_exposure(an_attribution("one", "var_a", 10)),
            an_event(type=SUCCESS_TYPE, occurred_ms=20, unit="one", to=forced),
        )

        assert events.sum_experiment(TENANT, EXPERIMENT) == ExperimentSums((Cell("var_a", 1, 0),), 0, 1, 10, 10)

    def test_a_success_counts_for_every_experiment_of_its_unit(self, events: AllEvents) -> None:
        other = an_attribution("one", "var_x", 20, experiment_id="exp_other")
        keep(
            events,
            an_exposure(an_attribution("one", "var_a", 10)),
            an_exposure(other),
            an_event(type=SUCCESS_TYPE, occurred_ms=30, unit="one", to=other),
        )

        assert events.sum_experiment(TENANT, EXPERIMENT).cells == (Cell("var_a", 1, 1),)
        assert events.sum_experiment(TENANT, "exp_other").cells == (Cell("var_x", 1, 1),)

    @given(st.data(), st.integers(0, 13))
    @settings(max_examples=30, deadline=None, suppress_health_check=_ACCEPTED)
    def test_a_holdout_is_summed_against_all_experiments(
        self, events: AllEvents, data: st.DataObject, since_ms: int
    ) -> None:
        tenant_id = f"ten_{next(_tenants)}"
        kept = data.draw(st.lists(random_events(tenant_id, (EXPERIMENT, "exp_other", HOLDOUT)), max_size=24))
        keep(events, *kept)

        sums = events.sum_holdout(tenant_id, since_ms)

        assert sums == count_naively([as_of_one_experiment(event, since_ms) for event in kept])

    @given(st.data())
    @settings(max_examples=60, deadline=None, suppress_health_check=_ACCEPTED)
    def test_the_sums_are_those_of_a_naive_count(self, events: AllEvents, data: st.DataObject) -> None:
        tenant_id = f"ten_{next(_tenants)}"
        batches = data.draw(st.lists(st.lists(random_events(tenant_id), max_size=12), max_size=4))
        for batch in batches:
            keep(events, *batch)

        sums = events.sum_experiment(tenant_id, EXPERIMENT)

        assert sums == count_naively([event for batch in batches for event in batch])


_tenants = itertools.count()


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
    if draw(st.booleans()):
        return Event(tenant_id, EXPOSURE_TYPE, at_ms, b"{}", event_id, unit, None, to, is_exposure=True)
    kind = draw(st.sampled_from(["s", "s", "f"]))
    return Event(
        tenant_id,
        kind,
        at_ms,
        b"{}",
        event_id,
        draw(st.sampled_from([unit, None])),
        None,
        draw(st.sampled_from([to, None])),
    )


def as_of_one_experiment(event: Event, since_ms: int) -> Event:
    """Return the event as it were if being held out and being in any experiment were two variations of one."""
    to = event.attribution
    if not event.is_exposure or to is None:
        return event
    arm = HOLDOUT if to.experiment_id == HOLDOUT else EXPERIMENTS
    one = to._replace(variation_id=arm, experiment_id=EXPERIMENT if event.occurred_ms >= since_ms else "too early")
    return event._replace(attribution=one)


def count_naively(events: Sequence[Event], experiment_id: str = EXPERIMENT) -> ExperimentSums:
    """Return the sums by the slow and obvious way: unit after unit over one list."""
    known: set[str] = set()
    once: list[Event] = []
    for event in events:
        if event.event_id is None or event.event_id not in known:
            once.append(event)
        if event.event_id is not None:
            known.add(event.event_id)
    exposures = [e for e in once if e.is_exposure and e.attribution and e.attribution.experiment_id == experiment_id]
    counted = [e for e in exposures if e.attribution and not e.attribution.is_forced]
    exposed: dict[str, int] = {}
    successes: dict[str, int] = {}
    drifted = 0
    for unit in {e.unit for e in counted}:
        own = [e for e in counted if e.unit == unit]
        arms = {e.attribution.variation_id for e in own if e.attribution}
        if len(arms) > 1:
            drifted += 1
            continue
        (arm,) = arms
        since = min(e.occurred_ms for e in own)
        is_success = any(
            e.type == "s"
            and e.unit == unit
            and e.occurred_ms >= since
            and not (e.attribution and e.attribution.is_forced)
            for e in once
        )
        exposed[arm] = exposed.get(arm, 0) + 1
        successes[arm] = successes.get(arm, 0) + is_success
    times = [e.occurred_ms for e in counted]
    cells = tuple(Cell(arm, exposed[arm], successes[arm]) for arm in sorted(exposed))
    return ExperimentSums(
        cells, drifted, len(exposures) - len(counted), min(times, default=None), max(times, default=None)
    )
