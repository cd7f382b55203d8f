"""Deciding in this process."""

import asyncio
import threading
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import signpost
from signpost import Client, Decision, FlagReason, Override, Reason
from signpost.exchange import write_document
from signpost.model.experiments import SlotRange
from signpost.model.holdouts import Holdout
from signpost.testing.repeatable import START
from tests.unit.client.conftest import IPHONE, MOBILE, TWO, configuration, halves, targeted

FLAG = configuration().flags[0].name
TARGETED = Client.from_configuration(configuration(targeted()))
DEEP: Any = {}
for _ in range(10_000):
    DEEP = {"a": DEEP}


def test_a_decision_says_everything() -> None:
    kept: list[Decision] = []
    client = Client.from_configuration(configuration(halves(), revision=7), kept)

    decision = client.decide("authentication", "device-1")

    expected, hashed = client.plan.decide("authentication", "device-1", {})
    assert isinstance(decision, Decision)
    assert decision.experiment_id == expected.experiment_id
    assert decision.variation_id == expected.variation_id
    assert decision.config["title"] == expected.config["title"]["value"]
    assert (decision.split << 32) + decision.exposure == hashed
    assert (decision.reason, decision.revision, decision.is_enrolled, decision.is_forced) == ("split", 7, True, False)
    assert (decision.unit, decision.flow) == ("device-1", "authentication")
    assert kept == [decision]


def test_what_is_only_looked_at_is_recorded_when_it_is_shown() -> None:
    kept: list[Decision] = []
    client = Client.from_configuration(configuration(halves()), kept)

    decision = client.decide("authentication", "device-1", record=False)
    before = len(kept)
    client.record(decision)

    assert before == 0
    assert [d.hashed for d in kept] == [decision.hashed]
    assert kept[0].at_ns >= decision.at_ns


def test_who_is_in_no_experiment_is_not_recorded() -> None:
    kept: list[Decision] = []
    client = Client.from_configuration(configuration(), kept)

    decision = client.decide("authentication", "device-1")
    client.record(decision)

    assert (decision.is_enrolled, decision.config, decision.reason) == (False, {}, Reason.NO_EXPERIMENT)
    assert kept == []


def test_before_there_is_a_configuration_the_baseline_is_decided() -> None:
    client = Client()

    decision = client.decide("authentication", "device-1")

    assert (decision.reason, decision.is_enrolled, client.is_ready, client.revision) == (
        Reason.NO_PLAN,
        False,
        False,
        0,
    )
    assert client.evaluate(FLAG, "device-1") is None


def test_an_override_forces() -> None:
    client = Client.from_configuration(configuration(halves()))

    decision = client.decide("authentication", "device-1", override=Override(variation_id=TWO.id))

    assert (decision.variation_id, decision.is_forced) == (TWO.id, True)


def test_what_segments_ask_for_is_derived_of_the_user_agent() -> None:
    client = Client.from_configuration(configuration(targeted()))

    derived = client.decide("authentication", "device-1", {"user_agent": IPHONE})
    said = client.decide("authentication", "device-1", {"user_agent": IPHONE, "device_type": "desktop"})

    assert (derived.segment_id, derived.context["device_type"]) == (MOBILE.id, "mobile")
    assert said.reason is Reason.FALLBACK


def test_a_flag_is_evaluated_and_its_exposure_recorded() -> None:
    kept: list[Decision] = []
    client = Client.from_configuration(configuration(halves()), kept)

    looked = client.evaluate(f"{FLAG}.title", "device-1", record=False)
    shown = client.evaluate(f"{FLAG}.title", "device-1")
    elsewhere = client.evaluate(f"{FLAG}.title", "device-1", {"flow": "password_reset"})

    assert looked is not None
    assert shown is not None
    assert elsewhere is not None
    assert looked.resolution.value == shown.resolution.value == kept[0].config["title"]
    assert shown.resolution.reason is FlagReason.SPLIT
    assert elsewhere.resolution.reason is FlagReason.STATIC
    assert len(kept) == 1
    assert client.evaluate("nothing", "device-1") is None


def test_an_event_is_passed_on() -> None:
    events: list[Any] = []

    Client.from_configuration(configuration(), events=events).track("s", unit="device-1", details={"a": 1})

    assert events[0][0] == {"type": "s", "unit": "device-1", "session_id": None, "details": {"a": 1}}


def test_without_a_sink_exposures_are_counted_as_failed(tmp_path: Any) -> None:
    (tmp_path / "plan.json").write_bytes(write_document(configuration(halves())))
    client = Client.from_file(tmp_path / "plan.json")

    client.decide("authentication", "device-1")

    assert (client.stats.failed, client.stats.source) == (1, "file")


@pytest.mark.parametrize(
    "context",
    [
        {"country": "x" * 5_000_000},
        {str(i): "x" for i in range(10_000)},
        {"country": DEEP},
        {"country": "\0", "user_agent": "\0"},
        {"country": "\ud800", "user_agent": "\ud800"},
        {"user_agent": 7, "ip": ["x"]},
        {"ip": "\0"},
        {1: 2},
        None,
        7,
        [],
        "text",
    ],
    ids=[
        "5 MB",
        "10,000",
        "deep",
        "NUL",
        "surrogate",
        "types",
        "NUL address",
        "number name",
        "none",
        "number",
        "list",
        "text",
    ],
)
@pytest.mark.parametrize("experiment", [halves(), targeted()], ids=["split", "targeted"])
def test_no_context_raises(context: Any, experiment: Any) -> None:
    client = Client.from_configuration(configuration(experiment))

    assert client.decide("authentication", "device-1", context).is_enrolled
    assert client.evaluate(FLAG, "device-1", context) is not None


@pytest.mark.parametrize(
    "unit",
    ["", "\ud800", None, 7, [], DEEP, b"x"],
    ids=["empty", "surrogate", "none", "number", "list", "deep", "bytes"],
)
def test_no_unit_raises(unit: Any) -> None:
    client = Client.from_configuration(configuration(halves()))

    assert client.decide("authentication", unit).reason is Reason.BAD_UNIT
    evaluation = client.evaluate(f"{FLAG}.title", unit)
    assert evaluation is not None
    assert evaluation.resolution.reason is FlagReason.UNKNOWN


@pytest.mark.parametrize(
    "flow", ["", "\ud800", None, 7, [], DEEP], ids=["empty", "surrogate", "none", "number", "list", "deep"]
)
def test_no_flow_raises(flow: Any) -> None:
    client = Client.from_configuration(configuration(halves()))

    assert not client.decide(flow, "device-1").is_enrolled
    assert client.evaluate(flow, "device-1") is None


@given(
    unit=st.text() | st.binary() | st.none() | st.integers(),
    context=st.dictionaries(
        st.text() | st.sampled_from(["user_agent", "ip", "flow"]), st.text() | st.none() | st.floats()
    ),
)
def test_nothing_raises(unit: Any, context: Any) -> None:
    assert TARGETED.decide("authentication", unit, context).outcome is not None


def test_an_async_caller_is_not_kept_waiting() -> None:
    client = Client.from_configuration(configuration(halves()))

    async def run() -> bool:
        return client.decide("authentication", "device-1").is_enrolled

    assert asyncio.run(run())


def test_many_threads_get_decisions_of_one_plan_or_the_other_and_never_of_both() -> None:
    one = configuration(halves(), revision=1)
    other = configuration(halves(slot_ranges=(SlotRange(0, 1_000_000, TWO.id),)), revision=2)
    client = Client.from_configuration(one)
    expected = {
        c.revision: [c.prepare().plan.decide("authentication", f"u{i}", {})[0].variation_id for i in range(50)]
        for c in (one, other)
    }
    wrong: list[Decision] = []
    stop = threading.Event()

    def ask() -> None:
        for _ in range(30):
            for i in range(50):
                decision = client.decide("authentication", f"u{i}")
                if decision.variation_id != expected[decision.revision][i]:
                    wrong.append(decision)

    def swap() -> None:
        while not stop.is_set():
            client.use(other)
            client.use(one)

    swapping = threading.Thread(target=swap)
    asking = [threading.Thread(target=ask) for _ in range(16)]
    for thread in (swapping, *asking):
        thread.start()
    for thread in asking:
        thread.join()
    stop.set()
    swapping.join()

    assert wrong == []


def test_listeners_hear_of_each_new_revision_until_they_leave() -> None:
    client = Client.from_configuration(configuration())
    heard: list[int] = []

    leave = client.on_change(heard.append)
    client.use(configuration(revision=2))
    client.use(configuration(revision=2))
    leave()
    leave()
    client.use(configuration(revision=3))

    assert heard == [2]


def test_a_listener_that_fails_keeps_nobody_from_the_new_plan() -> None:
    client = Client.from_configuration(configuration())
    heard: list[int] = []
    client.on_change(lambda _: 1 / 0)  # type: ignore[arg-type]
    client.on_change(heard.append)

    client.use(configuration(revision=2))

    assert (heard, client.revision) == ([2], 2)


def test_who_asks_has_to_be_said() -> None:
    with pytest.raises(ValueError, match="say who asks"):
        Client.connect("https://signpost.example")
    with pytest.raises(ValueError, match="no address"):
        Client.connect("signpost.example", token="t")


def test_everything_that_is_public_can_be_imported() -> None:
    assert all(getattr(signpost, name) is not None for name in signpost.__all__)
    with pytest.raises(AttributeError):
        _ = signpost.nothing


def test_who_is_held_out_gets_the_default_and_is_recorded() -> None:
    kept: list[Decision] = []
    held = replace(configuration(halves()), holdout=Holdout(1_000_000, "H" * 22, START))
    client = Client.from_configuration(held, kept)

    decision = client.decide("authentication", "device-1")
    client.record(decision)
    evaluation = client.evaluate(f"{FLAG}.title", "device-1")

    assert (decision.reason, decision.is_enrolled, decision.config) == ("holdout", False, {})
    assert evaluation is not None
    assert (evaluation.resolution.value, evaluation.is_exposure) == ("Sign in", True)
    assert [d.reason for d in kept] == ["holdout"] * 3
