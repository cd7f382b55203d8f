"""What keeps an experiment from being active, over HTTP."""

from typing import Any

import pytest

from signpost.model.tenants import Generation
from tests.api.conftest import NewHouse
from tests.api.house import FlagThere, House, problem

Allocations = list[dict[str, Any]]


def _codes(house: House, experiment_id: str) -> list[str]:
    reply = house.owner.post(f"/experiments/{experiment_id}/validate")
    body = reply.json()
    assert reply.status_code == 200
    assert list(body) == ["is_valid", "errors"]
    assert all(list(error) == ["code", "message"] and error["message"] for error in body["errors"])
    assert body["is_valid"] is not bool(body["errors"])
    return [error["code"] for error in body["errors"]]


def _percent(flag: FlagThere, *weights: float | None, controls: int = 1) -> Allocations:
    shares = zip((flag.base, flag.bold, flag.bold), weights, strict=False)
    return [
        {"variation_id": variation, "is_control": number < controls} | ({} if weight is None else {"weight": weight})
        for number, (variation, weight) in enumerate(shares)
    ]


WEIGHTS = "experiment_invalid_allocation_weights"
CONTROL = "experiment_missing_control"
SEGMENTS = "experiment_invalid_segment_allocation"


@pytest.mark.parametrize(
    ("weights", "levels", "controls", "codes"),
    [
        ((), [], 1, ["experiment_missing_allocations"]),
        ((50, 50), [], 1, []),
        ((100,), [], 1, []),
        ((100, 0), [], 1, []),
        ((50, 49.9999), [], 1, [WEIGHTS]),
        ((50, 50, 0.0001), [], 1, [WEIGHTS]),
        ((100, None), [], 1, [WEIGHTS]),
        ((None, None), [], 1, [WEIGHTS]),
        ((50, 50), [], 0, [CONTROL]),
        ((50, 50), [], 2, [CONTROL]),
        ((50, 40), [], 2, [CONTROL, WEIGHTS]),
        ((None, None), [10], 1, []),
        ((50, 50), [10], 1, []),
        ((50, None), [10], 1, [WEIGHTS]),
        ((50, 40), [10], 1, [WEIGHTS]),
        ((100,), [10], 1, ["experiment_invalid_ramp"]),
        ((None,), [10], 1, ["experiment_invalid_ramp"]),
    ],
)
def test_percentages(house: House, weights: Any, levels: list[int], controls: int, codes: list[str]) -> None:
    flag = house.owner.flag()

    made = house.owner.experiment(flag, allocations=_percent(flag, *weights, controls=controls), levels=levels)

    assert _codes(house, made["id"]) == codes
    assert made["is_valid"] is not bool(codes)


TARGETED = {"is_control": False, "segment_id": "SEGMENT", "priority": 1}
FALLBACK = {"is_control": True, "is_fallback": True}


@pytest.mark.parametrize(
    ("allocations", "codes"),
    [
        ([TARGETED, FALLBACK], []),
        ([FALLBACK], []),
        ([TARGETED, FALLBACK | {"is_fallback": False}], ["experiment_missing_default", SEGMENTS]),
        ([TARGETED | {"is_fallback": True}, FALLBACK], ["experiment_missing_default"]),
        ([{"is_control": False, "priority": 1}, FALLBACK], [SEGMENTS]),
        ([{"is_control": False, "segment_id": "SEGMENT"}, FALLBACK], [SEGMENTS]),
        ([TARGETED, TARGETED, FALLBACK], [SEGMENTS]),
        ([TARGETED, TARGETED | {"priority": 2}, FALLBACK], []),
        ([TARGETED, FALLBACK | {"is_control": False}], [CONTROL]),
    ],
)
def test_segments(house: House, allocations: Allocations, codes: list[str]) -> None:
    flag, segment = house.owner.flag(), house.owner.segment()
    given = [
        {"variation_id": flag.base} | allocation | ({"segment_id": segment} if "segment_id" in allocation else {})
        for allocation in allocations
    ]

    made = house.owner.experiment(flag, allocation_strategy="segment", allocations=given)

    assert _codes(house, made["id"]) == codes


def test_levels_need_the_percentage_strategy(house: House) -> None:
    flag = house.owner.flag()
    allocations = [FALLBACK | {"variation_id": flag.base}]

    made = house.owner.experiment(flag, allocation_strategy="segment", allocations=allocations, levels=[10])

    assert _codes(house, made["id"]) == ["experiment_invalid_ramp"]


def test_a_segment_that_is_archived_since_is_a_blocker(house: House) -> None:
    flag, segment = house.owner.flag(), house.owner.segment()
    allocations = [
        TARGETED | {"variation_id": flag.bold, "segment_id": segment},
        FALLBACK | {"variation_id": flag.base},
    ]
    made = house.owner.experiment(flag, allocation_strategy="segment", allocations=allocations)

    house.owner.patch(f"/segments/{segment}", {"status": "archived"})

    assert made["is_valid"]
    assert _codes(house, made["id"]) == [SEGMENTS]


def test_validate_tells_every_blocker_at_once_and_changes_nothing(house: House) -> None:
    flag = house.owner.flag(is_active=False)
    made = house.owner.experiment(flag, allocations=_percent(flag, 10, 20, controls=0))

    codes = _codes(house, made["id"])

    assert codes == ["feature_flag_not_active", CONTROL, WEIGHTS]
    assert house.owner.shown(f"/experiments/{made['id']}") == made


def test_a_refused_activation_tells_the_only_blockers_code_or_that_there_are_several(house: House) -> None:
    flag = house.owner.flag()
    one = house.owner.experiment(flag, "One", allocations=_percent(flag, 10, 20))
    several = house.owner.experiment(flag, "Several", allocations=_percent(flag, 10, 20, controls=0))

    with_one = house.owner.post(f"/experiments/{one['id']}/status", {"status": "active"})
    with_several = house.owner.patch(f"/experiments/{several['id']}", {"status": "active"})

    assert problem(with_one) == (400, WEIGHTS)
    assert problem(with_several) == (400, "experiment_not_ready")
    for reply, experiment in ((with_one, one), (with_several, several)):
        errors = house.owner.post(f"/experiments/{experiment['id']}/validate").json()["errors"]
        assert reply.json()["message"].startswith("Experiment cannot be activated: validation failed.")
        assert all(error["message"] in reply.json()["message"] for error in errors)
        assert house.owner.shown(f"/experiments/{experiment['id']}") == experiment


def test_is_valid_is_stored_and_computed_anew_at_a_write(house: House) -> None:
    flag = house.owner.flag(is_active=False)
    made = house.owner.experiment(flag)
    house.owner.post(f"{flag.path}/status", {"status": "active"})

    before = house.owner.shown(f"/experiments/{made['id']}")
    after = house.owner.patch(f"/experiments/{made['id']}", {"name": "Another name"}).json()

    assert (before["is_valid"], _codes(house, made["id"]), after["is_valid"]) == (False, [], True)


@pytest.mark.parametrize(
    ("first", "second", "can_both_run"),
    [
        ("authentication", "authentication", False),
        ("authentication", "password_reset", True),
        ("all", "authentication", False),
        ("authentication", "all", False),
        ("all", "all", False),
        ("our own", "our own", False),
        ("our own", "authentication", True),
    ],
)
def test_one_experiment_is_active_per_flow_and_all_only_alone(
    house: House, first: str, second: str, *, can_both_run: bool
) -> None:
    flag = house.owner.flag()
    running = house.owner.experiment(flag, "The first", authentication_flow=first)
    house.owner.move(running["id"], "active")
    made = house.owner.experiment(flag, "The second", authentication_flow=second)

    reply = house.owner.post(f"/experiments/{made['id']}/status", {"status": "active"})

    if can_both_run:
        assert reply.status_code == 200
    else:
        assert problem(reply) == (400, "experiment_active_limit_exceeded")
        house.owner.move(running["id"], "paused")
        house.owner.move(made["id"], "active")


def test_in_the_beta_generation_one_experiment_is_active_per_tenant(new_house: NewHouse) -> None:
    house = new_house(generation=Generation.BETA)
    flag = house.owner.flag()
    running = house.owner.experiment(flag, "The first", authentication_flow="authentication")
    house.owner.move(running["id"], "active")
    made = house.owner.experiment(flag, "The second", authentication_flow="password_reset")

    reply = house.owner.post(f"/experiments/{made['id']}/status", {"status": "active"})

    assert problem(reply) == (400, "experiment_active_limit_exceeded")
