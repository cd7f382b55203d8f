"""What becomes of a browser on its way to the provider."""

import json
import logging
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import Any

import pytest

from signpost.assignment import Override, SignedOverride
from signpost.exchange import seal_override
from signpost.gateway.visits import Visit
from signpost.model.experiments import Allocation, ExperimentStatus, SlotRange, Strategy
from signpost.model.holdouts import HOLDOUT, Holdout
from signpost.model.limits import SLOTS
from signpost.model.segments import Condition, Operator, Rule
from signpost.testing.builders import a_segment, a_variation
from signpost.testing.repeatable import START
from tests.unit.gateway.house import TITLE, House, StuckEvents, fields_of, halves

ASKED = b"client_id=shop&state=xyz"
TYPES = {"title": "kc_title"}


def warnings_of(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]


def test_the_query_stays_and_the_decision_comes_behind_it(house: House) -> None:
    house.add(halves())

    way = house.lead(Visit(ASKED))[0]

    added = way.query.removeprefix(ASKED + b"&")
    assert added.startswith(b"ext-experiment=%7B%22experiment_id%22%3A%22exp_")
    assert added.count(b"&") == 0
    assert way.cookie is not None


def test_an_empty_query_stays_a_query(house: House) -> None:
    house.add(halves())

    assert house.lead(Visit(b""))[0].query.startswith(b"ext-experiment=")


@pytest.mark.parametrize("query", [b"prompt=none", b"prompt=login+none", b"request=ey", b"request_uri=urn%3Ax"])
def test_what_shows_nobody_anything_is_untouched(house: House, query: bytes) -> None:
    house.add(halves())

    way = house.lead(Visit(query + b"&ext-experiment=%7b&experiment_id=x"))[0]

    assert (way.query, way.cookie) == (query + b"&ext-experiment=%7b&experiment_id=x", None)
    assert house.log() == []


def test_without_an_experiment_nobody_gets_a_cookie(house: House) -> None:
    house.catalog.refresh()

    way = house.lead(Visit(ASKED))[0]

    assert (way.query, way.cookie) == (ASKED, None)


def test_a_known_device_is_not_given_a_cookie_again(house: House) -> None:
    house.add(halves())
    device, header = house.device()

    ways = house.lead(Visit(ASKED, header), Visit(ASKED, header))

    assert [way.cookie for way in ways] == [None, None]
    assert ways[0].query == ways[1].query
    assert {entry["details"]["assignment"]["unit"] for entry in house.log()} == {device.id}


def test_values_are_sent_as_parameters_that_the_provider_knows(house: House) -> None:
    house.add(halves())
    _, header = house.device_in(TITLE)
    names: dict[str, Any] = {
        "parameters": TYPES | {"steps": "kc_steps"},
        "experiment": "",
        "decision": {"is_control": "ctl"},
    }

    found = fields_of(house.lead(Visit(ASKED, header), **names)[0])

    assert found == {"client_id": "shop", "state": "xyz", "ctl": "false", "kc_title": TITLE, "kc_steps": "1"}


@pytest.mark.parametrize("title", ["Sign in", TITLE])
def test_a_client_s_own_parameter_keeps_the_request_out_of_the_experiment_in_every_arm(
    house: House, title: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.add(halves())
    _, header = house.device_in(title)

    way = house.lead(Visit(ASKED + b"&kc_%74itle=x", header), parameters=TYPES)[0]

    assert way.query == ASKED + b"&kc_%74itle=x"
    assert house.log() == []
    assert warnings_of(caplog)[-1].startswith("experiment_orphaned_params: a client sent a parameter")


def test_a_decision_goes_before_the_client_s_own_where_it_may(house: House) -> None:
    house.add(halves())
    _, header = house.device_in(TITLE)

    way = house.lead(Visit(b"kc_title=x&a=%7e", header), parameters=TYPES, replaces=("kc_title",))[0]

    assert fields_of(way)["kc_title"] == TITLE
    assert way.query.startswith(b"a=%7e&ext-experiment=")


def test_what_is_the_gateway_s_own_does_not_come_from_a_client(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.add(halves())

    found = fields_of(house.lead(Visit(b"ext-experiment=%7B%7D&a=1&ext%2Dexperiment=x"))[0])

    assert json.loads(found.pop("ext-experiment"))["experiment_id"].startswith("exp_")
    assert found == {"a": "1"}
    assert "only the gateway may send" in warnings_of(caplog)[-1]


@pytest.mark.parametrize("title", ["Sign in", TITLE])
def test_an_address_that_would_be_too_long_in_one_arm_has_no_experiment_in_any(
    house: House, title: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.add(halves())
    _, header = house.device_in(title)
    longest = max(len(house.lead(Visit(ASKED, house.device_in(t)[1]))[0].query) for t in ("Sign in", TITLE))
    kept = len(house.log())

    ways = [house.lead(Visit(ASKED, header), room=room)[0] for room in (longest, longest - 1)]

    assert [way.query == ASKED for way in ways] == [False, True]
    assert len(house.log()) == kept + 1
    assert warnings_of(caplog)[-1].startswith("experiment_circuit_open: the address would be too long")


@pytest.mark.parametrize("title", ["Sign in", TITLE])
def test_a_value_that_the_provider_would_drop_in_one_arm_is_sent_in_none(
    house: House, title: str, caplog: pytest.LogCaptureFixture
) -> None:
    house.add(halves())
    _, header = house.device_in(title)
    longest = max(
        len(fields_of(house.lead(Visit(ASKED, house.device_in(t)[1]))[0])["ext-experiment"]) for t in ("Sign in", TITLE)
    )

    ways = [house.lead(Visit(ASKED, header), value_length_max=length)[0] for length in (longest, longest - 1)]

    assert [way.query == ASKED for way in ways] == [False, True]
    assert "longer than the provider takes" in warnings_of(caplog)[-1]


def test_a_query_that_is_too_long_goes_on_as_it_is(house: House) -> None:
    house.add(halves())
    queries = [b"a=" + b"b" * 9_000, b"&".join(b"a=%d" % n for n in range(200))]

    assert [way.query for way in house.lead(*map(Visit, queries))] == queries


def test_a_disk_that_hangs_keeps_nobody(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.add(halves())

    ways = house.lead(Visit(ASKED), Visit(ASKED), events=StuckEvents(house.clock), seconds=0.01)

    assert [way.query for way in ways] == [ASKED, ASKED]
    assert warnings_of(caplog) == ["experiment_circuit_open: the exposure could not be kept"]


def test_a_configuration_that_nobody_has_confirmed_for_long_decides_nothing(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.add(halves())
    house.now = lambda: monotonic() + 60

    ways = [house.lead(Visit(ASKED), stale_seconds=seconds)[0] for seconds in (90, 50)]

    assert [way.query == ASKED for way in ways] == [False, True]
    assert "experiment_circuit_open: the configuration is too old" in warnings_of(caplog)[-1]


def test_without_a_configuration_sign_ins_go_on(house: House, caplog: pytest.LogCaptureFixture) -> None:
    assert house.lead(Visit(ASKED))[0].query == ASKED
    assert "experiment_circuit_open: there is no configuration" in warnings_of(caplog)[-1]


def test_an_experiment_that_is_broken_shows_nothing(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.add(halves(slot_ranges=(SlotRange(0, 5, a_variation(1).id),)))

    way = house.lead(Visit(ASKED))[0]

    assert (way.query, way.cookie) == (ASKED, None)
    assert "experiment_circuit_open: the experiment can't run as it is configured" in warnings_of(caplog)


def test_what_fails_in_deciding_is_logged_and_nothing_else(house: House, caplog: pytest.LogCaptureFixture) -> None:
    house.add(halves())
    house.attributes = None  # type: ignore[assignment]

    assert house.lead(Visit(ASKED))[0].query == ASKED
    assert "experiment_circuit_open: deciding failed: AttributeError" in warnings_of(caplog)


def test_the_flow_is_what_the_request_says(house: House) -> None:
    house.add(halves(flow="passkey_enrollment"))
    rules = [{"parameter": "kc_action", "equals": "webauthn-register", "flow": "passkey_enrollment"}]

    ways = house.lead(Visit(b"kc_action=webauthn-register"), Visit(b"kc_action=x"), flows=rules)

    assert ["ext-experiment" in fields_of(way) for way in ways] == [True, False]


@pytest.mark.parametrize("user_agent", ["Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Mobile", "", None])
def test_what_a_segment_asks_for_is_derived_and_kept_with_the_exposure(house: House, user_agent: str | None) -> None:

    segment = a_segment(rules=(Rule(match=(Condition("device_type", Operator.EQUALS, ("mobile",)),)),))
    allocations = (
        Allocation(a_variation(1).id, is_control=True, is_fallback=True),
        Allocation(a_variation(2).id, is_control=False, segment_id=segment.id, priority=1),
    )
    with house.store.writing(house.tenant.id, "tests") as workspace:
        workspace.segments.add(segment)
    house.add(halves(strategy=Strategy.SEGMENT, allocations=allocations, slot_ranges=()))

    found = json.loads(
        fields_of(house.lead(Visit(ASKED, user_agent=user_agent, address="203.0.113.7"))[0])["ext-experiment"]
    )

    assert found["config"]["title"]["value"] == (TITLE if user_agent else "Sign in")
    assert "203.0.113.7" not in json.dumps(house.log())


def test_plain_overrides_count_as_long_as_the_tenant_lets_them(house: House, caplog: pytest.LogCaptureFixture) -> None:
    experiment = halves(status=ExperimentStatus.PAUSED)
    house.add(experiment)
    query = f"a=1&experiment_id={experiment.id}&variation_id={a_variation(2).id}".encode()

    forced = house.lead(Visit(query))[0]
    unknown = house.lead(Visit(b"experiment_id=exp_none"))[0]

    assert json.loads(fields_of(forced)["ext-experiment"])["variation_id"] == a_variation(2).id
    assert forced.query.startswith(query)
    assert [entry["details"]["assignment"]["is_forced"] for entry in house.log()] == [True]
    assert unknown.query == b"experiment_id=exp_none"
    assert warnings_of(caplog) == ["experiment_not_found: an override names what is not there"]


def test_a_token_that_is_over_forces_nothing_and_is_logged_with_the_exposure(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:

    experiment = halves()
    house.add(experiment)
    signed = SignedOverride("o1", Override(experiment.id), "why", "who", house.clock.now() + timedelta(hours=1))
    token = seal_override(signed, house.keys.override_secret(house.tenant.id))
    house.clock.advance(timedelta(hours=2))

    house.lead(Visit(f"experiment_override={token}".encode()))

    assert house.log()[0]["details"]["assignment"]["override_ignored"] == "token_expired"
    assert "experiment_orphaned_params: an override is ignored: token_expired" in warnings_of(caplog)


def test_an_assignment_token_is_sent_where_it_is_asked_for(house: House) -> None:
    house.add(halves())

    found = fields_of(house.lead(Visit(ASKED), decision={"assignment_token": "ext-token"})[0])

    assert len(found["ext-token"]) > 100


def test_a_device_that_is_held_out_is_recorded_and_sent_on_as_it_came(house: House) -> None:

    holdout = Holdout(SLOTS, "H" * 22, START)
    house.store.replace_tenant(replace(house.tenant, holdout=holdout), "tests")
    house.add(halves())

    way = house.lead(Visit(ASKED))[0]

    assert way.query == ASKED
    assert way.cookie is not None
    assert [entry["details"]["experiment"]["experiment_id"] for entry in house.log()] == [HOLDOUT]
