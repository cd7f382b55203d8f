"""Exclusion groups over HTTP: several experiments in one flow, each with slots of its own."""

from typing import Any

import pytest

from signpost.model.experiments import ExclusionGroup
from signpost.model.tenants import Generation
from tests.api.conftest import NewHouse
from tests.api.house import House, Json, problem


def grouped(house: House, weight: float, name: str, group: str = "Sign-in page", **fields: Any) -> Json:
    """Return a draft of a group, on a flag of its own."""
    flag = house.owner.flag(f"Flag of {name}")
    return house.owner.experiment(flag, name, exclusion_group={"name": group, "weight": weight}, **fields)


def group_of(house: House, experiment: Json) -> ExclusionGroup:
    with house.store.reading(house.tenant.id) as tenant:
        found = tenant.experiments.get(experiment["id"])
        assert found is not None
        assert found.exclusion_group is not None
        return found.exclusion_group


def spans_of(house: House, experiment: Json) -> list[tuple[int, int]]:
    return [(span.start, span.stop) for span in group_of(house, experiment).spans]


def activate(house: House, experiment: Json) -> Any:
    return house.owner.post(f"/experiments/{experiment['id']}/status", {"status": "active"})


def reweigh(house: House, experiment: Json, weight: float) -> Any:
    body = {"exclusion_group": {"name": "Sign-in page", "weight": weight}}
    return house.owner.patch(f"/experiments/{experiment['id']}", body)


def test_several_of_one_group_are_active_in_one_flow_with_slots_of_their_own(house: House) -> None:
    first, second, third = (grouped(house, 33.3333, name) for name in ("First", "Second", "Third"))

    moved = [house.owner.move(experiment["id"], "active") for experiment in (first, second, third)]

    assert [m["is_valid"] for m in moved] == [True] * 3
    assert moved[0]["exclusion_group"] == {"name": "Sign-in page", "weight": 33.3333}
    assert [spans_of(house, e) for e in (first, second, third)] == [
        [(0, 333_333)],
        [(333_333, 666_666)],
        [(666_666, 999_999)],
    ]
    assert len({group_of(house, e).salt for e in (first, second, third)}) == 1
    assert house.catalog.find(house.tenant.domain) is not None


def test_the_groups_salt_is_neither_an_experiments_nor_another_groups(house: House) -> None:
    first, second = grouped(house, 10, "First"), grouped(house, 10, "Second", group="Another")

    salts = {group_of(house, first).salt, group_of(house, second).salt}

    assert len(salts | {first["id"][4:], second["id"][4:]}) == 4


@pytest.mark.parametrize("flow", ["authentication", "all"])
def test_who_is_of_no_group_or_of_another_waits(house: House, flow: str) -> None:
    house.owner.move(grouped(house, 10, "First")["id"], "active")
    plain = house.owner.experiment(house.owner.flag(), "Plain", authentication_flow=flow)
    other = grouped(house, 10, "Other", group="Another", authentication_flow=flow)

    assert [problem(activate(house, e)) for e in (plain, other)] == [(400, "experiment_active_limit_exceeded")] * 2


def test_one_of_a_group_may_be_everywhere(house: House) -> None:
    house.owner.move(grouped(house, 10, "First")["id"], "active")

    assert activate(house, grouped(house, 10, "Everywhere", authentication_flow="all")).status_code == 200


def test_who_finds_no_room_is_told_how_much_there_is(house: House) -> None:
    house.owner.move(grouped(house, 60, "First")["id"], "active", "paused")
    second = grouped(house, 40.0001, "Second")

    refused = activate(house, second)

    assert problem(refused) == (400, "exclusion_group_full")
    assert "It is to have 40.0001 % of the group Sign-in page, 40 % are free." in refused.json()["message"]
    assert second["is_valid"] is False
    assert reweigh(house, second, 40).json()["is_valid"] is True
    assert activate(house, second).status_code == 200


@pytest.mark.parametrize("end", [("completed",), ("paused", "archived")])
def test_who_ends_makes_room(house: House, end: tuple[str, ...]) -> None:
    first, second, third = grouped(house, 60, "First"), grouped(house, 30, "Second"), grouped(house, 70, "Third")
    house.owner.move(first["id"], "active")
    house.owner.move(second["id"], "active")

    house.owner.move(first["id"], *end)
    house.owner.move(third["id"], "active")

    assert spans_of(house, second) == [(600_000, 900_000)]
    assert spans_of(house, third) == [(0, 600_000), (900_000, 1_000_000)]


def test_a_paused_one_keeps_its_slots_and_another_weight_moves_the_fewest(house: House) -> None:
    first, second = grouped(house, 20, "First"), grouped(house, 20, "Second")
    house.owner.move(first["id"], "active", "paused")
    house.owner.move(second["id"], "active")

    smaller = reweigh(house, first, 15)
    assert spans_of(house, first) == [(0, 200_000)]
    house.owner.move(first["id"], "active", "paused")
    after_smaller = spans_of(house, first)
    reweigh(house, first, 30)
    house.owner.move(first["id"], "active")

    assert smaller.json()["editable_fields"] == ["name", "description", "allocations", "exclusion_group"]
    assert after_smaller == [(0, 150_000)]
    assert spans_of(house, first) == [(0, 200_000), (400_000, 500_000)]


def test_a_draft_joins_and_leaves_as_it_likes(house: House) -> None:
    first, draft = grouped(house, 20, "First"), house.owner.experiment(house.owner.flag())

    joined = reweigh(house, draft, 5)
    assert joined.json()["exclusion_group"] == {"name": "Sign-in page", "weight": 5}
    assert group_of(house, draft).salt == group_of(house, first).salt
    left = house.owner.patch(f"/experiments/{draft['id']}", {"exclusion_group": None})

    assert "exclusion_group" not in left.json()


@pytest.mark.parametrize("status", ["active", "paused", "completed"])
@pytest.mark.parametrize("group", [{"name": "Another", "weight": 20}, None])
def test_what_has_run_stays_in_its_group(house: House, status: str, group: Json | None) -> None:
    experiment = grouped(house, 20, "First")
    house.owner.move(experiment["id"], *{"active": ["active"]}.get(status, ["active", status]))

    refused = house.owner.patch(f"/experiments/{experiment['id']}", {"exclusion_group": group})

    assert problem(refused) == (400, "experiment_field_not_editable")


def test_what_has_run_without_a_group_joins_none(house: House) -> None:
    experiment = house.owner.experiment(house.owner.flag())
    house.owner.move(experiment["id"], "active", "paused")

    assert problem(reweigh(house, experiment, 5)) == (400, "experiment_field_not_editable")


@pytest.mark.parametrize(
    ("group", "what"),
    [
        ({"name": "Sign-in page"}, "'Missing required property' on property exclusion_group.weight"),
        ({"weight": 5}, "'Missing required property' on property exclusion_group.name"),
        ({"name": "ab", "weight": 5}, "exclusion_group.name"),
        ({"name": "x" * 256, "weight": 5}, "exclusion_group.name"),
        ({"name": " padded", "weight": 5}, "exclusion_group.name"),
        ({"name": "Sign-in page", "weight": 0}, "'Value is less than minimum 0.0001'"),
        ({"name": "Sign-in page", "weight": 100.0001}, "'Value is greater than maximum 100'"),
        ({"name": "Sign-in page", "weight": 0.00011}, "'A weight has at most 4 decimals'"),
        ({"name": "Sign-in page", "weight": "5"}, "exclusion_group.weight"),
        ({"name": "Sign-in page", "weight": 5, "salt": "1" * 22}, "exclusion_group.salt"),
        ("Sign-in page", "exclusion_group"),
    ],
)
def test_a_group_has_a_name_and_a_weight(house: House, group: Any, what: str) -> None:
    flag = house.owner.flag()
    body = {"name": "First", "feature_flag_id": flag.id, "authentication_flow": "all", "exclusion_group": group}

    refused = house.owner.post("/experiments", body)

    assert problem(refused) == (400, "invalid_body")
    assert what in refused.json()["message"]


def test_tenants_share_no_group(house: House) -> None:
    house.owner.move(grouped(house, 100, "First")["id"], "active")
    stranger = house.caller(house.other_tenant)
    theirs = stranger.experiment(stranger.flag(), exclusion_group={"name": "Sign-in page", "weight": 100})

    assert stranger.move(theirs["id"], "active")["is_valid"] is True


def test_the_beta_generation_has_no_groups(new_house: NewHouse) -> None:
    beta = new_house(generation=Generation.BETA)
    flag = beta.owner.flag()
    body = {"name": "First", "feature_flag_id": flag.id, "authentication_flow": "all"}

    refused = beta.owner.post("/experiments", body | {"exclusion_group": {"name": "Sign-in page", "weight": 5}})

    assert problem(refused) == (400, "invalid_body")
    assert "'Additional properties not allowed' on property exclusion_group." in refused.json()["message"]
