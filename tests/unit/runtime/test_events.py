"""Auth events over HTTP: taken in any form, tied to their experiments, kept once."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signpost.model.ids import IdKind, encode_id
from signpost.runtime.app import EVENTS_PATH
from signpost.testing.builders import an_experiment
from signpost.testing.measured import count
from tests.unit.runtime.conftest import House, halves
from tests.unit.runtime.test_decisions import FullEvents

NDJSON = [(b"content-type", b"application/x-ndjson; charset=utf-8")]


def test_an_event_is_kept_as_it_was_sent(house: House) -> None:
    sent = {
        "type": "s",
        "date": "2025-12-31T23:59:59.120Z",
        "client_id": None,
        "user_id": "auth0|1",
        "details": {"prompts": [{"elapsedTime": 1.50, "big": 2**70}], "empty": {}},
        "scope": ["a", "b"],
        "isMobile": False,
    }

    reply = house.tell(sent)

    assert reply == {"accepted": 1, "duplicates": 0, "rejected": []}
    (entry,) = house.log()
    assert {name: value for name, value in entry.items() if name not in {"log_id", "_id"}} == sent


def test_numbers_stay_as_they_were_written(house: House) -> None:
    house.tell(b'{"type": "s", "n": 1.10, "m": 1E5, "o": 12345678901234567890123}')

    (entry,) = house.events.after(house.first.id, None, 1)

    assert b'"n":1.10,"m":1E5,"o":12345678901234567890123' in entry.body.replace(b" ", b"")


@pytest.mark.parametrize(
    ("body", "more", "count"),
    [
        (b'{"type": "s"}', (), 1),
        (b'\n {\n "type":\n "s"\n}\n', (), 1),
        (b'[{"type": "s"}, {"type": "f"}]', (), 2),
        (b"[]", (), 0),
        (b'{"type": "s"}\n{"type": "f"}', (), 2),
        (b'{"type": "s"}\r\n\r\n{"type": "f"}\r\n', (), 2),
        (b'{"type": "s"}\n{"type": "f"}\n', NDJSON, 2),
        (b'{"type": "s"}', NDJSON, 1),
    ],
)
def test_events_come_as_one_as_an_array_or_as_lines(house: House, body: bytes, more: Any, count: int) -> None:
    reply = house.tell(body, more=more)

    assert reply == {"accepted": count, "duplicates": 0, "rejected": []}


def test_bad_lines_are_told_by_number_and_good_ones_kept(house: House) -> None:
    lines = [
        b'{"type": "s", "n": 1}',
        b"",
        b"nonsense",
        b'{"n": 4}',
        b'{"type": "f", "n": 5}',
        b'"text"',
        b'{"type": 7}',
    ]

    reply = house.tell(b"\n".join(lines))

    assert reply["accepted"] == 2
    assert [problem["line"] for problem in reply["rejected"]] == [3, 4, 6, 7]
    assert reply["rejected"][1]["message"] == "'Required property is missing' on property type"
    assert [entry["n"] for entry in house.log()] == [1, 5]


def test_bad_items_of_an_array_are_told_by_place(house: House) -> None:
    reply = house.tell([{"type": "s"}, {"type": ""}, 7, {"type": "f", "details": []}, {"type": "f", "details": 3}])

    assert [problem["line"] for problem in reply["rejected"]] == [2, 3, 5]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "got nothing"),
        (b" \n", "got nothing"),
        (b"[1, 2", "not valid JSON"),
        (b"7", "no event could be accepted: line 1: 'Expected object, got integer'"),
        (b'{"type": "s", "date": "yesterday"}', "on property date"),
        (b'{"type": "s", "unit": ["u"]}', "on property unit"),
        (b'{"type": "s", "x": ' + b"[" * 70 + b"]" * 70 + b"}", "nested too deeply"),
        (b'{"type": "s", "x": ' + b"[" * 60_000, "line 1: "),
        (b'{"type": "s", "x": "%b"}' % (b"x" * 65_536), "over 65,536 bytes"),
        (b'{"type": "\xff"}', "not valid UTF-8"),
        (b'{"type": "s", "x": 1e999}', "line 1: "),
        (json.dumps([{"type": "s"}] * 1_001).encode(), "At most 1,000 events"),
    ],
)
def test_where_nothing_can_be_kept_the_status_says_so(house: House, body: bytes, message: str) -> None:
    reply = house.send(EVENTS_PATH, body)

    assert (reply.status, reply.json["errorCode"]) == (400, "invalid_body")
    assert message in reply.json["message"]
    assert house.log() == []


def test_the_same_id_counts_once_under_any_of_its_names(house: House) -> None:
    first = house.tell(
        [{"type": "s", "log_id": "a", "n": 1}, {"type": "s", "_id": "b"}, {"type": "s", "event_id": "c"}]
    )
    again = house.tell(
        [{"type": "s", "_id": "a", "n": 2}, {"type": "s", "log_id": "b", "event_id": "c"}, {"type": "s"}]
    )

    assert first == {"accepted": 3, "duplicates": 0, "rejected": []}
    assert again == {"accepted": 1, "duplicates": 2, "rejected": []}
    entry = house.log()[0]
    assert (entry["event_id"], entry["n"]) == ("a", 1)
    assert entry["log_id"] != "a"


def test_a_token_ties_an_event_to_its_exposure(house: House) -> None:
    house.add(halves())
    decision = house.decide("unit-1")
    house.clock.advance(timedelta(days=30))

    house.tell({"type": "s", "assignment_token": decision["assignment_token"], "details": {"more": 1}})

    exposure, entry = house.log()
    assert entry["details"] == {"more": 1, "experiment": exposure["details"]["experiment"]}
    assert "assignment_token" not in entry
    assert [*count(house.events, house.first.id, an_experiment().id).values()] == [(1, 1)]


@pytest.mark.parametrize(
    "said",
    [
        {"session_id": "s-1"},
        {"unit": "unit-1"},
        {"details": {"session_id": "s-1"}},
        {"session_id": "?", "unit": "unit-1"},
    ],
)
def test_without_a_token_the_session_tells_or_else_the_unit(house: House, said: dict[str, Any]) -> None:
    house.add(halves())
    house.decide("unit-1", session_id="s-1")

    house.tell({"type": "s", **said})

    exposure, entry = house.log()
    assert entry["details"]["experiment"] == exposure["details"]["experiment"]
    assert [*count(house.events, house.first.id, an_experiment().id).values()] == [(1, 1)]


def test_an_event_of_nobody_known_has_no_experiment(house: House) -> None:
    house.add(halves())
    house.decide("unit-1", session_id="s-1")

    house.tell([{"type": "s", "session_id": "s-2"}, {"type": "s", "unit": "unit-2"}, {"type": "s"}])

    assert [entry.get("details") for entry in house.log()[1:]] == [None, None, None]


def test_an_event_before_the_exposure_does_not_belong_to_it(house: House) -> None:
    before = house.clock.now() - timedelta(seconds=3)
    house.add(halves())
    house.decide("unit-1", session_id="s-1")

    house.tell({"type": "s", "session_id": "s-1", "date": before.isoformat()})

    assert "details" not in house.log()[1]


def test_a_date_cut_to_seconds_still_belongs_to_the_exposure(house: House) -> None:
    house.clock.advance(timedelta(milliseconds=990))
    house.add(halves())
    house.decide("unit-1", session_id="s-1")

    house.tell({"type": "s", "session_id": "s-1", "date": house.clock.now().replace(microsecond=0).isoformat()})

    assert [*count(house.events, house.first.id, an_experiment().id).values()] == [(1, 1)]


def test_a_bad_token_is_told_and_the_event_kept_without_an_experiment(house: House) -> None:
    house.add(halves())
    token = house.decide("unit-1", session_id="s-1")["assignment_token"]
    changed = token[:30] + ("A" if token[30] != "A" else "B") + token[31:]

    reply = house.tell([{"type": "s", "assignment_token": changed, "session_id": "s-1"}, {"type": "s"}])

    assert (reply["accepted"], reply["rejected"]) == (2, [])
    (warning,) = reply["warnings"]
    assert warning["line"] == 1
    assert "assignment_token" in warning["message"]
    assert "details" not in house.log()[1]


def test_a_token_of_another_tenant_is_a_bad_one(house: House) -> None:
    house.add(halves())
    token = house.decide("unit-1")["assignment_token"]

    reply = house.tell({"type": "s", "assignment_token": token}, headers=house.headers(house.second))

    assert len(reply["warnings"]) == 1
    (entry,) = house.log(house.second)
    assert "details" not in entry
    assert len(house.log()) == 1


def test_a_session_of_another_tenant_is_nobody(house: House) -> None:
    house.add(halves())
    house.decide("unit-1", session_id="s-1")

    house.tell({"type": "s", "session_id": "s-1"}, headers=house.headers(house.second))

    assert "details" not in house.log(house.second)[0]


def test_what_was_forced_stays_marked(house: House) -> None:
    house.add(halves())
    token = house.decide(override={"experiment_id": an_experiment().id})["assignment_token"]

    house.tell({"type": "s", "assignment_token": token})

    assert house.log()[1]["details"]["experiment"]["is_forced"] is True
    assert count(house.events, house.first.id, an_experiment().id) == {}


def test_nobody_can_send_an_exposure(house: House) -> None:
    experiment = {"experiment_id": encode_id(IdKind.EXPERIMENT, 1), "variation_id": "var_x", "is_control": True}

    house.tell({"type": "experiment_assignment_succeeded", "unit": "u", "details": {"experiment": experiment}})

    assert count(house.events, house.first.id, an_experiment().id) == {}
    assert house.events.latest_attribution(house.first.id, session_id=None, unit="u") is None


@pytest.mark.parametrize(
    ("date", "shown"),
    [
        ("2025-06-01T12:00:00Z", "2025-06-01T12:00:00.000Z"),
        ("2025-06-01T12:00:00.123456Z", "2025-06-01T12:00:00.123Z"),
        ("2025-06-01T12:00:00+02:00", "2025-06-01T10:00:00.000Z"),
        ("2025-06-01 12:00:00", "2025-06-01T12:00:00.000Z"),
        ("2025-06-01", "2025-06-01T00:00:00.000Z"),
        (1_748_779_200_000, "2025-06-01T12:00:00.000Z"),
        (1_748_779_200_000.9, "2025-06-01T12:00:00.000Z"),
        ("2000-01-01T00:00:00Z", "2000-01-01T00:00:00.000Z"),
        ("2026-01-01T00:05:00Z", "2026-01-01T00:05:00.000Z"),
    ],
)
def test_dates_are_shown_in_one_form(house: House, date: Any, shown: str) -> None:
    house.tell({"type": "s", "date": date})

    assert house.log()[0]["date"] == shown


@pytest.mark.parametrize(
    "date",
    [
        "",
        "1999-12-31T23:59:59Z",
        "2026-01-01T00:10:00Z",
        1_748_779_200,
        1e30,
        -1,
        True,
        [],
        "9999-12-31T23:59:59-10:00",
    ],
)
def test_a_date_that_can_not_be_is_refused(house: House, date: Any) -> None:
    reply = house.send(EVENTS_PATH, {"type": "s", "date": date})

    assert reply.status == 400
    assert "on property date" in reply.json["message"]


def test_what_can_not_be_stored_is_said_and_may_come_again(house: House) -> None:
    reply = house.send(EVENTS_PATH, {"type": "s"}, app=house.make_app(FullEvents()))

    assert (reply.status, reply.json["errorCode"]) == (503, "events_not_stored")
    assert reply.headers["retry-after"] == "1"
    assert "full" not in reply.json["message"]


_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
_names = st.sampled_from(
    [
        "type",
        "date",
        "details",
        "unit",
        "session_id",
        "assignment_token",
        "event_id",
        "_id",
        "log_id",
        "x",
        "experiment",
    ]
)
_events = st.dictionaries(_names, _json, max_size=6).map(lambda event: {"type": "s"} | event)
_bodies = st.lists(_events, max_size=3).map(lambda events: json.dumps(events).encode())
_lines = st.lists(_events.map(lambda event: json.dumps(event).encode()) | st.binary(max_size=20), max_size=3).map(
    b"\n".join
)


@given(_bodies | _lines | st.binary())
@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_is_an_internal_error_and_every_entry_can_be_read(house: House, body: bytes) -> None:
    before = len(house.log())

    reply = house.send(EVENTS_PATH, body)

    assert reply.status in {200, 400}
    accepted = reply.json["accepted"] if reply.status == 200 else 0
    assert len(house.log()) == before + accepted
