"""What an experiment randomises: devices, as the published API has it, or accounts."""

import pytest

from signpost.model.tenants import Generation
from tests.api.conftest import NewHouse
from tests.api.house import House, problem

OTHERS = ("account", "first_touch")


@pytest.mark.parametrize("subject", OTHERS)
def test_an_experiment_may_be_on_accounts(house: House, subject: str) -> None:
    made = house.owner.experiment(house.owner.flag(), assignment_config={"subject": subject})

    assert made["assignment_config"] == {"subject": subject}
    assert made["editable_fields"][-1] == "assignment_config"
    assert house.owner.shown(f"/experiments/{made['id']}") == made


def test_a_draft_may_change_its_subject(house: House) -> None:
    made = house.owner.experiment(house.owner.flag())

    changed = house.owner.patch(f"/experiments/{made['id']}", {"assignment_config": {"subject": "account"}})
    back = house.owner.patch(f"/experiments/{made['id']}", {"assignment_config": {"subject": "device"}})

    assert changed.json()["assignment_config"] == {"subject": "account"}
    assert back.json() == made | {"updated_at": back.json()["updated_at"]}


@pytest.mark.parametrize("statuses", [("active",), ("active", "paused"), ("active", "completed")])
def test_what_has_run_keeps_its_subject(house: House, statuses: tuple[str, ...]) -> None:
    path = f"/experiments/{house.owner.experiment(house.owner.flag(), assignment_config={'subject': 'account'})['id']}"
    moved = house.owner.move(path.rpartition("/")[2], *statuses)

    others = [house.owner.patch(path, {"assignment_config": {"subject": s}}) for s in ("device", "first_touch")]
    same = house.owner.patch(path, {"assignment_config": {"subject": "account"}})

    assert [problem(reply) for reply in others] == [(400, "experiment_field_not_editable")] * 2
    assert (same.status_code, same.json()) == (200, moved)
    assert "assignment_config" not in moved["editable_fields"]


@pytest.mark.parametrize("subject", OTHERS)
def test_the_beta_generation_knows_devices_only(new_house: NewHouse, subject: str) -> None:
    beta = new_house(generation=Generation.BETA)
    made = beta.owner.experiment(beta.owner.flag())

    config = {"assignment_config": {"subject": subject}}
    refused = beta.owner.patch(f"/experiments/{made['id']}", config)
    body = {"name": "Another", "feature_flag_id": made["feature_flag_id"], "authentication_flow": "all"}
    not_made = beta.owner.post("/experiments", body | config)

    assert [problem(reply) for reply in (refused, not_made)] == [(400, "invalid_body")] * 2
    assert "assignment_config.subject" in refused.json()["message"]


def test_the_experiments_of_a_group_have_one_subject(house: House) -> None:
    flag, group = house.owner.flag(), {"name": "Sign-in page", "weight": 10}
    made = house.owner.experiment(flag, exclusion_group=group)
    body = {"name": "Another", "feature_flag_id": flag.id, "authentication_flow": "all", "exclusion_group": group}
    other = house.owner.made("/experiments", body)

    not_made = house.owner.post("/experiments", body | {"name": "A third", "assignment_config": {"subject": "account"}})
    refused = house.owner.patch(f"/experiments/{other['id']}", {"assignment_config": {"subject": "account"}})

    assert [problem(reply) for reply in (not_made, refused)] == [(400, "invalid_body")] * 2
    assert house.owner.shown(f"/experiments/{made['id']}") == made
