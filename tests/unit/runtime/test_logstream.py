"""Auth0's log streams over HTTP: every content format, kept once, and nothing that would be sent again for ever."""

import json
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest

from signpost.authlogs.splitting import VALUE_BYTES_MAX
from signpost.events.memory import MemoryEvents
from signpost.model.limits import BODY_BYTES_MAX
from signpost.ports.events import EXPOSURE_TYPE, Event
from signpost.runtime.app import DECISIONS_PATH, EVENTS_PATH, LOG_STREAM_PATH
from signpost.testing.builders import an_experiment
from signpost.testing.measured import count
from tests.unit.authlogs.logs import CONTROL, EXPERIMENT, Json, an_entry, assignment, bridged, log_id, streamed
from tests.unit.runtime.conftest import House, Reply
from tests.unit.runtime.test_decisions import FullEvents

ENTRIES = [streamed(assignment(1, 2)), streamed(an_entry(5, "fp", session=2)), streamed(an_entry(9, session=2))]


class OnceFullEvents(MemoryEvents):
    """Keeps nothing of the first two batches."""

    _refused = 0

    def append(self, events: Sequence[Event]) -> "Future[int]":
        self._refused += 1
        return FullEvents().append(events) if self._refused <= 2 else super().append(events)


def send(house: House, body: Any, **options: Any) -> Reply:
    return house.send(LOG_STREAM_PATH, body, **options)


def key_headers(house: House, key: str) -> list[tuple[bytes, bytes]]:
    return [(b"host", house.first.domain.encode()), (b"authorization", key.encode())]


@pytest.mark.parametrize(
    "body",
    [
        "\n".join(map(json.dumps, ENTRIES)).encode(),
        json.dumps(ENTRIES).encode(),
        json.dumps({"logs": ENTRIES}).encode(),
        json.dumps([bridged(entry["data"]) for entry in ENTRIES]).encode(),
    ],
)
def test_each_content_format_is_taken(house: House, body: bytes) -> None:
    reply = send(house, body)

    assert (reply.status, reply.json) == (200, {"accepted": 3, "duplicates": 0, "malformed": 0, "problems": []})
    assert [entry["type"] for entry in house.log()] == [EXPOSURE_TYPE, "fp", "s"]


def test_one_object_is_one_entry(house: House) -> None:
    assert send(house, ENTRIES[0]).json["accepted"] == 1


def test_what_is_sent_again_counts_once(house: House) -> None:
    send(house, ENTRIES)

    assert send(house, ENTRIES).json == {"accepted": 0, "duplicates": 3, "malformed": 0, "problems": []}
    assert len(house.log()) == 3


def test_an_experiment_is_measured_that_the_tenant_never_had(house: House) -> None:
    send(house, ENTRIES)

    assert count(house.events, house.first.id, EXPERIMENT) == {CONTROL: (1, 1)}


def test_garbage_among_entries_is_no_reason_to_send_them_again(house: House) -> None:
    body = b"\n".join([b"nonsense", json.dumps(ENTRIES[0]).encode(), b'{"data": {"type": "s"}}', b"{}", b'{"x"'])

    reply = send(house, body)

    assert (reply.status, reply.json["accepted"], reply.json["malformed"]) == (200, 1, 4)
    assert [problem["line"] for problem in reply.json["problems"]] == [1, 3, 4, 5]


def test_entries_that_are_all_malformed_are_no_reason_either(house: House) -> None:
    assert send(house, [{"data": {}}] * 9).json["malformed"] == 9
    assert send(house, b"[]").json["accepted"] == 0


@pytest.mark.parametrize("body", [b"", b" \n", b"nonsense", b"7", b'"text"', b"\0\0\0", b'{"cut": ', b"[", b"<html>"])
def test_what_is_no_log_at_all_is_refused(house: House, body: bytes) -> None:
    reply = send(house, body)

    assert (reply.status, reply.json["errorCode"]) == (400, "invalid_body")


def test_too_many_entries_are_refused(house: House) -> None:
    assert send(house, b"{}" * 10_001).status == 400


def test_a_body_over_the_limit_is_refused(house: House) -> None:
    assert BODY_BYTES_MAX <= VALUE_BYTES_MAX
    assert send(house, b" " * (BODY_BYTES_MAX + 1)).status == 413


def test_what_can_not_be_kept_is_to_be_sent_again_later(house: House) -> None:
    app = house.make_app(FullEvents())

    reply = send(house, ENTRIES, app=app, query=b"exposures=first-events")

    assert (reply.status, reply.json["errorCode"]) == (503, "events_not_stored")
    assert int(reply.headers["retry-after"]) >= 1


def test_the_unit_can_be_named(house: House) -> None:
    send(house, [streamed(assignment(1, 2)), streamed(an_entry(9, session=2))], query=b"unit=user")

    assert count(house.events, house.first.id, EXPERIMENT) == {CONTROL: (1, 1)}
    found = house.events.latest_attribution(house.first.id, session_id=None, unit="auth0|2")
    assert found is not None


def test_first_events_are_exposures_when_asked_for(house: House) -> None:
    outcomes: list[Json] = [streamed(an_entry(5, "fp", session=2)), streamed(an_entry(9, session=2))]

    first = send(house, outcomes, query=b"exposures=first-events")
    send(house, outcomes, query=b"exposures=first-events")

    assert first.json["accepted"] == 2
    assert count(house.events, house.first.id, EXPERIMENT) == {CONTROL: (1, 1)}
    assert [entry["type"] for entry in house.log()].count(EXPOSURE_TYPE) == 1


def test_first_events_that_could_not_be_kept_are_found_again(house: House) -> None:
    events = OnceFullEvents(house.clock)
    app = house.make_app(events)
    refused = send(house, ENTRIES[1:], app=app, query=b"exposures=first-events")

    accepted = send(house, ENTRIES[1:], app=app, query=b"exposures=first-events")

    assert (refused.status, accepted.status) == (503, 200)
    assert count(events, house.first.id, EXPERIMENT) == {CONTROL: (1, 1)}


@pytest.mark.parametrize("query", [b"unit=a%20b", b"exposures=none"])
def test_an_unknown_wish_is_refused(house: House, query: bytes) -> None:
    reply = send(house, ENTRIES, query=query)

    assert (reply.status, reply.json["errorCode"]) == (400, "invalid_query_string")


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", ""])
def test_a_key_opens_the_stream_with_and_without_its_scheme(house: House, scheme: str) -> None:
    key = house.keys.make_log_stream_key(house.first.id)

    reply = send(house, ENTRIES, headers=key_headers(house, f"{scheme}{key}"))

    assert (reply.status, reply.json["accepted"]) == (200, 3)


def test_a_key_opens_nothing_else_and_no_other_tenant(house: House) -> None:
    key = f"Bearer {house.keys.make_log_stream_key(house.second.id)}"
    own = f"Bearer {house.keys.make_log_stream_key(house.first.id)}"

    assert send(house, ENTRIES, headers=key_headers(house, key)).status == 401
    assert house.send(DECISIONS_PATH, {}, headers=key_headers(house, own)).status == 403
    assert house.send(EVENTS_PATH, {"type": "s"}, headers=key_headers(house, own)).status == 200


def test_a_revoked_key_is_refused_within_a_second(house: House) -> None:
    key = f"Bearer {house.keys.make_log_stream_key(house.first.id)}"
    send(house, ENTRIES, headers=key_headers(house, key))

    house.clock.advance(timedelta(seconds=2))
    house.keys.make_log_stream_key(house.first.id)
    house.keys.revoke_older_log_stream_keys(house.first.id)

    assert send(house, ENTRIES, headers=key_headers(house, key)).status == 401


def test_a_token_without_the_scope_is_refused(house: House) -> None:
    assert send(house, ENTRIES, headers=house.headers(scopes=("decide:experimentation",))).status == 403


def test_the_log_shows_an_entry_with_its_own_id_beside_ours(house: House) -> None:
    house.add(an_experiment())
    send(house, ENTRIES[2:])

    (entry,) = house.log()

    assert (entry["event_id"], entry["user_id"]) == (log_id(9), "auth0|2")
    assert entry["log_id"] != log_id(9)
