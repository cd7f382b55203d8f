"""Experiments on accounts over HTTP: decisions, links, and what is logged of them."""

import asyncio
from typing import Any

import pytest

from signpost.model.experiments import Subject
from signpost.ports.store import StoreUnavailableError
from signpost.runtime.app import DECISIONS_PATH, LINKS_PATH
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_flag
from signpost.testing.repeatable import SteppingClock
from tests.unit.runtime.conftest import House, halves

OFREP_PATH = f"/ofrep/v1/evaluate/flags/{a_flag().name}.title"


def link(house: House, device: str, account: str) -> Any:
    return house.send(LINKS_PATH, {"device_id": device, "account_id": account}).json


def variation(decision: Any) -> Any:
    return decision["experiment"] and decision["experiment"]["variation_id"]


def pair_apart(house: House) -> tuple[str, str]:
    """Return two devices that see different variations."""
    units = [f"device-{n}" for n in range(20)]
    seen = {unit: variation(house.decide(unit, record=False)) for unit in units}
    return units[0], next(unit for unit in units if seen[unit] != seen[units[0]])


def test_an_experiment_on_accounts_declines_a_device(house: House) -> None:
    house.add(halves(subject=Subject.ACCOUNT))

    decision = house.decide("d1")

    assert (decision["experiment"], decision["reason"]) == (None, "no_account")
    assert house.log() == []


def test_an_account_sees_one_variation_on_all_devices(house: House) -> None:
    house.add(halves(subject=Subject.ACCOUNT))

    seen = [variation(house.decide(f"d{n}", account_id="account-1")) for n in range(10)]

    assert len(set(seen)) == 1
    first = house.log()[0]
    assert first["user_id"] == "account-1"
    assert (first["details"]["assignment"]["unit"], first["details"]["assignment"]["device_id"]) == ("account-1", "d0")


def test_units_of_a_batch_may_each_say_whose_account_it_is(house: House) -> None:
    house.add(halves(subject=Subject.ACCOUNT))
    units = [{"unit": "d1", "account_id": "a1"}, {"unit": "d2"}, {"unit": "d3", "account_id": "a3"}]

    reply = house.send(DECISIONS_PATH, {"flow": "authentication", "units": units}).json

    assert [(d["unit"], d["reason"]) for d in reply["decisions"]] == [
        ("d1", "split"),
        ("d2", "no_account"),
        ("d3", "split"),
    ]
    assert [entry["details"]["assignment"]["unit"] for entry in house.log()] == ["a1", "a3"]


def test_an_account_keeps_what_it_saw_first(house: House) -> None:
    house.add(halves(subject=Subject.FIRST_TOUCH))
    one, other = pair_apart(house)
    before = variation(house.decide(one))

    linked = [link(house, device, "account-1") for device in (one, other)]
    after = [variation(house.decide(d, account_id=a)) for d in (one, other) for a in ("account-1", None)]

    assert linked == [{"unit": one}] * 2
    assert after == [before] * 4


def test_a_link_is_logged_once(house: House) -> None:
    for device in ("d1", "d2", "d1", "d1"):
        link(house, device, "account-1")

    links = house.log()

    assert [(e["type"], e["user_id"], e["details"]["link"]) for e in links] == [
        ("experiment_device_linked", "account-1", {"device_id": "d1", "unit": "d1"}),
        ("experiment_device_linked", "account-1", {"device_id": "d2", "unit": "d1"}),
    ]


def test_links_and_decisions_go_on_in_another_process(house: House) -> None:
    house.add(halves(subject=Subject.FIRST_TOUCH))
    one, other = pair_apart(house)
    link(house, one, "account-1")
    app = house.make_app(house.events)
    body = {"flow": "authentication", "unit": other, "account_id": "account-1"}

    reply = asyncio.run(house.ask(DECISIONS_PATH, body, app=app))

    assert variation(reply.json) == variation(house.decide(one))


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"device_id": "d1"}, "account_id"),
        ({"account_id": "a1"}, "device_id"),
        ({"device_id": "", "account_id": "a1"}, "device_id"),
        ({"device_id": "d1", "account_id": "a" * 513}, "account_id"),
        ({"device_id": "d1", "account_id": 1}, "account_id"),
        ({"device_id": "d1", "account_id": "a1", "unit": "d1"}, "unit"),
        ({"device_id": "d\0", "account_id": "a1"}, "device_id"),
    ],
)
def test_a_link_that_is_none_is_refused(house: House, body: Any, named: str) -> None:
    reply = house.send(LINKS_PATH, body)

    assert (reply.status, reply.json["errorCode"]) == (400, "invalid_body")
    assert named in reply.json["message"]
    assert house.log() == []


def test_linking_needs_its_scope(house: House) -> None:
    headers = house.headers(scopes=("decide:experimentation",))

    assert house.send(LINKS_PATH, {"device_id": "d1", "account_id": "a1"}, headers=headers).status == 403


class NoAccounts(MemoryAccountStore):
    """A store whose database does not answer."""

    def of(self, tenant_id: str) -> Any:
        raise StoreUnavailableError(tenant_id)


def test_without_the_database_the_baseline_is_shown_and_links_are_to_be_sent_again(house: House) -> None:
    house.accounts = NoAccounts(SteppingClock())
    house.app = house.make_app(house.events)
    house.add(halves(subject=Subject.FIRST_TOUCH))

    decision = house.decide("d1", account_id="a1")
    refused = house.send(LINKS_PATH, {"device_id": "d1", "account_id": "a1"})

    assert (decision["experiment"], decision["reason"]) == (None, "link_unknown")
    assert (refused.status, refused.json["errorCode"]) == (503, "links_not_stored")
    assert refused.headers["retry-after"] == "1"


def test_experiments_on_devices_ask_for_no_link(house: House) -> None:
    house.accounts = NoAccounts(SteppingClock())
    house.app = house.make_app(house.events)
    house.add(halves(), halves(id="exp_2", name="Another", flow="password_reset", subject=Subject.FIRST_TOUCH))

    assert house.decide("d1", account_id="a1")["reason"] == "split"


def test_flags_are_asked_with_an_account(house: House) -> None:
    house.add(halves(subject=Subject.ACCOUNT))

    with_it, without = (
        house.send(OFREP_PATH, {"context": {"targetingKey": "d1", **context}}).json
        for context in ({"account_id": "a1"}, {})
    )
    bulk = house.send("/ofrep/v1/evaluate/flags", {"context": {"targetingKey": "d2", "account_id": "a1"}}).json

    assert (with_it["reason"], without["reason"]) == ("SPLIT", "UNKNOWN")
    assert without["metadata"]["reason"] == "no_account"
    assert {flag["variant"] for flag in bulk["flags"]} == {with_it["variant"]}
    (exposure,) = house.log()
    assert exposure["details"]["assignment"]["unit"] == "a1"


def test_a_flag_of_the_first_touch_follows_the_link(house: House) -> None:
    house.add(halves(subject=Subject.FIRST_TOUCH))
    one, other = pair_apart(house)
    link(house, one, "account-1")

    variants = [
        house.send(OFREP_PATH, {"context": {"targetingKey": device, "account_id": "account-1"}}).json["variant"]
        for device in (one, other)
    ]

    assert variants[0] == variants[1]


def test_an_event_of_an_experiment_on_accounts_stays_one_of_its_device(house: House) -> None:
    house.add(halves(subject=Subject.ACCOUNT))
    token = house.decide("d1", account_id="a1")["assignment_token"]

    house.tell([{"type": "s", "unit": "d1", "assignment_token": token}, {"type": "s", "assignment_token": token}])

    units = [event.unit for _, event in house.events._of(house.first.id) if not event.is_exposure]
    assert units == ["d1", "a1"]
