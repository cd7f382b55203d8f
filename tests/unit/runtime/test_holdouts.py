"""Holdouts over HTTP: what a held-out unit is told, and what is recorded of it."""

from dataclasses import replace
from typing import Any

import pytest

from signpost.assignment.hashing import exposure_of, hash_unit, split_of
from signpost.model.holdouts import HOLDOUT, Holdout
from signpost.model.limits import SLOTS
from signpost.runtime.app import DECISIONS_PATH, EXPOSURES_PATH
from signpost.testing.builders import a_variation, an_experiment
from signpost.testing.measured import count
from signpost.testing.repeatable import START
from tests.unit.runtime.conftest import House, Json, halves

OFREP_PATH = "/ofrep/v1/evaluate/flags/flag-1.title"


@pytest.fixture
def holding(house: House) -> House:
    """A house in which everybody is held out of an experiment."""
    holdout = Holdout(SLOTS, "H" * 22, START)
    house.store.replace_tenant(replace(house.first, holdout=holdout), "tests")
    house.add(halves())
    return house


def test_a_held_out_unit_gets_the_baseline_and_is_recorded(holding: House) -> None:
    decision = holding.decide("unit-1")

    assert (decision["experiment"], decision["reason"]) == (None, "holdout")
    assert "assignment_token" in decision
    (entry,) = holding.log()
    assert entry["type"] == "experiment_assignment_succeeded"
    assert entry["details"]["experiment"] == {
        "experiment_id": "holdout",
        "variation_id": "holdout",
        "is_control": True,
        "allocation_strategy": "holdout",
    }
    assert entry["details"]["assignment"]["held_out_of"] == an_experiment().id
    assert entry["details"]["assignment"]["reason"] == "holdout"


def test_it_is_counted_in_no_experiment(holding: House) -> None:
    holding.decide("unit-1")
    holding.tell({"type": "s", "unit": "unit-1"})

    assert count(holding.events, holding.first.id, an_experiment().id) == {}
    assert count(holding.events, holding.first.id, HOLDOUT) == {HOLDOUT: (1, 1)}


def test_later_events_of_it_belong_to_the_holdout(holding: House) -> None:
    token = holding.decide("unit-1")["assignment_token"]

    holding.tell({"type": "s", "unit": "unit-1", "assignment_token": token})

    assert holding.log()[-1]["details"]["experiment"]["experiment_id"] == "holdout"


def test_looking_records_nothing(holding: House) -> None:
    assert holding.decide("unit-1", record=False)["reason"] == "holdout"
    assert holding.log() == []


def test_in_a_flow_without_an_experiment_nobody_is_held_out(holding: House) -> None:
    assert holding.decide("unit-1", flow="password_reset")["reason"] == "no_experiment"
    assert holding.log() == []


def test_a_batch_records_all_of_them(holding: House) -> None:
    reply = holding.send(DECISIONS_PATH, {"flow": "authentication", "units": [{"unit": f"u{n}"} for n in range(5)]})

    assert {decision["reason"] for decision in reply.json["decisions"]} == {"holdout"}
    assert len(holding.log()) == 5


def test_force_goes_before_it(holding: House) -> None:
    decision = holding.decide("unit-1", override={"variation_id": a_variation(2).id})

    assert decision["experiment"]["variation_id"] == a_variation(2).id


def test_over_ofrep_it_is_the_default_and_recorded_once(holding: House) -> None:
    replies = [holding.send(OFREP_PATH, {"context": {"targetingKey": "unit-1"}}) for _ in range(2)]

    assert [(reply.json["value"], reply.json["reason"]) for reply in replies] == [("Sign in", "SPLIT")] * 2
    assert replies[0].json["metadata"]["reason"] == "holdout"
    assert [entry["details"]["experiment"]["experiment_id"] for entry in holding.log()] == ["holdout"]


def reported(unit: str = "unit-1", **changes: Any) -> Json:
    """Return what a client that decides in-process sends of a held-out unit."""
    hashed = hash_unit("H" * 22, unit)
    points = {"split": split_of(hashed), "exposure": exposure_of(hashed)}
    said = {"reason": "holdout", "experiment_id": "holdout", "variation_id": "holdout"}
    more = {"id": unit, "unit": unit, "flow": "authentication", "revision": 4, "declined_by": an_experiment().id}
    return {**said, **points, **more, "date": int(START.timestamp() * 1000)} | changes


def test_a_client_reports_it_as_the_server_records_it(holding: House) -> None:
    holding.decide("unit-1")

    reply = holding.send(EXPOSURES_PATH, reported(revision=holding.log()[0]["details"]["assignment"]["revision"]))

    own, sent = holding.log()
    assert (reply.status, reply.json["accepted"]) == (200, 1)
    assert sent["details"] == own["details"]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"split": 7}, "split"),
        ({"declined_by": "exp_gone"}, "declined_by"),
        ({"declined_by": None}, "declined_by"),
        ({"experiment_id": an_experiment().id, "variation_id": a_variation(1).id}, "reason"),
    ],
)
def test_what_cannot_be_is_refused(holding: House, changes: Json, named: str) -> None:
    reply = holding.send(EXPOSURES_PATH, reported(**changes))

    assert reply.status == 400
    assert f"on property {named}" in reply.json["message"]


def test_without_a_holdout_nobody_was_held_out(house: House) -> None:
    reply = house.send(EXPOSURES_PATH, reported())

    assert reply.status == 400
    assert "'There is no holdout'" in reply.json["message"]
