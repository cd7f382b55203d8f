"""Follow-ups: an experiment that takes an earlier one's salt, over HTTP."""

from typing import Any

import pytest

from signpost.model.tenants import Generation
from tests.api.conftest import NewHouse
from tests.api.house import House, Json, absent, problem


def follow_up(house: House, **fields: Any) -> tuple[Json, Json]:
    """Return an active experiment, and a draft in another flow that shares its salt."""
    flag = house.owner.flag()
    first = house.owner.experiment(flag, "First")
    house.owner.move(first["id"], "active")
    body = {"authentication_flow": "password_reset", "salt_of": first["id"]} | fields
    return first, house.owner.experiment(flag, "Second", **body)


def salt_of(house: House, experiment_id: str) -> str:
    with house.store.reading(house.tenant.id) as tenant:
        found = tenant.experiments.get(experiment_id)
        assert found is not None
        return found.salt


def test_a_follow_up_has_the_salt_of_the_experiment_that_it_follows(house: House) -> None:
    first, second = follow_up(house)
    third = house.owner.experiment(house.owner.flag("Another"), "Third", salt_of=second["id"])

    assert salt_of(house, second["id"]) == salt_of(house, first["id"]) == salt_of(house, third["id"])
    assert (second["salt_of"], second["allow_shared_salt"]) == (first["id"], False)
    assert third["salt_of"] == second["id"]


@pytest.mark.parametrize("status", ["active", "paused"])
def test_both_can_not_run_at_once(house: House, status: str) -> None:
    first, second = follow_up(house)
    if status == "paused":
        house.owner.move(first["id"], "paused")

    refused = house.owner.post(f"/experiments/{second['id']}/status", {"status": "active"})

    assert problem(refused) == (400, "salt_in_use")
    assert f"The experiment First is {status} with it." in refused.json()["message"]
    assert second["is_valid"] is False
    assert house.owner.post(f"/experiments/{second['id']}/validate").json()["errors"][0]["code"] == "salt_in_use"


def test_it_runs_when_the_other_is_done(house: House) -> None:
    first, second = follow_up(house)

    house.owner.move(first["id"], "completed")

    assert house.owner.move(second["id"], "active")["is_valid"] is True


def test_both_run_at_once_when_one_says_so(house: House) -> None:
    first, second = follow_up(house, allow_shared_salt=True)

    house.owner.move(second["id"], "active")

    assert second["is_valid"] is True
    assert house.owner.move(first["id"], "paused", "active")["is_valid"] is True


def test_it_can_be_said_later_in_a_draft_and_in_a_paused_one(house: House) -> None:
    first, second = follow_up(house)

    said = house.owner.patch(f"/experiments/{second['id']}", {"allow_shared_salt": True})

    assert (said.status_code, said.json()["is_valid"]) == (200, True)
    assert said.json()["editable_fields"][-1] == "allow_shared_salt"
    refused = house.owner.patch(f"/experiments/{first['id']}", {"allow_shared_salt": True})
    assert problem(refused) == (400, "experiment_field_not_editable")
    house.owner.move(first["id"], "paused")
    assert house.owner.patch(f"/experiments/{first['id']}", {"allow_shared_salt": True}).status_code == 200


def test_a_salt_is_chosen_once_and_of_what_is_there(house: House) -> None:
    first, second = follow_up(house)
    body = {"name": "Third", "feature_flag_id": first["feature_flag_id"], "authentication_flow": "all"}

    missing = house.owner.post("/experiments", body | {"salt_of": absent("exp")})
    later = house.owner.patch(f"/experiments/{second['id']}", {"salt_of": first["id"]})

    assert problem(missing) == (404, "experiment_not_found")
    assert problem(later) == (400, "invalid_body")


def test_another_tenants_salt_is_not_to_be_had(house: House) -> None:
    first, _ = follow_up(house)
    stranger = house.caller(house.other_tenant)
    flag = stranger.flag()
    body = {"name": "Third", "feature_flag_id": flag.id, "authentication_flow": "all", "salt_of": first["id"]}

    assert problem(stranger.post("/experiments", body)) == (404, "experiment_not_found")


@pytest.mark.parametrize("extension", [{"salt_of": absent("exp")}, {"allow_shared_salt": True}])
def test_the_beta_generation_knows_nothing_of_it(new_house: NewHouse, extension: Json) -> None:
    beta = new_house(generation=Generation.BETA)
    made = beta.owner.experiment(beta.owner.flag())
    body = {"name": "Second", "feature_flag_id": made["feature_flag_id"], "authentication_flow": "all"}

    refused = [
        beta.owner.post("/experiments", body | extension),
        beta.owner.patch(f"/experiments/{made['id']}", extension),
    ]

    (field,) = extension
    assert [problem(reply) for reply in refused] == [(400, "invalid_body")] * 2
    assert all(f"'Additional properties not allowed' on property {field}." in r.json()["message"] for r in refused)


def test_what_uses_no_extension_looks_as_the_published_api_has_it(house: House) -> None:
    made = house.owner.experiment(house.owner.flag())

    assert not {"salt_of", "allow_shared_salt", "exclusion_group"} & set(made)
    assert made["editable_fields"] == ["name", "description", "authentication_flow", "allocations", "levels"]
