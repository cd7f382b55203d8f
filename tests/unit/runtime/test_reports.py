"""`POST /runtime/v1/exposures`."""

from dataclasses import replace
from typing import Any

import pytest

from signpost.assignment.hashing import exposure_of, hash_unit, split_of
from signpost.model.experiments import Experiment
from signpost.model.holdouts import Holdout
from signpost.runtime.app import EXPOSURES_PATH
from signpost.testing.builders import a_variation
from signpost.testing.measured import count
from tests.unit.runtime.conftest import House, Json, halves


def exposure(house: House, experiment: Experiment, unit: str = "unit-1", **changes: Any) -> Json:
    hashed = hash_unit(experiment.salt, unit)
    return {
        "id": f"id-{unit}",
        "unit": unit,
        "flow": "authentication",
        "experiment_id": experiment.id,
        "variation_id": a_variation(1).id,
        "reason": "split",
        "revision": 3,
        "split": split_of(hashed),
        "exposure": exposure_of(hashed),
        "date": int(house.now_seconds() * 1000),
        **changes,
    }


def test_it_is_kept_as_the_server_itself_would_have_recorded_it(house: House) -> None:
    experiment = halves()
    house.add(experiment)
    unit = next(f"unit-{i}" for i in range(99) if split_of(hash_unit(experiment.salt, f"unit-{i}")) < 1 << 31)
    house.decide(unit)

    reply = house.send(EXPOSURES_PATH, exposure(house, experiment, unit))

    own, reported = house.log()
    differs = {"date", "log_id", "_id", "event_id"}
    assert (reply.status, reply.json["accepted"]) == (200, 1)
    assert {k: v for k, v in own.items() if k not in differs} == {k: v for k, v in reported.items() if k not in differs}
    ((units, _),) = count(house.events, house.first.id, experiment.id).values()
    assert units == 1


def test_the_same_one_again_counts_once(house: House) -> None:
    experiment = halves()
    house.add(experiment)
    batch = [exposure(house, experiment, f"unit-{i}") for i in range(3)]

    first = house.send(EXPOSURES_PATH, batch).json
    second = house.send(EXPOSURES_PATH, batch).json

    assert (first["accepted"], first["duplicates"]) == (3, 0)
    assert (second["accepted"], second["duplicates"]) == (0, 3)
    assert len(house.log()) == 3


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"experiment_id": "exp_nothing"}, "experiment_id"),
        ({"variation_id": "var_nothing"}, "variation_id"),
        ({"split": 7}, "split"),
        ({"exposure": 7}, "exposure"),
        ({"unit": "somebody else"}, "split"),
        ({"unit": "\0"}, "split"),
        ({"reason": "luck"}, "reason"),
        ({"date": 0}, "date"),
        ({"date": 10**15}, "date"),
        ({"date": "today"}, "date"),
        ({"unit": ""}, "unit"),
        ({"colour": "red"}, "colour"),
        ({"split": -1}, "split"),
        ({"revision": 1 << 70}, "revision"),
        ({"attributes": {"country": "x" * 5_000}}, "attributes"),
    ],
)
def test_what_cannot_have_been_decided_is_refused(house: House, changes: Json, named: str) -> None:
    experiment = halves()
    house.add(experiment)

    reply = house.send(EXPOSURES_PATH, exposure(house, experiment) | changes)

    assert (reply.status, reply.json["errorCode"]) == (400, "invalid_body")
    assert named in reply.json["message"]
    assert house.log() == []


def test_one_that_is_wrong_does_not_keep_the_others_out(house: House) -> None:
    experiment = halves()
    house.add(experiment)
    batch = [exposure(house, experiment), exposure(house, experiment, "unit-2", split=7)]

    reply = house.send(EXPOSURES_PATH, batch).json

    assert (reply["accepted"], [problem["line"] for problem in reply["rejected"]]) == (1, [2])


def test_another_tenants_experiment_is_not_known(house: House) -> None:
    experiment = halves()
    house.add(experiment)

    reply = house.send(EXPOSURES_PATH, exposure(house, experiment), headers=house.headers(house.second))

    assert reply.status == 400


def test_a_lone_surrogate_is_no_unit(house: House) -> None:
    house.add(halves())

    assert house.send(EXPOSURES_PATH, b'{"unit":"\\ud800"}').status == 400


def test_a_held_out_unit_is_recorded_as_the_server_itself_would(house: House) -> None:
    experiment = halves()
    house.add(experiment)
    holdout = Holdout(500_000, "H" * 22, house.clock.now())
    house.store.replace_tenant(replace(house.first, holdout=holdout), "tests")
    house.catalog.refresh()
    plan = next(state.plan for state in house.catalog.states() if state.tenant.id == house.first.id)
    unit = next(f"u{i}" for i in range(99) if plan.decide("authentication", f"u{i}", {})[0].reason == "holdout")
    _, hashed = plan.decide("authentication", unit, {})
    points = {"split": split_of(hashed), "exposure": exposure_of(hashed)}
    said = {"experiment_id": "holdout", "variation_id": "holdout", "reason": "holdout", "declined_by": experiment.id}

    house.decide(unit)
    reply = house.send(EXPOSURES_PATH, exposure(house, experiment, unit) | said | points | {"revision": plan.revision})
    wrong = house.send(EXPOSURES_PATH, exposure(house, experiment, unit) | said)

    own, reported = house.log()
    assert (reply.status, wrong.status) == (200, 400)
    assert own["details"] == reported["details"]
