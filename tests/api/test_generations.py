"""Both generations of bodies; the domain is one."""

from typing import Any

import pytest

from signpost.model.tenants import Generation
from tests.api.conftest import NewHouse
from tests.api.house import House

SEED = [
    "id",
    "name",
    "feature_flag_id",
    "authentication_flow",
    "allocation_strategy",
    "assignment_config",
    "status",
    "is_valid",
    "allocations",
    "created_at",
    "updated_at",
    "description",
    "started_at",
    "ended_at",
]
"""The fields of the document that the project started from, which are all fields of the beta generation."""
SEED_ALLOCATION = {"variation_id", "segment_id", "weight", "priority", "is_control", "is_fallback"}


@pytest.fixture
def beta(new_house: NewHouse) -> House:
    """A house with a tenant of the first generation."""
    return new_house(generation=Generation.BETA)


def test_beta_replies_have_the_fields_of_the_first_form_and_nothing_else(beta: House) -> None:
    made = beta.owner.experiment(beta.owner.flag(), description="What it asks", assignment_config={"subject": "device"})

    moved = beta.owner.move(made["id"], "active", "completed")

    assert set(made) == set(SEED) - {"started_at", "ended_at"}
    assert set(moved) == set(SEED)
    assert all(set(allocation) <= SEED_ALLOCATION for allocation in moved["allocations"])
    assert beta.owner.shown("/experiments")["experiments"] == [moved]


def test_the_seeds_reply_holds_in_today_s_form_too_with_more_fields(house: House) -> None:
    made = house.owner.experiment(house.owner.flag(), description="What it asks")

    moved = house.owner.move(made["id"], "active", "completed")

    assert set(SEED) < set(moved)
    assert moved["assignment_config"] == {"subject": "device"}


def test_a_beta_segment_allocation_shows_what_it_was_given(beta: House) -> None:
    flag, segment = beta.owner.flag(), beta.owner.segment()
    given = [
        {"variation_id": flag.bold, "is_control": False, "segment_id": segment, "priority": 1, "is_fallback": False},
        {"variation_id": flag.base, "is_control": True, "is_fallback": True},
    ]

    made = beta.owner.experiment(flag, allocation_strategy="segment", allocations=given)

    assert made["allocations"] == given


def test_beta_overrides_go_out_wrapped(beta: House) -> None:
    flag = beta.owner.flag()
    path = f"{flag.path}/variations"

    bare = beta.owner.made(path, {"name": "Bare", "overrides": {"title": "Hi", "layout": {"value": 1}}})
    wrapped = beta.owner.made(path, {"name": "Wrapped", "overrides": {"title": {"value": "Hi"}}})
    changed = beta.owner.patch(f"{path}/{bare['id']}", {"overrides": wrapped["overrides"]}).json()

    assert bare["overrides"] == {"title": {"value": "Hi"}, "layout": {"value": {"value": 1}}}
    assert wrapped["overrides"] == changed["overrides"] == {"title": {"value": "Hi"}}
    assert beta.owner.shown(f"{path}/{flag.bold}")["overrides"] == {"title": {"value": "Go"}}


@pytest.mark.parametrize("overrides", [{"title": "Hi"}, {"layout": {"value": 1}}, {"layout": {"value": {"a": 1}}}, {}])
def test_what_beta_sends_out_it_takes_back_unchanged(beta: House, overrides: Any) -> None:
    flag = beta.owner.flag()
    made = beta.owner.made(f"{flag.path}/variations", {"name": "There", "overrides": overrides})

    again = beta.owner.made(f"{flag.path}/variations", {"name": "And back", "overrides": made["overrides"]})

    assert again["overrides"] == made["overrides"]


def test_a_beta_segment_has_no_status(beta: House) -> None:
    made = beta.owner.made("/segments", {"name": "Phones", "rules": [{"match": {"device_type": ["mobile"]}}]})
    archived = beta.owner.patch(f"/segments/{made['id']}", {"status": "archived"})

    assert list(made) == ["id", "name", "type", "rules", "created_at", "updated_at"]
    assert (archived.status_code, "status" in archived.json()) == (200, False)


def test_both_generations_take_both_ways_to_a_status(house: House, beta: House) -> None:
    for each in (house, beta):
        made = each.owner.experiment(each.owner.flag(), levels=[5])
        path = f"/experiments/{made['id']}"

        assert each.owner.post(f"{path}/status", {"status": "active"}).json()["status"] == "active"
        assert each.owner.patch(path, {"status": "paused"}).json()["status"] == "paused"


def test_a_fractional_weight_is_taken_and_shown_by_both(house: House, beta: House) -> None:
    for each in (house, beta):
        flag = each.owner.flag()
        weights = [{"variation_id": flag.base, "is_control": True, "weight": 33.5}]

        made = each.owner.experiment(flag, allocations=weights)

        assert made["allocations"][0]["weight"] == 33.5
