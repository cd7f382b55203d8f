"""What every adapter of the events ports must do, as tests to inherit.

class TestMyEvents(EventsContract):
@pytest.fixture
def events(self) -> Iterator[AllEvents]: ...
"""

import json
from collections.abc import Sequence
from typing import Protocol

import pytest
from hypothesis import HealthCheck

from signpost.ports.events import (
    EXPOSURE_TYPE,
    Attribution,
    Event,
    EventLog,
    EventSink,
    EventsRejectedError,
    LogEntry,
    LogSearch,
)

TENANT = "ten_one"
OTHER_TENANT = "ten_two"
EXPERIMENT = "exp_one"
SECONDS = 30
_ACCEPTED = (HealthCheck.function_scoped_fixture, HealthCheck.differing_executors)


class AllEvents(EventSink, EventLog, Protocol):
    """An adapter of both ports."""


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
    body: bytes | None = None,
) -> Event:
    """Return an event that is no exposure."""
    said = b'{"number":%d}' % number if body is None else body
    return Event(tenant_id, type, occurred_ms, said, event_id, unit, None, to)


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

    def test_reading_can_begin_at_a_moment(self, events: AllEvents) -> None:
        keep(events, an_event(1), an_event(2))
        (first, _) = events.after(TENANT, None, 10)

        assert numbers_in(events.after(TENANT, events.id_before(0), 10)) == [1, 2]
        kept_ms = int(first.log_id) >> 21  # the upper 42 of 63 bits
        assert numbers_in(events.after(TENANT, events.id_before(kept_ms), 10)) == [1, 2]
        assert numbers_in(events.after(TENANT, events.id_before(kept_ms + 1_000_000), 10)) == []

    def test_entries_are_searched_by_type_and_user(self, events: AllEvents) -> None:
        bodies = (("s", '"auth0|1"'), ("f", '"auth0|1"'), ("s", '"samlp|a/b"'), ("s", "7"), ("s", "null"))
        keep(
            events,
            *(
                Event(TENANT, type, 1, b'{"number":%d,"type":"%b","user_id":%b}' % (n, type.encode(), user.encode()))
                for n, (type, user) in enumerate(bodies)
            ),
            Event(OTHER_TENANT, "s", 1, b'{"number":9,"type":"s","user_id":"auth0|1"}'),
        )

        def found(search: LogSearch, most: int = 10, *, newest_first: bool = False) -> list[int]:
            return numbers_in(events.search(TENANT, search, most, newest_first=newest_first))

        assert found(LogSearch(type="s")) == [0, 2, 3, 4]
        assert found(LogSearch(type="s"), newest_first=True) == [4, 3, 2, 0]
        assert found(LogSearch(type="s"), 2, newest_first=True) == [4, 3]
        assert found(LogSearch(user_id="auth0|1")) == [0, 1]
        assert found(LogSearch("f", "auth0|1")) == [1]
        assert found(LogSearch(user_id="samlp|a/b")) == [2]
        assert found(LogSearch(user_id="7")) == []
        assert found(LogSearch(user_id="'; --")) == []

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
