"""Variations over HTTP."""

from typing import Any

import pytest

from tests.api.house import House, absent, problem


def test_a_variation_shows_its_overrides_bare(house: House) -> None:
    flag = house.owner.flag()

    made = house.owner.made(f"{flag.path}/variations", {"name": "Short", "overrides": {"title": "Hi", "steps": 2}})

    assert list(made) == ["id", "feature_flag_id", "name", "overrides", "created_at", "updated_at"]
    assert (made["feature_flag_id"], made["overrides"]) == (flag.id, {"title": "Hi", "steps": 2})
    assert house.owner.shown(f"{flag.path}/variations/{made['id']}") == made


def test_variations_are_listed_whole_in_the_order_in_which_they_were_made(house: House) -> None:
    flag = house.owner.flag()
    house.owner.made(f"{flag.path}/variations", {"name": "A later one", "overrides": {}})

    listed = house.owner.shown(f"{flag.path}/variations")

    assert list(listed) == ["variations"]
    assert [variation["name"] for variation in listed["variations"]] == ["Baseline", "Bold", "A later one"]


def test_creating_a_variation_does_not_move_the_flags_time(house: House) -> None:
    flag = house.owner.flag()
    before = house.owner.shown(flag.path)

    house.owner.made(f"{flag.path}/variations", {"name": "Short", "overrides": {}})

    assert house.owner.shown(flag.path) == before


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        ({"nothing": 1}, "override_key_invalid", "Invalid override key."),
        ({"title": 1}, "override_type_mismatch", "Override value type does not match the parameter type."),
        ({"steps": True}, "override_type_mismatch", "Override value type does not match the parameter type."),
        ({"title": None}, "override_type_mismatch", "Override value type does not match the parameter type."),
        (
            {"title": "Sign in"},
            "override_equals_default",
            "Override value must differ from the feature flag parameter default value.",
        ),
        (
            {"steps": 1.0},
            "override_equals_default",
            "Override value must differ from the feature flag parameter default value.",
        ),
        ({"title": "x" * 1023}, "override_value_too_large", "Override value exceeds maximum size of 1KB."),
    ],
)
def test_an_override_is_a_real_difference(house: House, overrides: Any, code: str, message: str) -> None:
    flag = house.owner.flag()
    path = f"{flag.path}/variations"

    created = house.owner.post(path, {"name": "Short", "overrides": overrides})
    changed = house.owner.patch(f"{path}/{flag.bold}", {"overrides": overrides})

    assert problem(created) == problem(changed) == (400, code)
    assert created.json()["message"] == message


def test_an_override_may_have_1_kb_as_json(house: House) -> None:
    flag = house.owner.flag()

    house.owner.made(f"{flag.path}/variations", {"name": "Long", "overrides": {"title": "x" * 1022}})


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"title": {"value": "Hi"}}, {"title": "Hi"}),
        ({"title": {"value": "Hi"}, "steps": 3}, {"title": "Hi", "steps": 3}),
        ({"layout": {"value": {"columns": 2}}}, {"layout": {"columns": 2}}),
        ({"layout": {"value": 2}}, {"layout": {"value": 2}}),
        ({"layout": {"value": {"value": 2}}}, {"layout": {"value": 2}}),
        ({"layout": {"value": 1, "other": 2}}, {"layout": {"value": 1, "other": 2}}),
        ({"hints": {"value": [1]}}, {"hints": [1]}),
    ],
)
def test_overrides_come_bare_or_wrapped_and_are_stored_bare(house: House, given: Any, stored: Any) -> None:
    flag = house.owner.flag()

    made = house.owner.made(f"{flag.path}/variations", {"name": "Given", "overrides": given})

    assert made["overrides"] == stored


@pytest.mark.parametrize("given", [{"title": {"value": "Hi", "more": 1}}, {"title": {"values": "Hi"}}, {"title": {}}])
def test_only_an_object_with_the_single_key_value_is_a_wrapper(house: House, given: Any) -> None:
    flag = house.owner.flag()

    reply = house.owner.post(f"{flag.path}/variations", {"name": "Given", "overrides": given})

    assert problem(reply) == (400, "override_type_mismatch")


def test_a_flag_has_at_most_20_variations(house: House) -> None:
    flag = house.owner.flag()
    for number in range(18):
        house.owner.made(f"{flag.path}/variations", {"name": f"Number {number}", "overrides": {}})

    reply = house.owner.post(f"{flag.path}/variations", {"name": "One too many", "overrides": {}})

    assert problem(reply) == (400, "variation_limit_exceeded")
    assert reply.json()["message"] == "Feature flag variation limit exceeded."


def test_names_are_unique_per_flag(house: House) -> None:
    flag, other = house.owner.flag(), house.owner.flag("Another flag")

    taken = house.owner.post(f"{flag.path}/variations", {"name": "Bold", "overrides": {}})
    renamed = house.owner.patch(f"{flag.path}/variations/{flag.base}", {"name": "Bold"})

    assert problem(taken) == problem(renamed) == (409, "variation_exists")
    assert taken.json()["message"] == "A variation with this name already exists on this feature flag."
    assert house.owner.shown(f"{other.path}/variations/{other.bold}")["name"] == "Bold"


def test_a_patch_replaces_all_overrides_and_leaves_the_rest(house: House) -> None:
    flag = house.owner.flag()
    path = f"{flag.path}/variations/{flag.bold}"
    before = house.owner.shown(path)

    changed = house.owner.patch(path, {"overrides": {"steps": 2}}).json()

    assert changed == before | {"overrides": {"steps": 2}, "updated_at": changed["updated_at"]}


def test_no_overrides_make_it_the_baseline(house: House) -> None:
    flag = house.owner.flag()

    assert house.owner.patch(f"{flag.path}/variations/{flag.bold}", {"overrides": {}}).json()["overrides"] == {}


def test_a_variation_of_another_flag_is_not_found(house: House) -> None:
    flag, other = house.owner.flag(), house.owner.flag("Another flag")
    path = f"{flag.path}/variations/{other.base}"

    found = house.owner.get(path)
    changed = house.owner.patch(path, {"name": "Mine now"})
    deleted = house.owner.delete(path)

    assert problem(found) == problem(changed) == (404, "variation_not_found")
    assert found.json()["message"] == "Variation not found."
    assert deleted.status_code == 204
    assert house.owner.get(f"{other.path}/variations/{other.base}").status_code == 200


def test_deleting_is_idempotent_while_the_flag_is_there(house: House) -> None:
    flag = house.owner.flag()
    path = f"{flag.path}/variations/{flag.bold}"

    replies = [house.owner.delete(path), house.owner.delete(path)]
    without_flag = house.owner.delete(f"/feature-flags/{absent('flg')}/variations/{flag.bold}")

    assert [reply.status_code for reply in replies] == [204, 204]
    assert problem(without_flag) == (404, "feature_flag_not_found")


def test_the_last_variation_stays(house: House) -> None:
    flag = house.owner.flag()
    house.owner.delete(f"{flag.path}/variations/{flag.bold}")

    reply = house.owner.delete(f"{flag.path}/variations/{flag.base}")

    assert problem(reply) == (400, "variation_last")
    assert reply.json()["message"] == "Feature flag must have at least one variation. Cannot delete the last variation."


def test_a_variation_is_kept_while_a_non_archived_experiment_allocates_it(house: House) -> None:
    flag = house.owner.flag()
    house.owner.made(f"{flag.path}/variations", {"name": "One more", "overrides": {}})
    experiment = house.owner.experiment(flag)

    refused = house.owner.delete(f"{flag.path}/variations/{flag.bold}")
    house.owner.move(experiment["id"], "archived")
    done = house.owner.delete(f"{flag.path}/variations/{flag.bold}")

    assert problem(refused) == (409, "variation_in_use")
    assert refused.json()["message"].startswith("Variation is in use by one or more non-archived experiment")
    assert done.status_code == 204
