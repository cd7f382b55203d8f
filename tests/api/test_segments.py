"""Segments over HTTP."""

from typing import Any

import pytest

from tests.api.house import House, absent, problem

MOBILE = [{"match": {"device_type": ["mobile"]}}]
ATTRIBUTES = [
    "client_id",
    "connection",
    "connection_type",
    "organization_id",
    "domain",
    "device_type",
    "browser",
    "platform",
    "user_agent",
    "country",
    "region",
]


def test_a_segment_shows_its_rules_as_they_were_given(house: House) -> None:
    rules = [
        {"match": {"browser": ["Safari", ""], "user_agent": {"contains": ["Mac"]}}, "not_match": {"country": ["FR"]}},
        {"not_match": {"region": {"exists": False}, "anonymous_session_metadata.plan": {"starts_with": ["pro"]}}},
        {"match": {"domain": {"ends_with": [".example"]}}},
    ]

    made = house.owner.made("/segments", {"name": "Some devices", "description": "Who is meant", "rules": rules})

    assert list(made) == [
        "id",
        "name",
        "description",
        "type",
        "status",
        "rules",
        "created_at",
        "updated_at",
    ]
    assert (made["type"], made["status"], made["rules"]) == ("self", "active", rules)
    assert house.owner.shown(f"/segments/{made['id']}") == made


@pytest.mark.parametrize("attribute", [*ATTRIBUTES, "anonymous_session_metadata.a", "anonymous_session_metadata.a.b c"])
def test_every_attribute_can_be_asked_for(house: House, attribute: str) -> None:
    assert house.owner.segment(rules=[{"match": {attribute: {"exists": True}}}])


@pytest.mark.parametrize(
    "rules",
    [
        [],
        {},
        [{}],
        [[]],
        [None],
        [{"match": {}}],
        [{"match": None}],
        [{"match": []}],
        [{"match": {"device_type": ["mobile"]}, "not_match": {}}],
        [{"match": {"device_type": ["mobile"]}, "and": {}}],
        [{"match": {"unit": ["a"]}}],
        [{"match": {"anonymous_session_metadata": ["a"]}}],
        [{"match": {"anonymous_session_metadata.": ["a"]}}],
        [{"match": {"browser": []}}],
        [{"match": {"browser": "Safari"}}],
        [{"match": {"browser": [1]}}],
        [{"match": {"browser": [None]}}],
        [{"match": {"browser": {}}}],
        [{"match": {"browser": {"equals": ["a"]}}}],
        [{"match": {"browser": {"contains": []}}}],
        [{"match": {"browser": {"contains": "a"}}}],
        [{"match": {"browser": {"contains": ["a"], "starts_with": ["b"]}}}],
        [{"match": {"browser": {"exists": "true"}}}],
        [{"match": {"browser": {"exists": 1}}}],
        [{"match": {"browser": ["x" * 1025]}}],
        [{"match": {name: ["a"] for name in ATTRIBUTES}}],
    ],
)
def test_rules_that_say_nothing_clear_are_refused(house: House, rules: Any) -> None:
    reply = house.owner.post("/segments", {"name": "Unclear", "rules": rules})

    assert problem(reply) == (400, "invalid_body")
    assert "rules" in reply.json()["message"]


def test_ten_attributes_and_1024_characters_are_allowed(house: House) -> None:
    conditions = {key: ["a"] for key in ATTRIBUTES[:9]} | {"region": ["é" * 1024]}

    assert house.owner.segment(rules=[{"match": conditions}])


def _rule(size: int) -> dict[str, Any]:
    """Return a rule that is so many bytes as JSON."""
    frame = len('{"match":{"browser":["","","",""]}}')
    texts = ["x" * 1000, "x" * 1000, "x" * 1000]
    return {"match": {"browser": [*texts, "x" * (size - frame - 3000)]}}


@pytest.mark.parametrize(("size", "status"), [(4_000, 201), (4_024, 201)])
def test_a_rule_may_have_4_kb(house: House, size: int, status: int) -> None:
    assert house.owner.post("/segments", {"name": "Large", "rules": [_rule(size)]}).status_code == status


@pytest.mark.parametrize(("extra", "status"), [(0, 201), (1, 422)])
def test_a_rule_may_have_4_kb_and_not_a_byte_more(house: House, extra: int, status: int) -> None:
    frame = len('{"match":{"browser":["","","","",""]}}')
    rule = {"match": {"browser": ["x" * 1000] * 4 + ["x" * (4096 - frame - 4000 + extra)]}}

    reply = house.owner.post("/segments", {"name": "Large", "rules": [rule]})

    assert reply.status_code == status
    if status == 422:
        assert problem(reply) == (422, "segment_too_large")


@pytest.mark.parametrize(("extra", "status"), [(0, 201), (1, 422)])
def test_a_segments_rules_may_have_10_kb_and_not_a_byte_more(house: House, extra: int, status: int) -> None:
    three = [_rule(3_400), _rule(3_400), _rule(10_240 - 2 * 3_400 - len("[,,]") + extra)]

    reply = house.owner.post("/segments", {"name": "Large", "rules": three})

    assert reply.status_code == status
    if status == 422:
        assert problem(reply) == (422, "segment_too_large")


def test_a_patch_replaces_all_rules(house: House) -> None:
    segment = house.owner.made("/segments", {"name": "Phones", "rules": MOBILE})
    rules = [{"match": {"browser": ["Safari"]}}]

    changed = house.owner.patch(f"/segments/{segment['id']}", {"rules": rules}).json()

    assert changed == segment | {"rules": rules, "updated_at": changed["updated_at"]}


def test_a_segment_can_be_archived_and_that_is_its_end(house: House) -> None:
    path = f"/segments/{house.owner.segment()}"

    same = house.owner.patch(path, {"status": "active"})
    archived = house.owner.patch(path, {"status": "archived"})
    again = house.owner.patch(path, {"status": "archived"})
    back = house.owner.patch(path, {"status": "active"})

    assert [reply.status_code for reply in (same, archived, again)] == [200, 200, 200]
    assert archived.json()["status"] == "archived"
    assert problem(back) == (400, "invalid_status_transition")


def test_names_are_unique_per_tenant(house: House) -> None:
    house.owner.segment("Phones")

    reply = house.owner.post("/segments", {"name": "Phones", "rules": MOBILE})

    assert problem(reply) == (409, "segment_exists")
    assert reply.json()["message"] == "A segment with this name already exists."


def test_deleting_is_idempotent_and_refused_while_in_use(house: House) -> None:
    flag, segment = house.owner.flag(), house.owner.segment()
    allocations = [{"variation_id": flag.bold, "is_control": True, "segment_id": segment, "priority": 1}]
    experiment = house.owner.experiment(flag, allocation_strategy="segment", allocations=allocations)

    refused = house.owner.delete(f"/segments/{segment}")
    house.owner.move(experiment["id"], "archived")
    replies = [house.owner.delete(f"/segments/{segment}") for _ in range(2)]

    assert problem(refused) == (409, "segment_in_use")
    assert [reply.status_code for reply in replies] == [204, 204]
    assert problem(house.owner.get(f"/segments/{segment}")) == (404, "segment_not_found")


def test_a_segment_of_the_server_can_be_read_and_not_changed(house: House) -> None:
    house.add_server_things()
    (segment,) = house.owner.shown("/segments?type=auth0")["segments"]
    path = f"/segments/{segment['id']}"

    changed = house.owner.patch(path, {"name": "Mine now"})
    deleted = house.owner.delete(path)

    assert problem(changed) == problem(deleted) == (403, "segment_not_modifiable")
    assert changed.json()["message"] == "Segment cannot be modified."


def test_what_is_not_there_is_not_found(house: House) -> None:
    path = f"/segments/{absent('seg')}"

    replies = [house.owner.get(path), house.owner.patch(path, {"name": "Mine now"})]

    assert [problem(reply) for reply in replies] == [(404, "segment_not_found")] * 2
    assert replies[0].json()["message"] == "Segment not found."
