"""Entries of Auth0's logs, made into events: in each wrapping, with and without a unit, and all that can be wrong."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from signpost.authlogs.entries import EntryReader, LogEntry
from signpost.authlogs.first_events import FirstEvents, make_exposure
from signpost.authlogs.moments import moment_of
from signpost.authlogs.parsing import BodyInvalidError
from signpost.authlogs.units import UnitFieldInvalidError, parse_unit_field
from signpost.ports.events import Attribution
from tests.unit.authlogs.logs import (
    EXPERIMENT,
    TREATMENT,
    Json,
    an_entry,
    assignment,
    bridged,
    gridded,
    log_id,
    streamed,
)

NOW = moment_of(datetime(2025, 6, 1, 15, tzinfo=UTC))


def read(value: Any, unit: str = "session") -> list[LogEntry | BodyInvalidError]:
    content = value if isinstance(value, bytes) else json.dumps(value).encode()
    return [*EntryReader("ten_1", parse_unit_field(unit)).read(content, NOW)]


def read_one(value: Any, unit: str = "session") -> LogEntry:
    (entry,) = read(value, unit)
    assert isinstance(entry, LogEntry), entry
    return entry


def test_an_outcome_belongs_to_what_it_says() -> None:
    event = read_one(an_entry(1)).event

    at_ms = 1_748_786_400_001
    assert event.attribution == Attribution(
        EXPERIMENT, TREATMENT, is_control=False, allocation_strategy="percentage", segment_id=None, unit="session-1",
        exposed_ms=at_ms, is_forced=False,
    )  # fmt: skip
    assert (event.type, event.occurred_ms, event.unit, event.is_exposure) == ("s", at_ms, "session-1", False)
    assert event.event_id == log_id(1)


def test_an_assignment_is_an_exposure() -> None:
    assert read_one(assignment(1, 1)).event.is_exposure


def test_the_body_stays_as_it_was_but_for_its_ids() -> None:
    sent = an_entry(1)

    kept = json.loads(read_one(sent).event.body)

    gone = {"log_id", "_id"}
    assert kept == {name: value for name, value in sent.items() if name not in gone} | {"event_id": log_id(1)}


@pytest.mark.parametrize("wrap", [streamed, bridged, gridded, lambda entry: {"detail": gridded(entry)}])
def test_what_is_wrapped_is_the_same_entry(wrap: Callable[[Json], Json]) -> None:
    assert read_one(wrap(an_entry(1))) == read_one(an_entry(1))


@pytest.mark.parametrize("name", ["logs", "records"])
def test_a_list_under_a_name_is_several_entries(name: str) -> None:
    entries = read({name: [an_entry(1), streamed(an_entry(2)), {"data": {}}]})

    assert [isinstance(entry, LogEntry) for entry in entries] == [True, True, False]


def test_the_id_around_an_entry_is_its_own_where_it_has_none() -> None:
    bare = an_entry(1, log_id=None, _id=None)

    assert read_one({"log_id": "900", "data": bare}).event.event_id == "900"
    assert read_one(bare).event.event_id == read_one(bare).event.event_id
    assert read_one(bare).event.event_id != read_one(bare | {"ip": "203.0.113.8"}).event.event_id


@pytest.mark.parametrize(
    ("unit", "changes", "found"),
    [
        ("session", {}, "session-1"),
        ("user", {}, "auth0|1"),
        ("device", {"device_id": "d"}, "d"),
        ("device", {"details": {"device_id": "d"}}, "d"),
        ("client_id", {}, "AaiyAPdpYdesoKnqjj8HJqRn4T5titww"),
        ("details.account.id", {"details": {"account": {"id": "a"}}}, "a"),
        ("user", {"unit": "own"}, "own"),
        ("session", {"session_id": "top"}, "top"),
        ("device", {}, None),
        ("user", {"user_id": ""}, None),
        ("user", {"user_id": 7}, None),
        ("user", {"user_id": "x" * 513}, None),
        ("details.account.id", {"details": {"account": []}}, None),
    ],
)
def test_the_unit_is_the_entrys_own_or_in_the_field_that_was_named(unit: str, changes: Json, found: str | None) -> None:
    assert read_one(an_entry(1, **changes), unit).event.unit == found


def test_an_entry_without_a_unit_is_kept_and_counts_for_nothing() -> None:
    entry = read_one(an_entry(1), "device")

    assert entry.experiment is not None
    assert (entry.event.attribution, entry.event.is_exposure) == (None, False)
    assert json.loads(entry.event.body)["details"]["experiment"]["experiment_id"] == EXPERIMENT


@pytest.mark.parametrize("text", ["", "a b", "a..b", "a.b.c.d.e.f", "é", "x" * 65])
def test_what_names_no_field_is_refused(text: str) -> None:
    with pytest.raises(UnitFieldInvalidError):
        parse_unit_field(text)


@pytest.mark.parametrize("said", ["exp", 7, [], {}, {"experiment_id": "", "variation_id": "v"}, {"experiment_id": "e"}])
def test_an_experiment_that_can_not_be_read_is_a_warning(said: object) -> None:
    entry = read_one(an_entry(1, details={"session_id": "s", "experiment": said}))

    assert entry.warning is not None
    assert (entry.experiment, entry.event.attribution, entry.event.unit) == (None, None, "s")


def test_an_early_entry_may_lack_the_strategy_and_have_more() -> None:
    said = {"experiment_id": "e", "variation_id": "v", "segment_id": "g", "config": {"x": {"value": 1}}}

    to = read_one(an_entry(1, details={"session_id": "s", "experiment": said})).event.attribution

    assert to is not None
    assert (to.allocation_strategy, to.segment_id, to.is_control) == ("segment", "g", False)


def test_no_experiment_is_no_warning() -> None:
    for details in (None, {}, {"experiment": None}):
        entry = read_one(an_entry(1, details=details))

        assert (entry.warning, entry.experiment) == (None, None)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"type": "s"}', "on property date"),
        (b'{"date": "2025-06-01"}', "on property type"),
        (b'{"type": "s", "date": "yesterday"}', "on property date"),
        (b'{"type": "s", "date": "2025-06-02T00:00:00Z"}', "in the future"),
        (b'{"type": "s", "date": 1780324800}', "before the year 2000"),
        (b'{"type": "s", "date": "2025-06-01", "n": NaN}', "not valid JSON"),
        (b'{"type": "s", "date": "2025-06-01", "n": -Infinity}', "not valid JSON"),
        (b'{"type": "s", "date": "2025-06-01", "n": 1e999}', "Invalid value"),
        (b'{"type": "s", "date": "2025-06-01", "n": "\\ud800"}', "not valid JSON"),
        (b'{"type": "s", "date": "2025-06-01", "n": "\xff"}', "UTF-8"),
        (b'{"type": "s", "date": "2025-06-01", "n": ' + b"[" * 70 + b"]" * 70 + b"}", "nested too deeply"),
        (b'{"type": "s", "date": "2025-06-01", "n": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", "nested too deeply"),
        (b'{"type": "s", "date": "2025-06-01", "n": "' + b"x" * 65_536 + b'"}', "over 65,536 bytes"),
        (b'{"data": ' * 100 + b"1" + b"}" * 100, "nested too deeply"),
        (b"7", "Expected object"),
    ],
)
def test_what_can_not_be_kept_says_why(content: bytes, message: str) -> None:
    (error,) = read(content)

    assert isinstance(error, BodyInvalidError)
    assert message in str(error)


def test_the_first_event_of_a_unit_becomes_its_exposure_once() -> None:
    found = FirstEvents()
    entries = [
        read_one(value).event for value in (an_entry(2, session=1), an_entry(3, session=1), an_entry(4, session=2))
    ]

    firsts = [found.find(event) for event in entries]

    assert [first is not None for first in firsts] == [True, False, True]
    assert firsts[0] is not None
    exposure = make_exposure("ten_1", firsts[0])
    assert (exposure.is_exposure, exposure.attribution) == (True, entries[0].attribution)
    assert (exposure.unit, exposure.occurred_ms) == (entries[0].unit, entries[0].occurred_ms)
    assert exposure.event_id == f"{log_id(2)}#exposure"


def test_an_earlier_event_that_comes_later_is_an_exposure_too() -> None:
    found = FirstEvents()

    firsts = [found.find(read_one(an_entry(number, session=1)).event) for number in (3, 2, 5)]

    assert [first is not None for first in firsts] == [True, True, False]


def test_assignments_and_what_belongs_to_nothing_are_no_first_events() -> None:
    found = FirstEvents()

    assert found.find(read_one(assignment(1, 1)).event) is None
    assert found.find(read_one(an_entry(1, details=None)).event) is None


def test_forgotten_units_only_get_more_exposures() -> None:
    found = FirstEvents(remembered_max=2)

    firsts = [found.find(read_one(an_entry(number, session=number % 3)).event) for number in range(9)]

    assert sum(first is not None for first in firsts) >= 3
