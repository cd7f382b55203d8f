"""The tenant's logs over HTTP, in both forms of paging."""

import json
from typing import Any
from urllib.parse import quote

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
        "q=",
        "q=description:no",
        "q=type:s OR type:f",
        "q=type:(s OR f)",
        "q=type:s*",
        "q=type:s AND type:f",
        'q=user_id:"a"b"',
        "q=type:s&from=0000000000000000001",
        "q=type:s&take=1",
        "search=type:s&take=1",
        "q=type:s&search=type:s",
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


def _record_types(house: House, *events: tuple[str, Any]) -> None:
    bodies = [json.dumps({"type": type, "user_id": user}).encode() for type, user in events]
    house.events.append([Event(house.tenant.id, json.loads(body)["type"], 1, body) for body in bodies])


def _found(house: House, q: str, **query: Any) -> list[tuple[str, Any]]:
    reply = house.owner.get(LOGS, q=q, **query)
    assert reply.status_code == 200, reply.text
    return [(entry["type"], entry["user_id"]) for entry in reply.json()]


def test_logs_are_searched_by_type_and_by_user(house: House) -> None:
    _record_types(house, ("s", "auth0|1"), ("f", "auth0|1"), ("s", "auth0|2"), ("s", "auth0|1"), ("s", 7))

    assert _found(house, "type:f") == [("f", "auth0|1")]
    assert _found(house, 'user_id:"auth0|2"') == [("s", "auth0|2")]
    assert _found(house, "user_id:auth0|1 AND type:s") == [("s", "auth0|1")] * 2
    assert _found(house, 'type:"s"', per_page=2, page=1) == [("s", "auth0|2"), ("s", "auth0|1")]
    assert _found(house, "type:s", sort="date:1")[-1] == ("s", 7)
    assert _users(house.owner.shown(f"{LOGS}?search=type:f")) == ["auth0|1"]
    assert _found(house, "user_id:7") == []
    assert _found(house, "type:nothing") == []


def test_a_search_counts_what_it_finds(house: House) -> None:
    _record_types(house, *[("s", "auth0|1")] * 5, ("f", "auth0|1"))

    body = house.owner.shown(f"{LOGS}?q=type:s&include_totals=true&per_page=2&page=2")

    assert (body["start"], body["limit"], body["length"], body["total"]) == (4, 2, 1, 5)


def test_a_search_goes_so_far_and_no_farther(house: House) -> None:
    _record_types(house, *[("s", "auth0|1")] * 1_100)

    body = house.owner.shown(f"{LOGS}?q=type:s&include_totals=true&per_page=100&page=9")
    after = house.owner.shown(f"{LOGS}?q=type:s&include_totals=true&per_page=100&page=10")

    assert (body["length"], body["total"]) == (100, 1_000)
    assert (after["length"], after["total"]) == (0, 1_000)


@pytest.mark.parametrize("user", ["auth0|1", "samlp|a/b", "email|ann@example.com", "é ü"])
def test_a_user_has_logs(house: House, user: str) -> None:
    _record_types(house, ("s", user), ("f", "somebody"), ("f", user))
    path = f"/api/v2/users/{quote(user, safe='')}/logs"

    entries = house.owner.shown(path)
    oldest = house.owner.shown(f"{path}?sort=date:1&per_page=1")
    counted = house.owner.shown(f"{path}?include_totals=true")

    assert [(entry["type"], entry["user_id"]) for entry in entries] == [("f", user), ("s", user)]
    assert [entry["type"] for entry in oldest] == ["s"]
    assert (counted["total"], counted["length"], counted["logs"]) == (2, 2, entries)


def test_a_user_without_logs_has_none_and_nor_has_another_tenant_s(house: House) -> None:
    _record_types(house, ("s", "auth0|1"))

    assert house.owner.shown("/api/v2/users/auth0%7C2/logs") == []
    assert house.caller(house.other_tenant).shown("/api/v2/users/auth0%7C1/logs") == []
