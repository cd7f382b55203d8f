"""The tenant's logs over HTTP, in both forms of paging."""

import json
from typing import Any

import pytest

from signpost.ports.events import Event
from tests.api.house import House, problem

LOGS = "/api/v2/logs"


def _record(house: House, count: int, tenant_id: str | None = None) -> None:
    owner = tenant_id or house.tenant.id
    bodies = [{"type": "s", "date": "2026-01-01T00:00:00.000Z", "user_id": f"u{number}"} for number in range(count)]
    house.events.append([Event(owner, "s", number, json.dumps(body).encode()) for number, body in enumerate(bodies)])


def _users(entries: Any) -> list[str]:
    return [entry["user_id"] for entry in entries]


def test_the_newest_come_first(house: House) -> None:
    _record(house, 3)

    entries = house.owner.shown(LOGS)

    assert _users(entries) == ["u2", "u1", "u0"]
    assert entries[0]["_id"] == entries[0]["log_id"]


def test_one_can_be_read_by_its_id(house: House) -> None:
    _record(house, 2)
    entries = house.owner.get(LOGS).json()

    assert house.owner.shown(f"{LOGS}/{entries[1]['log_id']}") == entries[1]


@pytest.mark.parametrize("id", ["nothing", "1", "9" * 40, "%00", "-1", "%D9%A1"])
def test_one_that_is_not_there_is_not_found(house: House, id: str) -> None:
    assert problem(house.owner.get(f"{LOGS}/{id}")) == (404, "log_not_found")


def test_a_checkpoint_is_followed_to_the_end_and_goes_on_when_more_comes(house: House) -> None:
    _record(house, 5)
    walked: list[str] = []
    path = f"{LOGS}?take=2"
    while entries := (reply := house.owner.get(path)).json():
        walked += _users(entries)
        link = reply.headers["link"]
        assert link.endswith('>; rel="next"')
        path = link[link.index("/api") : link.index(">")]
    _record(house, 1)
    later = house.owner.get(path)

    assert walked == ["u0", "u1", "u2", "u3", "u4"]
    assert _users(later.json()) == ["u0"]


def test_from_goes_on_after_a_log_id(house: House) -> None:
    _record(house, 4)
    ids = [entry["log_id"] for entry in house.owner.shown(f"{LOGS}?take=100")]

    assert _users(house.owner.get(LOGS, **{"from": ids[1]}).json()) == ["u2", "u3"]


def test_pages_are_counted_from_0_and_can_be_sorted(house: House) -> None:
    _record(house, 5)

    def listed(query: str) -> list[str]:
        return _users(house.owner.get(f"{LOGS}?{query}").json())

    assert listed("page=0&per_page=2") == ["u4", "u3"]
    assert listed("page=2&per_page=2") == ["u0"]
    assert listed("page=9&per_page=2") == []
    assert listed("page=0&per_page=2&sort=date:1") == ["u0", "u1"]


def test_totals_come_when_asked_for(house: House) -> None:
    _record(house, 5)

    body = house.owner.shown(f"{LOGS}?page=1&per_page=2&include_totals=true")

    assert list(body) == ["start", "limit", "length", "total", "logs"]
    assert (body["start"], body["limit"], body["length"], body["total"]) == (2, 2, 2, 5)
    assert _users(body["logs"]) == ["u2", "u1"]


def test_fields_are_shown_or_left_out(house: House) -> None:
    _record(house, 1)

    (shown,) = house.owner.shown(f"{LOGS}?fields=type,user_id")
    (rest,) = house.owner.shown(f"{LOGS}?fields=type,user_id&include_fields=false")

    assert shown == {"type": "s", "user_id": "u0"}
    assert {"type", "user_id"}.isdisjoint(rest)
    assert "log_id" in rest


def test_the_next_link_keeps_what_was_asked_for(house: House) -> None:
    _record(house, 3)

    link = house.owner.get(f"{LOGS}?take=1&fields=type&include_fields=false").headers["link"]

    assert "fields=type" in link
    assert "include_fields=false" in link


@pytest.mark.parametrize(
    "query",
    [
        "take=0",
        "take=101",
        "per_page=101",
        "per_page=0",
        "page=-1",
        "sort=type:1",
        "sort=date:2",
        "include_totals=maybe",
        "from=nothing",
        "q=type:s",
    ],
)
def test_what_can_not_be_asked_is_refused(house: House, query: str) -> None:
    assert problem(house.owner.get(f"{LOGS}?{query}")) == (400, "invalid_query_string")


def test_the_limits_of_pages_are_taken(house: House) -> None:
    queries = ["take=1", "take=100", "per_page=1", "per_page=100", "sort=date:-1"]

    assert [house.owner.get(f"{LOGS}?{query}").status_code for query in queries] == [200] * len(queries)


def test_another_tenants_logs_are_not_seen(house: House) -> None:
    _record(house, 2)
    log_id = house.owner.get(LOGS).json()[0]["log_id"]
    other = house.caller(house.other_tenant)

    theirs = other.get(f"{LOGS}/{log_id}")
    nobodys = other.get(f"{LOGS}/nothing")

    assert (theirs.status_code, theirs.content) == (nobodys.status_code, nobodys.content)
    assert other.shown(LOGS) == []
    assert other.shown(f"{LOGS}?include_totals=true")["total"] == 0
