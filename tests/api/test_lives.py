"""The lives of experiments over HTTP: status, what may change when, snapshots."""

from itertools import product
from typing import Any

import pytest

from tests.api.house import House, problem

WAYS = {
    "draft": (),
    "active": ("active",),
    "paused": ("active", "paused"),
    "completed": ("active", "completed"),
    "archived": ("archived",),
}
LEADS_TO = {
    "draft": {"active", "archived"},
    "active": {"paused", "completed"},
    "paused": {"active", "completed", "archived"},
    "completed": {"archived"},
    "archived": set[str](),
}
EDITABLE = {
    "draft": ["name", "description", "authentication_flow", "allocations", "levels"],
    "active": ["name", "description"],
    "paused": ["name", "description", "allocations"],
    "completed": ["name", "description"],
    "archived": [],
}


def experiment_in(house: House, status: str, **fields: Any) -> dict[str, Any]:
    """Return an experiment that has come to a status."""
    made = house.owner.experiment(house.owner.flag(), **fields)
    return house.owner.move(made["id"], *WAYS[status]) or made


def told(current: str, target: str) -> str:
    """Return what the contract says of a move that is not allowed."""
    if (current, target) == ("completed", "active"):
        return "Completed experiments cannot be reactivated."
    return "Status transition is not allowed."


@pytest.mark.parametrize(("current", "target"), list(product(WAYS, ["active", "paused", "completed", "archived"])))
def test_post_moves_an_experiment_along_its_life(house: House, current: str, target: str) -> None:
    before = experiment_in(house, current)

    reply = house.owner.post(f"/experiments/{before['id']}/status", {"status": target})

    if target in LEADS_TO[current]:
        assert (reply.status_code, reply.json()["status"]) == (200, target)
        assert reply.json() == house.owner.shown(f"/experiments/{before['id']}")
    else:
        assert problem(reply) == (400, "invalid_status_transition")
        assert reply.json()["message"] == told(current, target)
        assert house.owner.shown(f"/experiments/{before['id']}") == before


@pytest.mark.parametrize(("current", "target"), list(product(WAYS, WAYS)))
def test_patch_moves_an_experiment_and_takes_the_current_status_as_no_change(
    house: House, current: str, target: str
) -> None:
    before = experiment_in(house, current)

    reply = house.owner.patch(f"/experiments/{before['id']}", {"status": target})

    if target == current:
        assert (reply.status_code, reply.json()) == (200, before)
    elif target in LEADS_TO[current]:
        assert (reply.status_code, reply.json()["status"]) == (200, target)
    else:
        assert problem(reply) == (400, "invalid_status_transition")
        assert reply.json()["message"] == told(current, target)


def test_nothing_can_be_posted_back_to_draft(house: House) -> None:
    made = experiment_in(house, "draft")

    assert problem(house.owner.post(f"/experiments/{made['id']}/status", {"status": "draft"})) == (400, "invalid_body")


def test_the_beginning_stays_and_the_end_comes_with_completion(house: House) -> None:
    draft = experiment_in(house, "draft")
    active = house.owner.move(draft["id"], "active")
    active_again = house.owner.move(draft["id"], "paused", "active")
    completed = house.owner.move(draft["id"], "completed")
    archived = house.owner.move(draft["id"], "archived")

    assert "started_at" not in draft
    assert active["started_at"] == active["updated_at"]
    assert completed["ended_at"] == completed["updated_at"]
    assert "ended_at" not in active_again
    assert active["started_at"] == active_again["started_at"] == archived["started_at"]
    assert completed["ended_at"] == archived["ended_at"] > active["started_at"]


def test_archiving_a_paused_one_ends_it_and_archiving_a_draft_does_not(house: House) -> None:
    paused = house.owner.experiment(house.owner.flag(), "Was paused")
    draft = house.owner.experiment(house.owner.flag("Another flag"), "Was a draft")

    assert "ended_at" in house.owner.move(paused["id"], "active", "paused", "archived")
    assert "ended_at" not in house.owner.move(draft["id"], "archived")


@pytest.mark.parametrize("status", WAYS)
def test_editable_fields_say_what_a_patch_may_set(house: House, status: str) -> None:
    before = experiment_in(house, status)
    changes: dict[str, Any] = {
        "name": "Another name",
        "description": "What it asks",
        "authentication_flow": "password_reset",
        "allocations": before["allocations"][:0],
        "levels": [10, 20],
        "default_config": "flag",
    }

    replies = {
        field: house.owner.patch(f"/experiments/{before['id']}", {field: value}) for field, value in changes.items()
    }

    assert before["editable_fields"] == EDITABLE[status]
    assert {field for field, reply in replies.items() if reply.status_code == 200} == set(EDITABLE[status])
    for field, reply in replies.items():
        if reply.status_code == 200:
            continue
        if (field, status) == ("allocations", "active"):
            assert problem(reply) == (400, "experiment_requires_pause")
            assert reply.json()["message"] == "Allocations cannot be modified while the experiment is active."
        else:
            assert problem(reply) == (400, "experiment_field_not_editable")
            assert field in reply.json()["message"]
            assert status in reply.json()["message"]


def test_what_does_not_apply_is_not_editable(house: House) -> None:
    servers = house.add_server_things()
    by_segment = house.owner.experiment(house.owner.flag(), "By segment", allocation_strategy="segment", allocations=[])
    of_server = house.owner.experiment(servers, "Of the server")

    assert by_segment["editable_fields"] == ["name", "description", "authentication_flow", "allocations"]
    assert of_server["editable_fields"] == [
        "name",
        "description",
        "authentication_flow",
        "allocations",
        "default_config",
        "levels",
    ]


def test_what_may_change_is_decided_by_the_status_before(house: House) -> None:
    flag = house.owner.flag()
    made = house.owner.experiment(flag)
    path = f"/experiments/{made['id']}"
    house.owner.move(made["id"], "active")

    with_pause = house.owner.patch(path, {"status": "paused", "allocations": flag.halves()})
    house.owner.patch(path, {"status": "paused"})
    with_start = house.owner.patch(path, {"status": "active", "allocations": flag.halves()})

    assert problem(with_pause) == (400, "experiment_requires_pause")
    assert (with_start.status_code, with_start.json()["status"]) == (200, "active")


def test_a_patch_with_a_status_is_all_or_nothing(house: House) -> None:
    made = house.owner.experiment(house.owner.flag())

    reply = house.owner.patch(f"/experiments/{made['id']}", {"name": "Another name", "status": "paused"})

    assert problem(reply) == (400, "invalid_status_transition")
    assert house.owner.shown(f"/experiments/{made['id']}") == made


def test_a_patch_can_make_an_experiment_ready_and_active_at_once(house: House) -> None:
    flag = house.owner.flag()
    made = house.owner.experiment(flag, allocations=[])

    reply = house.owner.patch(f"/experiments/{made['id']}", {"allocations": flag.halves(), "status": "active"})

    assert (reply.status_code, reply.json()["status"]) == (200, "active")


def test_an_active_experiment_runs_on_snapshots_whatever_happens_to_the_originals(house: House) -> None:
    flag, segment = house.owner.flag(), house.owner.segment("Phones")
    allocations = [
        {"variation_id": flag.bold, "is_control": False, "segment_id": segment, "priority": 1},
        {"variation_id": flag.base, "is_control": True, "is_fallback": True},
    ]
    made = house.owner.experiment(flag, allocation_strategy="segment", allocations=allocations)
    before = {
        "flag": house.owner.shown(flag.path),
        "variation": house.owner.shown(f"{flag.path}/variations/{flag.bold}"),
        "segment": house.owner.shown(f"/segments/{segment}"),
    }

    house.owner.move(made["id"], "active")
    house.owner.patch(f"{flag.path}/variations/{flag.bold}", {"name": "Bolder", "overrides": {"steps": 9}})
    house.owner.patch(flag.path, {"name": "A new name", "description": "Now it has one"})
    house.owner.patch(f"/segments/{segment}", {"name": "Tablets", "rules": [{"match": {"device_type": ["tablet"]}}]})
    shown = house.owner.shown(f"/experiments/{made['id']}")

    assert shown["feature_flag_snapshot"] == before["flag"]
    assert shown["allocations"][0]["variation_snapshot"] == before["variation"]
    assert shown["allocations"][0]["segment_snapshot"] == before["segment"]
    assert shown["allocations"][1]["segment_snapshot"] is None
    assert shown["feature_flag_name"] == "A new name"
    assert (shown["allocations"][0]["variation_name"], shown["allocations"][0]["segment_name"]) == ("Bolder", "Tablets")


def test_a_second_activation_leaves_the_snapshots_and_freezes_what_is_new(house: House) -> None:
    flag = house.owner.flag()
    made = house.owner.experiment(flag)
    house.owner.move(made["id"], "active", "paused")
    frozen = house.owner.shown(f"/experiments/{made['id']}")["allocations"][1]["variation_snapshot"]
    third = house.owner.made(f"{flag.path}/variations", {"name": "Third", "overrides": {"steps": 3}})
    house.owner.patch(f"{flag.path}/variations/{flag.bold}", {"overrides": {"steps": 9}})
    allocations = [*flag.halves(), {"variation_id": third["id"], "is_control": False, "weight": 0}]

    house.owner.patch(f"/experiments/{made['id']}", {"allocations": allocations})
    shown = house.owner.move(made["id"], "active")

    assert shown["allocations"][1]["variation_snapshot"] == frozen
    assert shown["allocations"][2]["variation_snapshot"] == third


def test_activation_checks_readiness_again(house: House) -> None:
    flag = house.owner.flag()
    made = house.owner.experiment(flag)
    house.owner.move(made["id"], "active", "paused")
    house.owner.post(f"{flag.path}/status", {"status": "archived"})

    reply = house.owner.post(f"/experiments/{made['id']}/status", {"status": "active"})

    assert problem(reply) == (400, "feature_flag_not_active")
