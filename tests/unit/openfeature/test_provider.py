"""The provider behind OpenFeature's own SDK."""

import asyncio
from collections.abc import Iterator
from queue import Queue
from typing import Any

import pytest
from openfeature import api
from openfeature.client import OpenFeatureClient
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import EventDetails, ProviderEvent
from openfeature.exception import ErrorCode, ProviderNotReadyError
from openfeature.flag_evaluation import Reason
from openfeature.provider import ProviderStatus
from openfeature.track import TrackingEventDetails

from signpost import Client, Configuration, Decision
from signpost.model.flags import FlagStatus, Parameter, ParameterType
from signpost.openfeature import SignpostProvider
from signpost.testing.builders import a_flag
from tests.unit.client.conftest import IPHONE, ONE, TWO, configuration, halves, targeted

PARAMETERS = {
    "title": Parameter(ParameterType.STRING, "Sign in"),
    "wide": Parameter(ParameterType.BOOLEAN, True),
    "steps": Parameter(ParameterType.NUMBER, 2),
    "ratio": Parameter(ParameterType.NUMBER, 0.5),
    "links": Parameter(ParameterType.ARRAY, ["help"]),
}
FLAG = a_flag(name="login", parameters=PARAMETERS)
OFF = a_flag(9, name="off", status=FlagStatus.ARCHIVED)
DEVICE = EvaluationContext("device-1")
Heard = tuple[ProviderEvent, str | None]


def flags(*experiments: Any, revision: int = 1) -> Configuration:
    return Configuration(
        tenant_id="ten_1",
        revision=revision,
        flags=(FLAG, OFF),
        variations=(ONE, TWO),
        segments=configuration().segments,
        experiments=experiments,
    )


class House:
    """A client, its provider, and the SDK over it."""

    def __init__(self) -> None:
        self.exposures: list[Decision] = []
        self.events: list[Any] = []
        self.client = Client.from_configuration(flags(), self.exposures, self.events)
        api.set_provider_and_wait(SignpostProvider(self.client))

    @property
    def sdk(self) -> OpenFeatureClient:
        return api.get_client()


@pytest.fixture
def house() -> Iterator[House]:
    yield House()
    api.clear_providers()


def test_each_type_is_resolved(house: House) -> None:
    assert house.sdk.get_string_value("login.title", "") == "Sign in"
    assert house.sdk.get_boolean_value("login.wide", False) is True
    assert house.sdk.get_integer_value("login.steps", 0) == 2
    assert house.sdk.get_float_value("login.ratio", 0.0) == 0.5
    assert house.sdk.get_object_value("login.links", []) == ["help"]
    assert house.sdk.get_object_value("login", {}) == {name: p.value for name, p in PARAMETERS.items()}


def test_a_whole_number_is_a_float_as_well_and_no_boolean_is_a_number(house: House) -> None:
    assert house.sdk.get_float_value("login.steps", 0.0) == 2.0
    assert house.sdk.get_integer_details("login.wide", 7).error_code is ErrorCode.TYPE_MISMATCH
    assert house.sdk.get_integer_details("login.ratio", 7).error_code is ErrorCode.TYPE_MISMATCH
    assert house.sdk.get_string_details("login.steps", "x").error_code is ErrorCode.TYPE_MISMATCH
    assert house.sdk.get_boolean_details("login.title", True).error_code is ErrorCode.TYPE_MISMATCH
    assert house.sdk.get_object_details("login.title", {}).error_code is ErrorCode.TYPE_MISMATCH


def test_an_experiment_decides_says_so_and_is_exposed(house: House) -> None:
    house.client.use(flags(halves(flag_id=FLAG.id)))

    details = house.sdk.get_string_details("login.title", "", DEVICE)

    (exposure,) = house.exposures
    assert details.reason == Reason.SPLIT
    assert details.variant == exposure.variation_name
    assert details.value == exposure.config["title"]
    assert details.flag_metadata == {
        "experiment_id": exposure.experiment_id,
        "variation_id": exposure.variation_id,
        "is_control": exposure.is_control,
        "reason": "split",
        "revision": 1,
    }


def test_what_was_not_shown_is_not_exposed(house: House) -> None:
    house.client.use(flags(halves(flag_id=FLAG.id)))

    house.sdk.get_integer_value("login.title", 1, DEVICE)
    house.sdk.get_string_value("login.title", "", EvaluationContext("device-1", {"flow": "password_reset"}))

    assert house.exposures == []


def test_an_experiment_needs_a_targeting_key(house: House) -> None:
    house.client.use(flags(halves(flag_id=FLAG.id)))

    details = house.sdk.get_string_details("login.title", "mine")

    assert (details.value, details.error_code) == ("mine", ErrorCode.TARGETING_KEY_MISSING)


def test_the_context_is_what_segments_ask_for(house: House) -> None:
    house.client.use(flags(targeted()))

    phone = house.sdk.get_string_details("login.title", "", EvaluationContext("device-1", {"user_agent": IPHONE}))
    other = house.sdk.get_string_details("login.title", "", DEVICE)

    assert (phone.value, phone.reason) == ("Welcome back", Reason.TARGETING_MATCH)
    assert other.reason == Reason.DEFAULT
    assert house.exposures[0].context["device_type"] == "mobile"


def test_a_disabled_flag_has_the_callers_default(house: House) -> None:
    details = house.sdk.get_boolean_details("off", True)

    assert (details.value, details.reason, details.error_code) == (True, Reason.DISABLED, None)


def test_an_unknown_flag_is_not_found(house: House) -> None:
    assert house.sdk.get_string_details("nothing", "x").error_code is ErrorCode.FLAG_NOT_FOUND


def test_the_asynchronous_methods_do_the_same(house: House) -> None:
    house.client.use(flags(halves(flag_id=FLAG.id)))

    value = asyncio.run(house.sdk.get_string_value_async("login.title", "", DEVICE))

    assert value == house.exposures[0].config["title"]


def test_a_change_is_an_event(house: House) -> None:
    heard: Queue[EventDetails] = Queue()
    house.sdk.add_handler(ProviderEvent.PROVIDER_CONFIGURATION_CHANGED, heard.put)

    house.client.use(flags(revision=2))

    assert heard.get(timeout=10).message == "revision 2"


@pytest.fixture
def heard(house: House) -> "Queue[Heard]":
    """What the SDK's handlers are told after the start."""
    told: Queue[Heard] = Queue()

    def hear(event: ProviderEvent) -> None:
        api.add_handler(event, lambda details: told.put((event, details.message)))

    for event in (ProviderEvent.PROVIDER_STALE, ProviderEvent.PROVIDER_ERROR, ProviderEvent.PROVIDER_READY):
        hear(event)
    assert told.get(timeout=10) == (ProviderEvent.PROVIDER_READY, None)
    return told


def test_the_sdk_hears_when_the_configuration_may_be_old_and_when_it_is_not(
    house: House, heard: "Queue[Heard]"
) -> None:
    house.client._tell_health("nobody there")
    stale = heard.get(timeout=10), house.sdk.get_provider_status()
    value = house.sdk.get_string_value("login.title", "")
    house.client._tell_health(None)
    ready = heard.get(timeout=10), house.sdk.get_provider_status()

    assert stale == ((ProviderEvent.PROVIDER_STALE, "nobody there"), ProviderStatus.STALE)
    assert value == "Sign in"
    assert ready == ((ProviderEvent.PROVIDER_READY, None), ProviderStatus.READY)


def test_a_configuration_that_comes_late_makes_the_provider_ready() -> None:
    client = Client()
    with pytest.raises(ProviderNotReadyError):
        api.set_provider_and_wait(SignpostProvider(client, ready_seconds=0))
    before = api.get_client().get_provider_status()

    client.use(flags())

    assert (before, api.get_client().get_provider_status()) == (ProviderStatus.ERROR, ProviderStatus.READY)
    assert api.get_client().get_string_value("login.title", "") == "Sign in"
    api.clear_providers()


def test_what_an_application_does_to_a_value_stays_its_own(house: House) -> None:
    house.client.use(flags(halves(flag_id=FLAG.id)))
    details = house.sdk.get_object_details("login.links", [], DEVICE)
    assert isinstance(details.value, list)

    details.value.append("mine")
    with pytest.raises(TypeError):
        details.flag_metadata["is_control"] = True  # type: ignore[index]

    assert house.sdk.get_object_value("login.links", [], DEVICE) == ["help"]


def test_tracking_is_an_auth_event(house: House) -> None:
    house.sdk.track("s", EvaluationContext("device-1", {"session_id": "ses-1"}))
    house.sdk.track("f", DEVICE, TrackingEventDetails(3.5, {"step": "password"}))

    assert [body for body, _ in house.events] == [
        {"type": "s", "unit": "device-1", "session_id": "ses-1", "details": None},
        {"type": "f", "unit": "device-1", "session_id": None, "details": {"step": "password", "value": 3.5}},
    ]


def test_without_a_configuration_the_provider_is_not_ready() -> None:
    api.set_provider(SignpostProvider(Client(), ready_seconds=0))

    details = api.get_client().get_string_details("login.title", "mine")

    assert (details.value, details.error_code) == ("mine", ErrorCode.PROVIDER_NOT_READY)
    api.clear_providers()
