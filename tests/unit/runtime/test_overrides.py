"""Overrides over HTTP: plain ones, signed ones, and those that are not obeyed."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signpost.assignment import Override, SignedOverride
from signpost.exchange import seal_override
from signpost.model.experiments import ExperimentStatus
from signpost.runtime.app import DECISIONS_PATH
from signpost.testing.builders import a_variation, an_experiment
from signpost.testing.measured import count
from signpost.testing.repeatable import START
from tests.unit.runtime.conftest import House, Json, halves

EXPIRES_AT = START + timedelta(days=9)


def token_of(house: House, *, expires_at: Any = EXPIRES_AT, key: bytes | None = None, **forced: str) -> str:
    wanted = {"experiment_id": an_experiment().id, "variation_id": a_variation(2).id} | forced
    signed = SignedOverride("ovr_1", Override(**wanted), "Look", "ada", expires_at)
    return seal_override(signed, key or house.keys.override_secret(house.first.id))


def refuse_plain(house: House) -> None:
    house.store.replace_tenant(replace(house.first, plain_overrides=False), "tests")
    house.catalog.refresh()


def without_token(decision: Json) -> Json:
    return {name: value for name, value in decision.items() if name != "assignment_token"}


def test_a_signed_override_forces_is_logged_with_who_and_why_and_never_counted(house: House) -> None:
    house.add(halves(status=ExperimentStatus.PAUSED))

    decision = house.decide(override={"token": token_of(house)})

    assert (decision["reason"], decision["is_forced"]) == ("forced", True)
    assert decision["experiment"]["variation_id"] == a_variation(2).id
    (entry,) = house.log()
    assert entry["details"]["assignment"]["is_forced"] is True
    assert entry["details"]["assignment"]["override"] == {
        "id": "ovr_1",
        "reason": "Look",
        "made_by": "ada",
        "expires_at": EXPIRES_AT.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
    }
    assert count(house.events, house.first.id, an_experiment().id) == {}


@pytest.mark.parametrize(
    ("make", "problem"),
    [
        (lambda house: token_of(house)[:-1] + "_", "token_invalid"),
        (lambda house: "nonsense", "token_invalid"),
        (lambda house: token_of(house, key=house.keys.override_secret(house.second.id)), "token_invalid"),
        (lambda house: token_of(house, key=house.keys.assignment_secret(house.first.id)), "token_invalid"),
        (lambda house: token_of(house, expires_at=START - timedelta(seconds=1)), "token_expired"),
        (lambda house: token_of(house, variation_id="var_gone"), "target_not_found"),
        (lambda house: token_of(house, experiment_id="exp_gone"), "target_not_found"),
    ],
    ids=["changed", "nonsense", "another tenant's", "another purpose's", "expired", "no variation", "no experiment"],
)
def test_what_is_not_good_is_ignored_said_and_logged(house: House, make: Any, problem: str) -> None:
    house.add(halves())
    without = house.decide("unit-1")

    decision = house.decide("unit-1", override={"token": make(house)})

    assert decision.pop("override_ignored") == problem
    assert without_token(decision) == without_token(without)
    entry = house.log()[-1]
    assert entry["type"] == "experiment_assignment_succeeded"
    assert entry["details"]["assignment"]["override_ignored"] == problem
    assert "is_forced" not in entry["details"]["assignment"]
    ((units, _),) = count(house.events, house.first.id, an_experiment().id).values()
    assert units == 1


def test_an_override_that_is_ignored_is_logged_where_nobody_is_enrolled(house: House) -> None:
    decision = house.decide("unit-1", override={"token": "nonsense"})

    assert decision == {
        "experiment": None,
        "reason": "no_experiment",
        "revision": 2,
        "override_ignored": "token_invalid",
    }
    (entry,) = house.log()
    assert entry["type"] == "experiment_override_ignored"
    assert "experiment" not in entry["details"]
    assert entry["details"]["assignment"]["unit"] == "unit-1"
    assert entry["details"]["assignment"]["override_ignored"] == "token_invalid"


def test_looking_at_what_an_override_would_do_logs_nothing(house: House) -> None:
    house.decide("unit-1", override={"token": "nonsense"}, record=False)

    assert house.log() == []


def test_a_tenant_can_turn_plain_overrides_off(house: House) -> None:
    house.add(halves())
    without = house.decide("unit-1")["experiment"]
    refuse_plain(house)

    plain = house.decide("unit-1", override={"variation_id": a_variation(2).id})
    signed = house.decide("unit-1", override={"token": token_of(house)})

    assert (plain["experiment"], plain["override_ignored"]) == (without, "plain_overrides_off")
    assert house.log()[1]["details"]["assignment"]["override_ignored"] == "plain_overrides_off"
    assert signed["is_forced"] is True


def test_a_token_counts_alone(house: House) -> None:
    house.add(halves())

    decision = house.decide(override={"token": "nonsense", "variation_id": a_variation(2).id})

    assert "is_forced" not in decision
    assert decision["override_ignored"] == "token_invalid"


def test_no_override_is_not_one_that_is_ignored(house: House) -> None:
    refuse_plain(house)

    assert "override_ignored" not in house.decide(override={})
    assert "override_ignored" not in house.decide(override=None)


def test_a_batch_is_forced_as_a_whole(house: House) -> None:
    house.add(halves())
    body = {"flow": "authentication", "units": [{"unit": f"u{n}"} for n in range(9)]}

    forced = house.send(DECISIONS_PATH, body | {"override": {"token": token_of(house)}}).json["decisions"]
    ignored = house.send(DECISIONS_PATH, body | {"override": {"token": "nonsense"}}).json["decisions"]

    assert {d["experiment"]["variation_id"] for d in forced} == {a_variation(2).id}
    assert {d["override_ignored"] for d in ignored} == {"token_invalid"}
    assert len(house.log()) == 18


def test_a_token_has_a_limit(house: House) -> None:
    body = {"flow": "authentication", "unit": "u", "override": {"token": "x" * 4_097}}

    reply = house.send(DECISIONS_PATH, body)

    assert reply.status == 400
    assert "override.token" in reply.json["message"]
