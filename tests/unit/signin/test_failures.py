"""A bad day: whatever fails beside the accounts, people sign in, and nothing is counted that was not shown."""

import logging
from collections.abc import Sequence
from concurrent.futures import Future
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from signpost.model.experiments import ExperimentStatus
from signpost.ports.events import EXPOSURE_TYPE, Event, EventsRejectedError
from signpost.ports.store import StoreUnavailableError
from signpost.requests.attributes import Context
from signpost.signin.actions import PythonAction, Trigger
from signpost.signin.mail.mails import Mail, MailNotSentError
from signpost.signin.recording import OPEN_SECONDS
from signpost.storage.memory_accounts import MemoryAccountsOfTenant, MemoryAccountStore
from signpost.testing.repeatable import SteppingClock
from tests.unit.signin.house import EMAIL, PASSWORD, Browser, House


class FullDisk:
    """Takes nothing."""

    def append(self, _: Sequence[Event]) -> "Future[int]":
        done: Future[int] = Future()
        done.set_exception(EventsRejectedError("the disk is full"))
        return done

    def close(self) -> None:
        """Nothing is open."""


class HangingDisk(FullDisk):
    """Takes everything, and never says so."""

    def __init__(self) -> None:
        self.asked = 0

    def append(self, events: Sequence[Event]) -> "Future[int]":
        self.asked += sum(event.is_exposure for event in events)
        return Future()


class BrokenAttributes:
    """Raises."""

    def of(self, *_: Any) -> Context:
        raise RuntimeError("the file of places is damaged")


class LostMail:
    """Sends nothing."""

    def send(self, _: str, __: Mail) -> None:
        raise MailNotSentError("nobody answers")


class AwayStore(MemoryAccountStore):
    """A database that does not answer when it is told not to."""

    is_away = False

    def of(self, tenant_id: str) -> MemoryAccountsOfTenant:
        if self.is_away:
            raise StoreUnavailableError("connection refused")
        return super().of(tenant_id)


def sign_in(house: House) -> Browser:
    browser = house.browser()
    browser.open()
    browser.sign_in()
    browser.skip_all()
    return browser


@pytest.mark.parametrize("disk", [FullDisk, HangingDisk])
def test_with_the_events_gone_people_sign_in_and_see_the_pages_as_they_are(
    tmp_path: Path, disk: type[FullDisk], caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path, events=disk())
    house.run_experiment(overrides={"layout": "combined"}, flow="all")

    browsers = [sign_in(house) for _ in range(3)]

    assert all("code" in browser.answer for browser in browsers)
    assert [record.message for record in caplog.records if "experiment_circuit_open" in record.message] == [
        "experiment_circuit_open: the exposure could not be kept: "
        + ("EventsRejectedError" if disk is FullDisk else "TimeoutError"),
        "experiment_circuit_open: exposures could not be kept a moment ago",
    ]


def test_nobody_waits_for_a_disk_that_hangs_but_the_first(tmp_path: Path) -> None:
    disk = HangingDisk()
    house = House(tmp_path, events=disk)
    house.run_experiment(flow="all")

    for _ in range(5):
        sign_in(house)
    first = disk.asked
    house.monotonic += OPEN_SECONDS
    house.confirmed_at = house.monotonic
    sign_in(house)

    assert (first, disk.asked) == (1, 2), "after a while it is tried once more"


def test_an_exposure_that_could_not_be_kept_shows_nothing_of_the_variation(tmp_path: Path) -> None:
    house = House(tmp_path, events=FullDisk())
    house.run_experiment(overrides={"layout": "combined", "social_proof": "Seen by nobody"})

    for _ in range(20):
        browser = house.browser()
        browser.open()
        assert browser.at == "identifier"
        assert "Seen by nobody" not in browser.text


def test_what_fails_in_deciding_fails_no_sign_in(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, attributes=BrokenAttributes())
    house.run_experiment()

    browser = sign_in(house)

    assert "code" in browser.answer
    assert EXPOSURE_TYPE not in house.types()
    assert "experiment_circuit_open: deciding failed: RuntimeError" in caplog.text


def test_a_configuration_that_is_too_old_decides_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path)
    house.run_experiment()
    house.monotonic += 601

    sign_in(house)

    assert EXPOSURE_TYPE not in house.types()
    assert "experiment_circuit_open: the configuration is too old" in caplog.text


@pytest.mark.parametrize("parameters", [{"experiment_id": "exp_1111111111111111111111"}, {"variation_id": "var_x"}])
def test_an_override_of_what_is_not_there_is_told_and_ignored(
    tmp_path: Path, parameters: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    house = House(tmp_path)
    house.run_experiment()
    browser = house.browser()

    browser.open(**parameters)

    assert browser.at in {"identifier", "login"}
    assert "experiment_not_found: an override names what is not there" in caplog.text


def test_parameters_that_nobody_reads_are_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path)
    house.change_tenant(plain_overrides=False)
    house.run_experiment()
    browser = house.browser()

    browser.open(**{"ext-experiment": "{}"})
    browser.open(variation_id="var_x")

    assert "experiment_orphaned_params: a client sent parameters that nobody here reads" in caplog.text
    assert "experiment_orphaned_params: an override is ignored: plain_overrides_off" in caplog.text


@pytest.mark.parametrize("prompt", ["none", "none login"])
def test_nothing_is_decided_where_nothing_is_shown(tmp_path: Path, prompt: str) -> None:
    house = House(tmp_path)
    house.run_experiment(flow="all")
    browser = house.browser()

    browser.open(prompt=prompt)

    assert house.types() == []


def test_an_action_that_hangs_or_answers_rubbish_goes_by_its_policy(tmp_path: Path) -> None:
    def answer(_: object) -> Any:
        return "rubbish"

    house = House(tmp_path, actions=[PythonAction("rubbish", Trigger.POST_LOGIN, answer)])

    assert "code" in sign_in(house).answer


def test_mail_that_is_not_sent_is_nobodys_business(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    house = House(tmp_path, mailer=LostMail())
    browser = house.browser()
    browser.open()

    browser.post("reset-request", email=EMAIL)
    house.send_mail()

    assert browser.at == "reset-sent"
    assert "a mail was not sent" in caplog.text
    assert "nobody answers" in caplog.text


def test_with_the_database_gone_a_visitor_is_told_so_in_a_page(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    accounts = AwayStore(SteppingClock())
    house = House(tmp_path, accounts=accounts)
    browser = house.browser()
    browser.open()
    browser.post("identifier", identifier=EMAIL)

    accounts.is_away = True
    browser.post("password", password=PASSWORD)
    page = browser.page
    accounts.is_away = False
    browser.get(f"/u/password?state={browser.state}")
    browser.post("password", password=PASSWORD)
    browser.skip_all()

    assert page is not None
    assert (page.status_code, page.headers["retry-after"]) == (503, "5")
    assert "We can’t sign you in right now" in page.text
    assert "connection refused" not in page.text
    assert "code" in browser.answer, "nothing was lost"


def test_a_sign_in_that_nobody_finishes_is_abandoned_once(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_experiment(flow="all")
    left, finished = house.browser(), house.browser()
    left.open()
    left.post("identifier", identifier=EMAIL)
    finished.open()
    finished.sign_in()
    finished.skip_all()

    early = house.end_abandoned()
    house.clock.advance(timedelta(minutes=31))
    ended = [house.end_abandoned(), house.end_abandoned()]
    entry = next(each for each in house.log() if each["type"] == "transaction_abandoned")

    assert (early, ended) == (0, [1, 0])
    assert entry["details"]["screen"] == "password"
    assert entry["details"]["experiment"]["experiment_id"].startswith("exp_")
    assert entry["session_id"] == next(each["session_id"] for each in house.log() if each["type"] == EXPOSURE_TYPE)
    left.get(f"/u/password?state={left.state}")
    assert left.at == "message"


def test_assigned_delivered_and_not_delivered_are_different_facts(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.run_experiment(overrides={"layout": "sideways"})

    for _ in range(12):
        house.browser().open()

    kinds = house.types()
    shown = kinds.count("experiment_variation_delivered")
    not_shown = [each for each in house.log() if each["type"] == "experiment_variation_not_delivered"]
    assert kinds.count(EXPOSURE_TYPE) == 12 == shown + len(not_shown)
    assert 0 < len(not_shown) < 12
    assert {tuple(each["details"]["parameters"]) for each in not_shown} == {("layout",)}
    assert not any(each["details"]["experiment"]["is_control"] for each in not_shown)


def test_an_experiment_that_is_not_running_shows_the_tenants_own_pages(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.show(social_proof="Ours")
    house.run_experiment(overrides={"social_proof": "Theirs"}, status=ExperimentStatus.PAUSED)
    browser = house.browser()

    browser.open()

    assert "Ours" in browser.text
    assert house.types().count(EXPOSURE_TYPE) == 0
