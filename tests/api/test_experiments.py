"""Experiments over HTTP: creating, changing, deleting."""

from typing import Any

import pytest

from tests.api.house import House, absent, problem

FIELDS = [
    "id",
    "name",
    "description",
    "feature_flag_id",
    "feature_flag_name",
    "authentication_flow",
    "allocation_strategy",
    "assignment_config",
    "status",
    "is_valid",
    "feature_flag_snapshot",
    "allocations",
    "editable_fields",
    "levels",
    "current_level",
    "created_at",
    "updated_at",
]


def test_a_new_experiment_is_a_draft_that_shows_everything(house: House) -> None:
    flag = house.owner.flag("Sign-in title")

    made = house.owner.experiment(flag, description="What it asks", levels=[10, 100])

    assert list(made) == FIELDS
    assert (made["status"], made["is_valid"], made["allocation_strategy"]) == ("draft", True, "percentage")
    assert (made["feature_flag_name"], made["assignment_config"]) == ("Sign-in title", {"subject": "device"})
    assert (made["feature_flag_snapshot"], made["current_level"]) == (None, None)
    assert made["allocations"][0] == {
        "variation_id": flag.base,
        "variation_name": "Baseline",
        "weight": 50,
        "is_control": True,
        "variation_snapshot": None,
        "segment_snapshot": None,
    }
    assert house.owner.shown(f"/experiments/{made['id']}") == made
    assert house.owner.shown("/experiments")["experiments"] == [made]


def test_allocations_and_strategy_can_be_left_out(house: House) -> None:
    flag = house.owner.flag()
    body = {"name": "Bare bones", "feature_flag_id": flag.id, "authentication_flow": "authentication"}

    made = house.owner.made("/experiments", body)

    assert (made["allocation_strategy"], made["allocations"], made["is_valid"]) == ("percentage", [], False)
    assert "levels" not in made


def test_an_allocation_by_segment_shows_the_segments_name(house: House) -> None:
    flag, segment = house.owner.flag(), house.owner.segment("Phones")
    allocations = [
        {"variation_id": flag.bold, "is_control": False, "segment_id": segment, "priority": 1},
        {"variation_id": flag.base, "is_control": True, "is_fallback": True},
    ]

    made = house.owner.experiment(flag, allocation_strategy="segment", allocations=allocations)

    assert made["is_valid"]
    assert made["allocations"][0] == {
        "variation_id": flag.bold,
        "variation_name": "Bold",
        "segment_id": segment,
        "segment_name": "Phones",
        "priority": 1,
        "is_control": False,
        "variation_snapshot": None,
        "segment_snapshot": None,
    }
    assert made["allocations"][1]["is_fallback"] is True


@pytest.mark.parametrize(
    "flow",
    [
        "authentication",
        "mfa_enrollment",
        "mfa_challenge",
        "password_reset",
        "passkey_enrollment",
        "all",
        "x",
        "a flow of our own",
        "é" * 255,
    ],
)
def test_known_flows_and_flows_of_ones_own_are_taken(house: House, flow: str) -> None:
    assert house.owner.experiment(house.owner.flag(), authentication_flow=flow)["authentication_flow"] == flow


@pytest.mark.parametrize("flow", ["", " x", "x\n", "\u00a0x", "x" * 256, 1, None, ["all"]])
def test_a_flow_without_blanks_at_its_ends_of_at_most_255_characters_is_wanted(house: House, flow: Any) -> None:
    flag = house.owner.flag()
    body = {"name": "An experiment", "feature_flag_id": flag.id, "authentication_flow": flow}

    assert problem(house.owner.post("/experiments", body)) == (400, "invalid_body")


@pytest.mark.parametrize(
    ("given", "shown"),
    [(0, "0"), (50, "50"), (50.0, "50"), (12.5, "12.5"), (33.3333, "33.3333"), (0.0001, "0.0001"), (100, "100")],
)
def test_a_weight_comes_back_as_it_was_given_whole_ones_as_integers(house: House, given: float, shown: str) -> None:
    flag = house.owner.flag()
    allocations = [{"variation_id": flag.base, "is_control": True, "weight": given}]

    made = house.owner.experiment(flag, allocations=allocations)

    assert repr(made["allocations"][0]["weight"]) == shown


@pytest.mark.parametrize("weight", ["33.33333", "-1", "-0.0001", "100.0001", "101", "true", '"50"', "null", "0.00001"])
def test_a_weight_is_a_percentage_with_at_most_4_decimals(house: House, weight: str) -> None:
    flag = house.owner.flag()
    experiment = house.owner.experiment(flag)
    body = f'{{"allocations":[{{"variation_id":"{flag.base}","is_control":true,"weight":{weight}}}]}}'

    reply = house.owner.send("PATCH", f"/experiments/{experiment['id']}", content=body)

    assert problem(reply) == (400, "invalid_body")
    assert "allocations[0].weight" in reply.json()["message"]


def test_three_weights_of_four_decimals_sum_exactly(house: House) -> None:
    flag = house.owner.flag()
    third = house.owner.made(f"{flag.path}/variations", {"name": "Third", "overrides": {"steps": 3}})
    weights = [(flag.base, 33.3333), (flag.bold, 33.3333), (third["id"], 33.3334)]
    allocations = [{"variation_id": v, "is_control": v == flag.base, "weight": w} for v, w in weights]

    made = house.owner.experiment(flag, allocations=allocations)

    assert made["is_valid"]


@pytest.mark.parametrize("levels", [[0], [100], [0, 1, 100], list(range(101)), []])
def test_levels_are_strictly_increasing_integers_in_0_to_100(house: House, levels: list[int]) -> None:
    made = house.owner.experiment(house.owner.flag(), levels=levels)

    assert made.get("levels", []) == levels


@pytest.mark.parametrize("levels", [[10, 10], [20, 10], [-1], [101], [1.5], ["1"], [True], [None], None, 10, {}])
def test_other_levels_are_refused(house: House, levels: Any) -> None:
    flag = house.owner.flag()
    body = {"name": "An experiment", "feature_flag_id": flag.id, "authentication_flow": "all", "levels": levels}

    reply = house.owner.post("/experiments", body)

    assert problem(reply) == (400, "invalid_body")
    assert "levels" in reply.json()["message"]


@pytest.mark.parametrize("change", [{"priority": 0}, {"priority": 1.5}, {"is_control": 1}, {"is_fallback": "no"}])
def test_an_allocations_fields_have_their_types(house: House, change: dict[str, Any]) -> None:
    flag = house.owner.flag()
    experiment = house.owner.experiment(flag)
    allocation = {"variation_id": flag.base, "is_control": True} | change

    reply = house.owner.patch(f"/experiments/{experiment['id']}", {"allocations": [allocation]})

    assert problem(reply) == (400, "invalid_body")


@pytest.mark.parametrize("field", ["variation_id", "is_control"])
def test_an_allocation_names_its_variation_and_whether_it_is_the_control(house: House, field: str) -> None:
    flag = house.owner.flag()
    allocation = {"variation_id": flag.base, "is_control": True}
    del allocation[field]
    body = {"name": "Half said", "feature_flag_id": flag.id, "authentication_flow": "all", "allocations": [allocation]}

    reply = house.owner.post("/experiments", body)

    assert problem(reply) == (400, "invalid_body")
    assert f"allocations[0].{field}" in reply.json()["message"]


@pytest.mark.parametrize(("count", "is_taken"), [(20, True), (21, False)])
def test_an_experiment_has_at_most_20_allocations(house: House, count: int, *, is_taken: bool) -> None:
    flag = house.owner.flag()
    experiment = house.owner.experiment(flag)
    allocations = [{"variation_id": flag.base, "is_control": number == 0, "weight": 5} for number in range(count)]

    reply = house.owner.patch(f"/experiments/{experiment['id']}", {"allocations": allocations})

    if is_taken:
        assert reply.status_code == 200
    else:
        assert problem(reply) == (400, "experiment_allocation_limit_exceeded")
        assert reply.json()["message"] == "Experiments may have at most 20 allocations."


def test_allocations_refer_to_variations_of_the_flag_and_to_segments(house: House) -> None:
    flag, other, segment = house.owner.flag(), house.owner.flag("Another flag"), house.owner.segment()
    house.owner.patch(f"/segments/{segment}", {"status": "archived"})
    path = f"/experiments/{house.owner.experiment(flag)['id']}"

    def allocate(**fields: Any) -> Any:
        allocation = {"variation_id": flag.base, "is_control": True} | fields
        return house.owner.patch(path, {"allocations": [allocation]})

    strange = allocate(variation_id=other.base)
    nowhere = allocate(variation_id="var_x")
    no_segment = allocate(segment_id=absent("seg"), priority=1)
    archived = allocate(segment_id=segment, priority=1)

    assert problem(strange) == problem(nowhere) == (400, "variation_not_from_flag")
    assert strange.json()["message"] == "Variation does not belong to the referenced feature flag."
    assert problem(no_segment) == (400, "segment_not_found")
    assert no_segment.json()["message"] == "Segment not found."
    assert problem(archived) == (400, "segment_archived")


def test_a_draft_may_be_of_a_draft_flag_and_not_of_an_archived_one(house: House) -> None:
    draft, archived = house.owner.flag(is_active=False), house.owner.flag("Another flag")
    house.owner.post(f"{archived.path}/status", {"status": "archived"})

    made = house.owner.experiment(draft)
    body = {"name": "Too late", "feature_flag_id": archived.id, "authentication_flow": "all"}
    refused = house.owner.post("/experiments", body)

    assert made["is_valid"] is False
    assert problem(refused) == (400, "feature_flag_not_active")


@pytest.mark.parametrize("flag_id", [absent("flg"), "flg_x"])
def test_an_experiment_is_of_a_flag_that_is_there(house: House, flag_id: str) -> None:
    body = {"name": "Of nothing", "feature_flag_id": flag_id, "authentication_flow": "all"}

    assert problem(house.owner.post("/experiments", body)) == (404, "feature_flag_not_found")


def test_default_config_is_for_flags_of_the_server_only(house: House) -> None:
    own, servers = house.owner.flag(), house.add_server_things()
    body = {"name": "An experiment", "feature_flag_id": own.id, "authentication_flow": "all", "default_config": "flag"}

    refused = house.owner.post("/experiments", body)
    on_own = house.owner.experiment(own, "On our own")
    by_default = house.owner.experiment(servers, "By default")
    with_flag = house.owner.experiment(servers, "With flag", default_config="flag")
    changed = house.owner.patch(f"/experiments/{by_default['id']}", {"default_config": "flag"})
    on_own_changed = house.owner.patch(f"/experiments/{on_own['id']}", {"default_config": "flag"})

    assert problem(refused) == (400, "invalid_body")
    assert "default_config" in refused.json()["message"]
    assert "default_config" not in on_own
    assert by_default["default_config"] == "tenant"
    assert with_flag["default_config"] == changed.json()["default_config"] == "flag"
    assert problem(on_own_changed) == (400, "experiment_field_not_editable")


def test_a_patch_replaces_the_set_of_allocations_and_leaves_the_rest(house: House) -> None:
    flag = house.owner.flag()
    before = house.owner.experiment(flag, description="What it asks")
    allocations = [{"variation_id": flag.bold, "is_control": True, "weight": 100}]

    changed = house.owner.patch(f"/experiments/{before['id']}", {"allocations": allocations}).json()

    assert [a["variation_id"] for a in changed["allocations"]] == [flag.bold]
    assert changed == before | {"allocations": changed["allocations"], "updated_at": changed["updated_at"]}


@pytest.mark.parametrize("field", ["feature_flag_id", "allocation_strategy", "is_valid", "id", "current_level"])
def test_what_never_changes_can_not_be_patched(house: House, field: str) -> None:
    path = f"/experiments/{house.owner.experiment(house.owner.flag())['id']}"

    reply = house.owner.patch(path, {field: house.owner.shown(path)[field]})

    assert problem(reply) == (400, "invalid_body")
    assert field in reply.json()["message"]


def test_assignment_config_is_taken_with_its_only_subject(house: House) -> None:
    flag = house.owner.flag()
    made = house.owner.experiment(flag, assignment_config={"subject": "device"})
    path = f"/experiments/{made['id']}"

    same = house.owner.patch(path, {"assignment_config": {"subject": "device"}})
    others = [
        house.owner.patch(path, {"assignment_config": config})
        for config in ({"subject": "user"}, {}, {"subject": "device", "x": 1}, None, "device")
    ]

    assert (same.status_code, same.json()) == (200, made)
    assert [problem(reply) for reply in others] == [(400, "invalid_body")] * len(others)


def test_names_are_unique_per_tenant(house: House) -> None:
    flag = house.owner.flag()
    house.owner.experiment(flag, "The name")
    other = house.owner.experiment(flag, "Another name")

    body = {"name": "The name", "feature_flag_id": flag.id, "authentication_flow": "all"}
    created = house.owner.post("/experiments", body)
    renamed = house.owner.patch(f"/experiments/{other['id']}", {"name": "The name"})

    assert problem(created) == problem(renamed) == (409, "experiment_exists")
    assert created.json()["message"] == "An experiment with this name already exists."


def test_deleting_is_idempotent_and_refused_while_active(house: House) -> None:
    made = house.owner.experiment(house.owner.flag())
    path = f"/experiments/{made['id']}"
    house.owner.move(made["id"], "active")

    active = house.owner.delete(path)
    house.owner.move(made["id"], "paused")
    replies = [house.owner.delete(path) for _ in range(2)]

    assert problem(active) == (400, "experiment_active")
    assert active.json()["message"] == "Active experiments cannot be deleted. Pause or complete the experiment first."
    assert [reply.status_code for reply in replies] == [204, 204]
    assert problem(house.owner.get(path)) == (404, "experiment_not_found")


def test_a_repeated_create_is_harmless(house: House) -> None:
    flag = house.owner.flag()
    house.owner.experiment(flag, "Sent twice")

    body = {"name": "Sent twice", "feature_flag_id": flag.id, "authentication_flow": "authentication"}
    again = house.owner.post("/experiments", body)

    assert problem(again) == (409, "experiment_exists")
    assert len(house.owner.shown("/experiments")["experiments"]) == 1


def test_what_is_not_there_is_not_found(house: House) -> None:
    path = f"/experiments/{absent('exp')}"
    replies = [
        house.owner.get(path),
        house.owner.patch(path, {"name": "Another name"}),
        house.owner.post(f"{path}/status", {"status": "active"}),
        house.owner.post(f"{path}/validate"),
        house.owner.post(f"{path}/advance-ramp", {"target_level": 1}),
    ]

    assert [problem(reply) for reply in replies] == [(404, "experiment_not_found")] * len(replies)
    assert replies[0].json()["message"] == "Experiment not found."
