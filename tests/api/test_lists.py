"""Lists: pages, checkpoints, filters."""

from typing import Any

import pytest

from tests.api.house import House, absent, problem

RULES = [{"match": {"browser": ["Safari"]}}]


def _segments(house: House, count: int) -> list[str]:
    return [house.owner.segment(f"Segment {number:03}") for number in range(count)]


def _walk(house: House, path: str, key: str, take: int) -> list[list[str]]:
    pages = []
    query: dict[str, Any] = {"take": take}
    while True:
        body = house.owner.get(path, **query).json()
        pages.append([item["id"] for item in body[key]])
        if "next" not in body:
            return pages
        query["from"] = body["next"]


def test_pages_follow_each_other_in_the_order_of_making(house: House) -> None:
    made = _segments(house, 5)

    assert _walk(house, "/segments", "segments", 2) == [made[0:2], made[2:4], made[4:5]]


def test_a_full_last_page_has_no_next(house: House) -> None:
    made = _segments(house, 4)

    assert _walk(house, "/segments", "segments", 2) == [made[0:2], made[2:4]]


def test_an_empty_list_is_a_list(house: House) -> None:
    assert house.owner.shown("/segments") == {"segments": []}
    assert house.owner.shown("/feature-flags") == {"feature_flags": []}
    assert house.owner.shown("/experiments") == {"experiments": []}


def test_25_are_shown_when_nobody_says_how_many(house: House) -> None:
    _segments(house, 26)

    assert [len(house.owner.shown(path)["segments"]) for path in ("/segments", "/segments?take=50")] == [25, 26]


@pytest.mark.parametrize("path", ["/segments", "/feature-flags", "/experiments"])
@pytest.mark.parametrize("take", ["0", "51", "-1", "abc", "", "1e1", "1;2", "9" * 30])
def test_take_is_an_integer_from_1_to_50(house: House, path: str, take: str) -> None:
    reply = house.owner.get(f"{path}?take={take}")

    assert problem(reply) == (400, "invalid_query_string")
    assert "take" in reply.json()["message"]


def test_walking_while_others_insert_and_delete_neither_repeats_nor_skips(house: House) -> None:
    made = _segments(house, 6)
    first = house.owner.get("/segments", take=2).json()
    for gone in (made[0], made[1], made[2]):
        house.owner.delete(f"/segments/{gone}")
    late = house.owner.segment("A late one")

    rest = house.owner.get("/segments", take=50, **{"from": first["next"]}).json()

    assert [item["id"] for item in rest["segments"]] == [*made[3:], late]


def test_a_checkpoint_is_good_for_its_list_and_its_tenant_only(house: House) -> None:
    _segments(house, 2)
    house.owner.flag()
    token = house.owner.get("/segments", take=1).json()["next"]
    other = house.caller(house.other_tenant)

    replies = [
        house.owner.get("/feature-flags", **{"from": token}),
        house.owner.get("/experiments", **{"from": token}),
        other.get("/segments", **{"from": token}),
        *(
            house.owner.get("/segments", **{"from": broken})
            for broken in ("", "x", token[:-1], token + "A", token[1:], "é", "!" * 200, "A" * len(token))
        ),
    ]

    assert [problem(reply) for reply in replies] == [(400, "invalid_query_string")] * len(replies)
    assert "from" in replies[0].json()["message"]


def test_flags_are_filtered_by_type_and_status(house: House) -> None:
    servers = house.add_server_things()
    active, draft = house.owner.flag(), house.owner.flag("A draft", is_active=False)

    def listed(query: str) -> list[str]:
        return [flag["id"] for flag in house.owner.shown(f"/feature-flags?{query}")["feature_flags"]]

    assert listed("type=auth0") == [servers.id]
    assert listed("type=self") == [active.id, draft.id]
    assert listed("status=draft") == [draft.id]
    assert listed("type=self&status=active") == [active.id]
    assert listed("status=archived") == []


def test_segments_are_filtered_by_type(house: House) -> None:
    house.add_server_things()
    own = house.owner.segment()

    assert [segment["id"] for segment in house.owner.shown("/segments?type=self")["segments"]] == [own]
    assert len(house.owner.shown("/segments?type=auth0")["segments"]) == 1


def test_experiments_are_filtered_and_archived_ones_come_only_when_asked_for(house: House) -> None:
    flag, other = house.owner.flag(), house.owner.flag("Another flag")
    draft = house.owner.experiment(flag, "A draft")["id"]
    active = house.owner.experiment(other, "Running", authentication_flow="our own")["id"]
    archived = house.owner.experiment(flag, "Archived")["id"]
    house.owner.move(active, "active")
    house.owner.move(archived, "archived")

    def listed(query: str = "") -> list[str]:
        return [experiment["id"] for experiment in house.owner.shown(f"/experiments?{query}")["experiments"]]

    assert listed() == [draft, active]
    assert listed("status=archived") == [archived]
    assert listed("status=active") == [active]
    assert listed("authentication_flow=our%20own") == [active]
    assert listed(f"feature_flag_id={flag.id}") == [draft]
    assert listed(f"feature_flag_id={flag.id}&status=archived") == [archived]
    assert listed(f"feature_flag_id={absent('flg')}") == []


def test_filters_hold_on_every_page(house: House) -> None:
    flag = house.owner.flag()
    names = [f"Experiment {number}" for number in range(6)]
    made = [house.owner.experiment(flag, name)["id"] for name in names]
    for gone in made[::2]:
        house.owner.move(gone, "archived")

    assert _walk(house, "/experiments", "experiments", 2) == [[made[1], made[3]], [made[5]]]


@pytest.mark.parametrize(
    "query",
    [
        "status=running",
        "status=",
        "page=1",
        "Take=1",
        "take=1&take=1",
        "feature_flag_id=%00",
        "authentication_flow=%00",
        "%00=1",
    ],
)
def test_what_a_list_can_not_be_asked_is_refused(house: House, query: str) -> None:
    assert problem(house.owner.get(f"/experiments?{query}")) == (400, "invalid_query_string")


@pytest.mark.parametrize("query", ["type=other", "status=paused", "authentication_flow=all"])
def test_a_flag_has_no_such_filter(house: House, query: str) -> None:
    assert problem(house.owner.get(f"/feature-flags?{query}")) == (400, "invalid_query_string")


def test_an_unknown_parameter_is_refused_on_every_route(house: House) -> None:
    flag = house.owner.flag()

    replies = [
        house.owner.get(f"{flag.path}?fields=id"),
        house.owner.get(f"{flag.path}/variations?take=1"),
        house.owner.send("DELETE", f"{flag.path}?force=true"),
        house.owner.send("POST", "/segments?x=1", json={"name": "A segment", "rules": RULES}),
    ]

    assert [problem(reply) for reply in replies] == [(400, "invalid_query_string")] * len(replies)
    assert house.owner.shown("/segments")["segments"] == []


def test_take_may_be_1_and_50(house: House) -> None:
    assert [house.owner.get(f"/segments?take={take}").status_code for take in (1, 50)] == [200, 200]
