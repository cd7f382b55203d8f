"""Feature flags over HTTP."""

from typing import Any

import pytest

from tests.api.house import House, absent, problem

TITLE = {"title": {"type": "string", "value": "Sign in"}}
NEW = {"name": "Sign-in title", "parameters": TITLE}


def test_a_new_flag_is_a_draft_of_the_customers_own(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW | {"description": "What it is"})

    assert list(made) == [
        "id",
        "name",
        "description",
        "type",
        "status",
        "parameters",
        "created_at",
        "updated_at",
    ]
    assert (made["type"], made["status"], made["parameters"]) == ("self", "draft", TITLE)
    assert house.owner.shown(f"/feature-flags/{made['id']}") == made


def test_an_absent_description_is_left_out(house: House) -> None:
    assert "description" not in house.owner.made("/feature-flags", NEW)


def test_times_are_utc_with_milliseconds_and_z(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW)

    assert made["created_at"].startswith("2026-01-01T00:00:00.")
    assert made["created_at"].endswith("Z")
    assert len(made["created_at"]) == len("2026-01-01T00:00:00.000Z")


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("string", ""),
        ("boolean", False),
        ("number", 1),
        ("number", -0.5),
        ("array", [1, "a", None]),
        ("object", {"a": {}}),
    ],
)
def test_each_type_takes_its_values(house: House, type: str, value: Any) -> None:
    made = house.owner.made("/feature-flags", NEW | {"parameters": {"p": {"type": type, "value": value}}})

    assert made["parameters"]["p"]["value"] == value


@pytest.mark.parametrize(
    ("type", "value"),
    [
        ("string", 1),
        ("string", None),
        ("boolean", 0),
        ("boolean", "true"),
        ("number", True),
        ("number", "1"),
        ("array", {}),
        ("object", []),
        ("object", None),
    ],
)
def test_a_default_of_another_type_is_refused(house: House, type: str, value: Any) -> None:
    reply = house.owner.post("/feature-flags", NEW | {"parameters": {"p": {"type": type, "value": value}}})

    assert problem(reply) == (400, "parameter_type_mismatch")
    assert reply.json()["message"] == "Parameter value does not match the declared type."


@pytest.mark.parametrize(("size", "status"), [(1024, 201), (1025, 400)])
def test_a_default_may_have_1_kb_as_json(house: House, size: int, status: int) -> None:
    value = "é" * ((size - 2) // 2) + "x" * (size % 2)

    reply = house.owner.post("/feature-flags", NEW | {"parameters": {"p": {"type": "string", "value": value}}})

    assert reply.status_code == status
    if status == 400:
        assert problem(reply) == (400, "parameter_value_too_large")
        assert reply.json()["message"] == "Parameter value exceeds maximum size of 1KB."


@pytest.mark.parametrize(("count", "status"), [(0, 400), (1, 201), (10, 201), (11, 400)])
def test_a_flag_has_one_to_ten_parameters(house: House, count: int, status: int) -> None:
    parameters = {f"p{number}": {"type": "number", "value": number} for number in range(count)}

    assert house.owner.post("/feature-flags", NEW | {"parameters": parameters}).status_code == status


@pytest.mark.parametrize(("length", "status"), [(1, 201), (255, 201), (256, 400)])
def test_a_parameters_description_has_at_most_255_characters(house: House, length: int, status: int) -> None:
    parameters = {"p": {"type": "number", "value": 1, "description": "d" * length}}

    assert house.owner.post("/feature-flags", NEW | {"parameters": parameters}).status_code == status


def test_the_order_of_parameters_stays(house: House) -> None:
    parameters = {name: {"type": "number", "value": 1} for name in ("z", "a", "m")}

    made = house.owner.made("/feature-flags", NEW | {"parameters": parameters})

    assert list(made["parameters"]) == ["z", "a", "m"]


def test_a_name_is_taken_once_per_tenant(house: House) -> None:
    house.owner.made("/feature-flags", NEW)

    reply = house.owner.post("/feature-flags", NEW)

    assert problem(reply) == (409, "feature_flag_exists")
    assert reply.json()["message"] == "A feature flag with this name already exists."
    assert house.caller(house.other_tenant).post("/feature-flags", NEW).status_code == 201


def test_a_flag_can_be_given_its_own_name_again(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW)

    assert house.owner.patch(f"/feature-flags/{made['id']}", {"name": NEW["name"]}).status_code == 200


def test_a_patch_changes_the_given_fields_only(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW | {"description": "What it is"})

    changed = house.owner.patch(f"/feature-flags/{made['id']}", {"name": "Another name"}).json()

    assert changed["updated_at"] > made["updated_at"]
    assert changed == made | {"name": "Another name", "updated_at": changed["updated_at"]}


def test_null_clears_the_description(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW | {"description": "What it is"})

    changed = house.owner.patch(f"/feature-flags/{made['id']}", {"description": None}).json()

    assert "description" not in changed


def test_a_patch_replaces_the_whole_map_of_parameters(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW)
    parameters = {"other": {"type": "boolean", "value": True}}

    changed = house.owner.patch(f"/feature-flags/{made['id']}", {"parameters": parameters}).json()

    assert changed["parameters"] == parameters


def test_new_parameters_must_leave_every_override_a_real_difference(house: House) -> None:
    flag = house.owner.flag()  # one of its variations has the title "Go"

    gone = house.owner.patch(flag.path, {"parameters": {"other": {"type": "number", "value": 1}}})
    other_type = house.owner.patch(flag.path, {"parameters": {"title": {"type": "number", "value": 1}}})
    same = house.owner.patch(flag.path, {"parameters": {"title": {"type": "string", "value": "Go"}}})

    assert problem(gone) == (400, "override_key_invalid")
    assert problem(other_type) == (400, "override_type_mismatch")
    assert problem(same) == (400, "override_equals_default")


def test_a_flag_needs_two_variations_to_be_activated(house: House) -> None:
    flag = house.owner.made("/feature-flags", NEW)
    path = f"/feature-flags/{flag['id']}"
    house.owner.made(f"{path}/variations", {"name": "Baseline", "overrides": {}})

    with_one = house.owner.post(f"{path}/status", {"status": "active"})
    house.owner.made(f"{path}/variations", {"name": "Bold", "overrides": {"title": "Go"}})
    with_two = house.owner.post(f"{path}/status", {"status": "active"})

    assert problem(with_one) == (400, "feature_flag_insufficient_variations")
    assert with_one.json()["message"] == "Feature flag must have at least 2 variations to be activated."
    assert (with_two.status_code, with_two.json()["status"]) == (200, "active")


LIVES = {"draft": (), "active": ("active",), "archived": ("archived",)}
LEADS_TO = {"draft": {"active", "archived"}, "active": {"archived"}, "archived": set()}


@pytest.mark.parametrize("target", ["active", "archived"])
@pytest.mark.parametrize("current", LIVES)
def test_post_moves_a_flag_along_its_life(house: House, current: str, target: str) -> None:
    flag = house.owner.flag(is_active=False)
    for status in LIVES[current]:
        house.owner.post(f"{flag.path}/status", {"status": status})

    reply = house.owner.post(f"{flag.path}/status", {"status": target})

    if target in LEADS_TO[current]:
        assert (reply.status_code, reply.json()["status"]) == (200, target)
    else:
        assert problem(reply) == (400, "invalid_status_transition")
        assert reply.json()["message"] == "Status transition is not allowed."


@pytest.mark.parametrize("target", LIVES)
@pytest.mark.parametrize("current", LIVES)
def test_patch_moves_a_flag_along_its_life_and_takes_the_current_status_as_no_change(
    house: House, current: str, target: str
) -> None:
    flag = house.owner.flag(is_active=False)
    for status in LIVES[current]:
        house.owner.post(f"{flag.path}/status", {"status": status})
    before = house.owner.shown(flag.path)

    reply = house.owner.patch(flag.path, {"status": target})

    if target == current:
        assert (reply.status_code, reply.json()) == (200, before)
    elif target in LEADS_TO[current]:
        assert (reply.status_code, reply.json()["status"]) == (200, target)
    else:
        assert problem(reply) == (400, "invalid_status_transition")


def test_a_patch_is_all_or_nothing(house: House) -> None:
    made = house.owner.made("/feature-flags", NEW)

    reply = house.owner.patch(f"/feature-flags/{made['id']}", {"name": "Another name", "status": "active"})

    assert problem(reply) == (400, "feature_flag_insufficient_variations")
    assert house.owner.shown(f"/feature-flags/{made['id']}") == made


def test_deleting_is_idempotent_and_takes_the_variations_along(house: House) -> None:
    flag = house.owner.flag()

    first = house.owner.delete(flag.path)
    second = house.owner.delete(flag.path)

    assert (first.status_code, first.content, second.status_code) == (204, b"", 204)
    assert problem(house.owner.get(flag.path)) == (404, "feature_flag_not_found")
    assert problem(house.owner.get(f"{flag.path}/variations/{flag.base}")) == (404, "feature_flag_not_found")


def test_a_flag_is_kept_while_a_non_archived_experiment_uses_it(house: House) -> None:
    flag = house.owner.flag()
    experiment = house.owner.experiment(flag)

    refused = house.owner.delete(flag.path)
    house.owner.move(experiment["id"], "archived")
    done = house.owner.delete(flag.path)

    assert problem(refused) == (409, "feature_flag_in_use")
    assert "is in use by one or more non-archived experiments and cannot be deleted." in refused.json()["message"]
    assert done.status_code == 204


def test_a_flag_of_the_server_can_be_read_and_not_changed(house: House) -> None:
    flag = house.add_server_things()
    changes = [
        house.owner.patch(flag.path, {"name": "Another name"}),
        house.owner.post(f"{flag.path}/status", {"status": "archived"}),
        house.owner.delete(flag.path),
    ]

    assert house.owner.shown(flag.path)["type"] == "auth0"
    assert [problem(reply) for reply in changes] == [(403, "feature_flag_not_modifiable")] * len(changes)
    assert changes[0].json()["message"] == "Feature flag cannot be modified."


def test_the_variations_of_a_flag_of_the_server_are_the_customer_s(house: House) -> None:
    flag = house.add_server_things()
    made = house.owner.post(f"{flag.path}/variations", {"name": "Mine", "overrides": {}})
    path = f"{flag.path}/variations/{made.json()['id']}"

    renamed = house.owner.patch(path, {"name": "My own"})
    deleted = house.owner.delete(path)

    assert (made.status_code, renamed.status_code, deleted.status_code) == (201, 200, 204)


def test_what_is_not_there_is_not_found(house: House) -> None:
    path = f"/feature-flags/{absent('flg')}"
    replies = [
        house.owner.get(path),
        house.owner.patch(path, {"name": "Another name"}),
        house.owner.post(f"{path}/status", {"status": "active"}),
        house.owner.get(f"{path}/variations"),
        house.owner.post(f"{path}/variations", {"name": "Mine", "overrides": {}}),
        house.owner.get(f"{path}/variations/{absent('var')}"),
        house.owner.patch(f"{path}/variations/{absent('var')}", {"name": "Mine"}),
        house.owner.delete(f"{path}/variations/{absent('var')}"),
    ]

    assert [problem(reply) for reply in replies] == [(404, "feature_flag_not_found")] * len(replies)
    assert replies[0].json()["message"] == "Feature flag not found."
