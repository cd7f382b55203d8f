"""One request's way through."""

import logging
import threading
from dataclasses import replace
from typing import Any, NoReturn

import pytest

from signpost import Client, Decision
from signpost.middleware import Experiment, Journeys, Settings, SettingsInvalidError
from signpost.model.holdouts import Holdout
from signpost.requests.places import Place
from signpost.testing.repeatable import START
from tests.unit.client.conftest import IPHONE, MOBILE, TWO, configuration, halves, targeted
from tests.unit.middleware.arriving import KEY, TITLES, Request, begin, client, known, settings


def fail(*_: object) -> NoReturn:
    raise RuntimeError("not today")


class Failing(Client):
    """Breaks its promise never to raise."""

    def decide(self, *_: Any, **__: Any) -> NoReturn:
        fail()


def test_a_request_that_asks_nothing_gets_nothing() -> None:
    kept: list[Decision] = []
    journey, experiment = begin(client=client(kept))

    assert repr(experiment) == "<Experiment of the path>"
    assert experiment.unit is None
    assert journey.answer() is None
    assert not journey.is_personal
    assert kept == []


def test_looking_decides_and_showing_records() -> None:
    kept: list[Decision] = []
    journey, experiment = begin(client=client(kept))

    looked = experiment.decision
    before = list(kept)
    title = experiment.config["title"]

    assert looked is not None
    assert before == []
    assert TITLES[str(title)] == experiment.variation_name == looked.variation_name
    assert [decision.hashed for decision in kept] == [looked.hashed]
    assert journey.is_personal


@pytest.mark.parametrize(
    "name", ["__bool__", "as_context", "config", "experiment_id", "variation_id", "variation_name", "is_control"]
)
def test_whatever_tells_of_the_experiment_is_an_exposure_once_for_each_request(name: str) -> None:
    kept: list[Decision] = []
    _, experiment = begin(client=client(kept))

    for _ in range(2):
        told = getattr(experiment, name)
        if callable(told):
            told()

    assert len(kept) == 1


def test_a_device_that_is_held_out_is_counted_where_the_others_are() -> None:
    kept: list[Decision] = []
    everybody_out = Client.from_configuration(
        replace(configuration(halves()), holdout=Holdout(1_000_000, "h" * 22, START)), kept
    )
    journey, experiment = begin(client=everybody_out)

    assert not experiment
    assert experiment.config == {}
    assert [decision.reason for decision in kept] == ["holdout"]
    assert journey.answer() is not None


def test_a_page_that_was_made_for_auth0_gets_what_it_expects() -> None:
    _, experiment = begin()

    context = experiment.as_context()

    assert context == {
        "experiment_id": experiment.experiment_id,
        "variation_id": experiment.variation_id,
        "variation_name": experiment.variation_name,
        "config": {name: {"value": value} for name, value in experiment.config.items()},
        "is_control": experiment.is_control,
    }
    assert begin(Request("/about"))[1].as_context() is None


def test_a_new_device_is_given_a_cookie_with_which_it_stays_the_same() -> None:
    journeys = Journeys(settings(client()))
    first = journeys.begin(Request())
    decision = first.decide()
    cookie = first.answer()
    assert cookie is not None
    assert decision is not None

    second = journeys.begin(Request(cookies=f"{cookie.name}={cookie.value}"))
    again = second.decide()

    assert again is not None
    assert (again.unit, again.variation_id) == (decision.unit, decision.variation_id)
    assert first.unit == second.unit == decision.unit
    assert second.answer() is None
    assert second.is_personal


def test_a_cookie_under_an_old_key_is_set_again() -> None:
    device_id, header = known("o" * 32)
    journey, experiment = begin(Request(cookies=header), cookie_keys=[KEY, "o" * 32])

    is_enrolled = bool(experiment)
    cookie = journey.answer()

    assert is_enrolled
    assert cookie is not None
    assert device_id in cookie.value


def test_where_nothing_runs_nobody_gets_a_cookie() -> None:
    journey, experiment = begin(client=Client.from_configuration(configuration()))

    assert not experiment
    assert experiment.config == {}
    assert experiment.unit is None
    assert journey.answer() is None
    assert not journey.is_personal


def test_a_device_that_the_ramp_leaves_out_keeps_its_cookie_for_the_next_level() -> None:
    ramped = halves(levels=(0, 100), current_level=0)
    kept: list[Decision] = []
    journey, experiment = begin(client=Client.from_configuration(configuration(ramped), kept))

    assert experiment.decision is not None
    assert journey.answer() is not None
    assert journey.is_personal


def test_a_path_without_a_flow_has_no_experiment() -> None:
    journey, experiment = begin(Request("/about"))

    assert not experiment
    assert experiment.decision is None
    assert (experiment.experiment_id, experiment.variation_id, experiment.variation_name) == (None, None, None)
    assert not experiment.is_control
    assert journey.answer() is None


def test_a_view_names_another_flow() -> None:
    kept: list[Decision] = []
    _, experiment = begin(Request("/about"), client=client(kept))

    other = experiment("authentication")

    assert other
    assert not experiment
    assert [other.variation_id, other.variation_id, experiment.variation_id] == [kept[0].variation_id] * 2 + [None]
    assert repr(other) == "<Experiment of authentication>"
    assert len(kept) == 1


def test_a_view_enters_a_flow_for_all_that_follows() -> None:
    _, experiment = begin(Request("/about"))

    experiment.enter("authentication")

    assert experiment


def test_head_decides_the_same_headers_and_shows_nothing() -> None:
    kept: list[Decision] = []
    journey, experiment = begin(Request(method="HEAD"), client=client(kept))

    config = experiment.config

    assert config
    assert kept == []
    assert journey.answer() is not None


def test_a_new_device_gets_the_baseline_when_it_is_too_late_for_a_cookie(caplog: pytest.LogCaptureFixture) -> None:
    kept: list[Decision] = []
    journey, experiment = begin(client=client(kept))

    journey.answer()
    config = experiment.config

    assert config == {}
    assert kept == []
    assert not journey.is_personal
    assert "after the response began" in caplog.text


def test_a_known_device_is_decided_for_at_any_time() -> None:
    device_id, header = known()
    journey, experiment = begin(Request(cookies=header))

    journey.answer()

    assert experiment.config
    assert experiment.unit == device_id


def test_segments_see_what_the_request_says() -> None:
    mobile = Client.from_configuration(configuration(targeted()), [])

    _, phone = begin(Request(user_agent=IPHONE), client=mobile)
    _, unknown = begin(Request(), client=mobile)

    assert phone.decision is not None
    assert (phone.decision.segment_id, phone.variation_id) == (MOBILE.id, TWO.id)
    assert unknown.config["title"] == "Sign in"


def test_the_application_adds_what_it_knows() -> None:
    class Montreal:
        def find(self, ip: str) -> Place:
            assert ip == "192.0.2.7"
            return Place("CA", "QC")

    kept: list[Decision] = []
    _, experiment = begin(
        Request(address="192.0.2.7", user_agent="x" * 5_000),
        client=client(kept),
        places=Montreal(),
        attributes=lambda request: {"client_id": request.path, "visits": 3, "device_type": "tablet"},
        session_id=lambda request: f"session of {request.path}",
    )

    assert experiment.config
    assert kept[0].session_id == "session of /login"
    assert kept[0].context == {
        "user_agent": "x" * 1_024,
        "country": "CA",
        "region": "QC",
        "client_id": "/login",
        "anonymous_session_metadata.visits": "3",
        "device_type": "tablet",
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"client": None},
        {"client": Client()},
        {"client": Failing()},
        {"attributes": fail},
        {"attributes": lambda _: None},
        {"override": fail},
        {"session_id": fail},
    ],
    ids=["no client", "no plan", "failing client", "attributes", "no attributes", "override", "session"],
)
def test_whatever_fails_leads_to_the_baseline_and_is_logged_once(
    changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    journeys = Journeys(settings(**{"client": client()} | changes))

    for _ in range(3):
        journey = journeys.begin(Request())
        experiment = Experiment(journey)
        assert not experiment
        assert experiment.config == {}
        assert journey.answer() is None

    assert [record.levelno for record in caplog.records] == [logging.ERROR]


def test_an_exposure_that_nobody_takes_fails_no_page(caplog: pytest.LogCaptureFixture) -> None:
    class Full(list[Decision]):
        def append(self, _: Decision) -> None:
            fail()

    _, experiment = begin(client=client(Full()))

    assert experiment.config
    assert "recording failed" in caplog.text


@pytest.mark.parametrize(
    "wrong", [{"cookie_keys": []}, {"cookie_keys": ["short"]}, {"flows": {"login": "a"}}, {"flows": {"/login": ""}}]
)
def test_settings_that_make_no_sense_are_refused_at_the_start(wrong: dict[str, Any]) -> None:
    with pytest.raises(SettingsInvalidError, match="can't start"):
        Journeys(Settings(**{"client": None, "cookie_keys": [KEY]} | wrong))


def test_requests_at_the_same_time_don_t_meet() -> None:
    kept: list[Decision] = []
    journeys = Journeys(settings(client(kept)))
    devices = [known() for _ in range(200)]
    seen: list[tuple[str, str | None]] = []
    barrier = threading.Barrier(8)

    def serve(part: int) -> None:
        barrier.wait()
        for device_id, header in devices[part::8]:
            experiment = Experiment(journeys.begin(Request(cookies=header)))
            seen.append((device_id, experiment.unit if experiment.config else None))

    threads = [threading.Thread(target=serve, args=(part,)) for part in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(seen) == 200
    assert all(given == decided for given, decided in seen)
    assert sorted(decision.unit for decision in kept) == sorted(device_id for device_id, _ in devices)
