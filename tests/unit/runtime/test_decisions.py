"""Decisions over HTTP: what comes out, and what is recorded."""

from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from signpost.model.segments import Condition, Operator
from signpost.ports.events import Event, EventsRejectedError
from signpost.requests.places import Place
from signpost.runtime.app import DECISIONS_PATH
from signpost.testing.builders import a_segment, a_variation, an_experiment
from signpost.testing.measured import count
from tests.unit.runtime.conftest import House, equals, halves, targeted

MOBILE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko)"
    " Version/17.0 Mobile/15E148 Safari/604.1"
)


def test_a_decision_says_what_to_show_and_records_it(house: House) -> None:
    house.add(halves())

    decision = house.decide("unit-1", session_id="s-1", client_id="app", user_agent=MOBILE, ip="203.0.113.7")

    experiment = decision["experiment"]
    assert set(decision) == {"experiment", "reason", "revision", "assignment_token"}
    assert set(experiment) == {"experiment_id", "variation_id", "variation_name", "config", "is_control"}
    assert experiment["experiment_id"] == an_experiment().id
    assert experiment["is_control"] is (experiment["variation_id"] == a_variation(1).id)
    assert set(experiment["config"]) == {"title", "steps"}
    assert decision["reason"] == "split"
    (entry,) = house.log()
    split, exposure = entry["details"]["assignment"].pop("split"), entry["details"]["assignment"].pop("exposure")
    assert 0 <= split < 1 << 32
    assert 0 <= exposure < 1 << 32
    assert entry.pop("log_id") == entry.pop("_id")
    assert entry.pop("date").endswith("Z")
    assert entry == {
        "type": "experiment_assignment_succeeded",
        "description": "Unit assigned to an experiment",
        "client_id": "app",
        "ip": "203.0.113.7",
        "user_agent": MOBILE,
        "session_id": "s-1",
        "details": {
            "experiment": {
                "experiment_id": experiment["experiment_id"],
                "variation_id": experiment["variation_id"],
                "is_control": experiment["is_control"],
                "allocation_strategy": "percentage",
            },
            "assignment": {
                "unit": "unit-1",
                "flow": "authentication",
                "reason": "split",
                "recipe": 1,
                "revision": decision["revision"],
            },
        },
    }


def test_the_same_unit_gets_the_same_each_time(house: House) -> None:
    house.add(halves())

    first, second = house.decide("unit-1"), house.decide("unit-1")

    assert first["experiment"] == second["experiment"]
    assert {house.decide(f"u{n}")["experiment"]["is_control"] for n in range(20)} == {True, False}


def test_without_an_experiment_there_is_a_reason_and_no_record(house: House) -> None:
    assert house.decide() == {"experiment": None, "reason": "no_experiment", "revision": 2}
    assert house.log() == []


def test_looking_records_nothing_and_gives_no_token(house: House) -> None:
    house.add(halves())

    looked, recorded = house.decide(record=False), house.decide()

    assert "assignment_token" not in looked
    assert looked["experiment"] == recorded["experiment"]
    assert len(house.log()) == 1


def test_a_batch_is_answered_in_order_with_one_commit(house: House) -> None:
    house.add(halves())
    units = [{"unit": f"u{n}"} for n in range(1_000)]

    reply = house.send(DECISIONS_PATH, {"flow": "authentication", "units": units})

    decisions = reply.json["decisions"]
    assert [decision["unit"] for decision in decisions] == [item["unit"] for item in units]
    assert house.events.batches == 1
    assert [entry["details"]["assignment"]["unit"] for entry in house.log()] == [item["unit"] for item in units]
    assert decisions[7]["experiment"] == house.decide("u7")["experiment"]
    assert all("assignment_token" in decision for decision in decisions)


def test_what_a_batch_says_for_all_holds_where_a_unit_says_nothing(house: House) -> None:
    targeted(house, equals("device_type", "mobile"), equals("client_id", "app"))

    reply = house.send(
        DECISIONS_PATH,
        {
            "flow": "authentication",
            "client_id": "app",
            "user_agent": MOBILE,
            "context": {"country": "CA"},
            "units": [
                {"unit": "a"},
                {"unit": "b", "client_id": "other"},
                {"unit": "c", "context": {"device_type": "tv"}},
            ],
        },
    )

    assert [decision["reason"] for decision in reply.json["decisions"]] == ["segment", "fallback", "fallback"]


def test_decisions_of_one_moment_share_a_commit(house: House) -> None:
    house.add(halves())
    house.decide("warm")

    house.send_all(DECISIONS_PATH, [{"flow": "authentication", "unit": f"u{n}"} for n in range(50)])

    assert house.events.batches == 2
    assert len(house.log()) == 51


def test_an_override_is_recorded_marked_and_not_counted(house: House) -> None:
    house.add(halves())
    forced_id = a_variation(2).id

    decision = house.decide(override={"variation_id": forced_id})

    assert (decision["reason"], decision["is_forced"]) == ("forced", True)
    assert decision["experiment"]["variation_id"] == forced_id
    (entry,) = house.log()
    assert entry["details"]["experiment"]["is_forced"] is True
    assert entry["details"]["assignment"]["is_forced"] is True
    assert count(house.events, house.first.id, an_experiment().id) == {}


def test_an_override_that_leads_nowhere_changes_nothing(house: House) -> None:
    house.add(halves())

    decision = house.decide(override={"variation_id": "var_unknown"})

    assert decision["reason"] == "split"
    assert "is_forced" not in decision


def test_a_segment_can_be_forced(house: House) -> None:
    targeted(house, equals("device_type", "mobile"))

    decision = house.decide(override={"segment_id": a_segment().id})

    assert decision["experiment"]["variation_id"] == a_variation(2).id


def test_an_exposure_by_segment_keeps_what_the_segments_asked_for_and_nothing_else(house: House) -> None:
    targeted(house, equals("device_type", "tv"), equals("country", "CA"), equals("connection", "db"))

    house.decide("u1", user_agent=MOBILE, ip="203.0.113.7", client_id="app", context={"browser": "Lynx", "x": "y"})
    house.decide("u2", override={"segment_id": a_segment().id})
    house.send(DECISIONS_PATH, {"flow": "authentication", "connection": "dß", "units": [{"unit": "u3"}]})

    kept = [entry["details"]["assignment"]["attributes"] for entry in house.log()]
    assert kept == [{"country": "CA", "device_type": "mobile"}, {}, {"connection": "dß"}]


def test_an_exposure_by_slot_keeps_no_attributes(house: House) -> None:
    house.add(halves())

    house.decide(user_agent=MOBILE, context={"country": "CA"})

    (entry,) = house.log()
    assert "attributes" not in entry["details"]["assignment"]


@pytest.mark.parametrize(
    ("condition", "said"),
    [
        (equals("device_type", "mobile"), {"user_agent": MOBILE}),
        (equals("device_type", "mobile"), {"headers": {"User-Agent": MOBILE, "Accept": "*/*"}}),
        (equals("browser", "Mobile Safari"), {"user_agent": MOBILE}),
        (equals("platform", "ios"), {"user_agent": MOBILE}),
        (Condition("user_agent", Operator.CONTAINS, ("iPhone",)), {"user_agent": MOBILE}),
        (equals("country", "CA"), {"ip": "203.0.113.7"}),
        (equals("region", "qc"), {"ip": "203.0.113.7"}),
        (equals("device_type", "tv"), {"user_agent": MOBILE, "context": {"device_type": "tv"}}),
        (equals("client_id", "app"), {"client_id": "app"}),
        (equals("client_id", "app"), {"client_id": "other", "context": {"client_id": "app"}}),
        (equals("organization_id", "org"), {"organization_id": "org"}),
        (equals("connection", "people"), {"connection": "people"}),
        (equals("anonymous_session_metadata.plan", "pro"), {"context": {"anonymous_session_metadata.plan": "pro"}}),
        (Condition("country", Operator.EXISTS, exists=False), {"ip": "198.51.100.1"}),
        (Condition("browser", Operator.EXISTS, exists=False), {"context": {"browser": None}, "user_agent": None}),
    ],
)
def test_segments_see_what_is_said_and_what_can_be_derived(house: House, condition: Condition, said: Any) -> None:
    targeted(house, condition)

    decision = house.decide(**said)

    assert decision["reason"] == "segment"


def test_what_nobody_asks_for_is_not_worked_out(house: House) -> None:
    class NoPlacesPlease:
        def find(self, ip: str) -> Place:
            raise AssertionError(ip)

    targeted(house, equals("client_id", "app"))
    app = house.make_app(house.events, NoPlacesPlease())

    reply = house.send(DECISIONS_PATH, {"flow": "authentication", "unit": "u", "ip": "203.0.113.7"}, app=app)

    assert reply.status == 200


class FullEvents:
    """Keeps nothing."""

    def append(self, events: Sequence[Event]) -> "Future[int]":
        done: Future[int] = Future()
        done.set_exception(EventsRejectedError("the disk is full"))
        return done

    def latest_attribution(self, *_: Any, **__: Any) -> None:
        return None


class HangingEvents(FullEvents):
    """Never answers."""

    def append(self, events: Sequence[Event]) -> "Future[int]":
        return Future()


def test_an_exposure_that_can_not_be_kept_means_the_baseline(house: House) -> None:
    house.add(halves())
    app = house.make_app(FullEvents())

    one = house.send(DECISIONS_PATH, {"flow": "authentication", "unit": "u"}, app=app)
    many = house.send(DECISIONS_PATH, {"flow": "authentication", "units": [{"unit": "a"}, {"unit": "b"}]}, app=app)

    baseline = {"experiment": None, "reason": "recording_failed", "revision": 3}
    assert (one.status, one.json) == (200, baseline)
    assert many.json == {"decisions": [baseline | {"unit": "a"}, baseline | {"unit": "b"}]}
    assert app.recorder.unrecorded == 2


def test_a_disk_that_hangs_means_the_baseline(house: House) -> None:
    house.add(halves())
    app = house.make_app(HangingEvents())
    app.recorder._seconds_max = 0.01

    replies = house.send_all(DECISIONS_PATH, [{"flow": "authentication", "unit": f"u{n}"} for n in range(3)], app=app)

    assert [reply.json["reason"] for reply in replies] == ["recording_failed"] * 3


def test_exposures_are_summed(house: House) -> None:
    house.add(halves())
    units = [{"unit": f"u{n}"} for n in range(100)]

    house.send(DECISIONS_PATH, {"flow": "authentication", "units": units})
    house.clock.advance(timedelta(hours=1))
    house.send(DECISIONS_PATH, {"flow": "authentication", "units": units})

    counts = count(house.events, house.first.id, an_experiment().id)
    assert sum(units for units, _ in counts.values()) == 100
    assert set(counts) == {a_variation(1).id, a_variation(2).id}
    assert all(units > 20 for units, _ in counts.values())


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not valid JSON"),
        (b"{nonsense", "not valid JSON, at byte 1"),
        (b"[]", "'Expected object, got array'"),
        (b"\xff", "not valid"),
        (b'{"flow": "f", "unit": "\xff"}', "not valid UTF-8"),
        (b'{"flow": "f", "unit": "\\ud800"}', "not valid JSON"),
        (b'{"unit": "u"}', "'Required property is missing' on property flow"),
        (b'{"flow": "f"}', "'Required property is missing' on property unit, or units"),
        (b'{"flow": "f", "unit": ""}', "'Must have at least 1 characters' on property unit"),
        (b'{"flow": "f", "unit": 7}', "'Expected string, got integer' on property unit"),
        (b'{"flow": "f", "unit": "u", "units": [{"unit": "u"}]}', "'Expected either unit or units, got both'"),
        (b'{"flow": "f", "units": []}', "'Must have at least 1 items' on property units"),
        (b'{"flow": "f", "units": [{"unit": "u", "flow": "f"}]}', "'Unknown property' on property units[0].flow"),
        (b'{"flow": "f", "unit": "u", "contxt": {}}', "'Unknown property' on property contxt"),
        (
            b'{"flow": "f", "unit": "u", "context": {"a": 1}}',
            "'Expected string or null, got integer' on property context",
        ),
        (b'{"flow": "f", "unit": "u", "record": "no"}', "'Expected boolean, got string' on property record"),
        (b'{"flow": "f", "unit": "u", "ip": ' + b"[" * 100_000, "on property ip"),
        (b'{"flow": "f", "unit": "u", "context": {"a": "%b"}}' % (b"x" * 4_097), "at most 4096 characters"),
        (b'{"flow": "f", "unit": "%b"}' % (b"x" * 513), "at most 512 characters"),
    ],
)
def test_a_body_that_is_not_right_is_told_what_is_wrong(house: House, body: bytes, message: str) -> None:
    reply = house.send(DECISIONS_PATH, body)

    assert (reply.status, reply.json["errorCode"]) == (400, "invalid_body")
    assert reply.json["message"].startswith("Payload validation error: ")
    assert message in reply.json["message"]
    assert "`" not in reply.json["message"]


def test_a_thousand_units_are_the_limit(house: House) -> None:
    units = [{"unit": "u"}] * 1_001

    reply = house.send(DECISIONS_PATH, {"flow": "f", "units": units})

    assert reply.status == 400
    assert "at most 1000 items' on property units" in reply.json["message"]


_names = st.sampled_from(
    ["flow", "unit", "units", "context", "user_agent", "headers", "override", "record", "ip", "experiment_id", "x"]
)
_json = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=4),
    max_leaves=12,
)


@given(st.dictionaries(_names, _json) | st.binary() | st.text().map(lambda text: text.encode("utf-8", "surrogatepass")))
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_body_is_an_internal_error(house: House, body: Any) -> None:
    reply = house.send(DECISIONS_PATH, {"flow": "f", "unit": "u"} | body if isinstance(body, dict) else body)

    assert reply.status in {200, 400}
