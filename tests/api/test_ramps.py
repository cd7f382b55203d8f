"""Ramps over HTTP."""

from typing import Any

import pytest

from tests.api.house import House, problem


def _ramp(house: House, *statuses: str, levels: tuple[int, ...] = (10, 50, 100)) -> str:
    made = house.owner.experiment(house.owner.flag(), levels=list(levels))
    house.owner.move(made["id"], *statuses)
    return f"/experiments/{made['id']}"


def _advance(house: House, path: str, level: Any) -> Any:
    return house.owner.post(f"{path}/advance-ramp", {"target_level": level})


def test_the_first_activation_begins_at_the_first_level(house: House) -> None:
    path = _ramp(house, "active")

    assert house.owner.shown(path)["current_level"] == 10


def test_the_next_level_advances(house: House) -> None:
    path = _ramp(house, "active")

    steps = [_advance(house, path, level).json() for level in (50, 100)]

    assert [list(step) for step in steps] == [["experiment_id", "from_level", "to_level", "current_level"]] * 2
    assert [(s["from_level"], s["to_level"], s["current_level"]) for s in steps] == [(10, 50, 50), (50, 100, 100)]
    assert house.owner.shown(path)["current_level"] == 100


def test_the_current_level_writes_nothing(house: House) -> None:
    path = _ramp(house, "active")
    before = house.owner.shown(path)

    reply = _advance(house, path, 10)

    assert (reply.status_code, reply.json()["from_level"], reply.json()["to_level"]) == (200, 10, 10)
    assert house.owner.shown(path) == before


@pytest.mark.parametrize("level", [0, 11, 100])
def test_another_level_is_refused_and_the_next_one_named(house: House, level: int) -> None:
    path = _ramp(house, "active")

    reply = _advance(house, path, level)

    assert problem(reply) == (400, "ramp_level_not_next")
    assert "50" in reply.json()["message"]


def test_at_its_end_a_ramp_goes_nowhere(house: House) -> None:
    path = _ramp(house, "active", levels=(10,))

    reply = _advance(house, path, 20)

    assert problem(reply) == (400, "ramp_level_not_next")


def test_a_paused_ramp_advances_and_keeps_its_level_when_it_goes_on(house: House) -> None:
    path = _ramp(house, "active", "paused")

    assert _advance(house, path, 50).status_code == 200
    assert house.owner.patch(path, {"status": "active"}).json()["current_level"] == 50


@pytest.mark.parametrize("statuses", [(), ("active", "completed"), ("archived",)])
def test_only_a_running_ramp_advances(house: House, statuses: tuple[str, ...]) -> None:
    path = _ramp(house, *statuses)

    assert problem(_advance(house, path, 50)) == (409, "ramp_not_running")


def test_an_experiment_without_levels_has_no_ramp(house: House) -> None:
    path = _ramp(house, "active", levels=())

    assert problem(_advance(house, path, 50)) == (409, "ramp_not_running")
    assert house.owner.shown(path)["current_level"] is None


@pytest.mark.parametrize("level", ["50", 50.5, None, True, -1, 101, [50]])
def test_a_level_is_an_integer_in_0_to_100(house: House, level: Any) -> None:
    path = _ramp(house, "active")

    reply = _advance(house, path, level)

    assert problem(reply) == (400, "invalid_body")
    assert "target_level" in reply.json()["message"]


def test_an_unweighted_ramp_is_ready(house: House) -> None:
    flag = house.owner.flag()
    allocations = [{"variation_id": flag.base, "is_control": True}, {"variation_id": flag.bold, "is_control": False}]
    made = house.owner.experiment(flag, allocations=allocations, levels=[5])

    shown = house.owner.move(made["id"], "active")

    assert (shown["current_level"], "weight" in shown["allocations"][0]) == (5, False)
