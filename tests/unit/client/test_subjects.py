"""Experiments on accounts, decided in process."""

from collections import deque
from typing import Any

from signpost.assignment import Configuration, Reason
from signpost.client import Client
from signpost.model.experiments import ExperimentStatus, SlotRange, Subject
from signpost.testing.builders import a_flag, a_variation, an_experiment

FLOW = "authentication"


def client_of(subject: Subject) -> tuple[Client, deque[Any]]:
    one, two = a_variation(1), a_variation(2, overrides={"title": "Welcome back"})
    ranges = (SlotRange(0, 500_000, one.id), SlotRange(500_000, 1_000_000, two.id))
    experiment = an_experiment(status=ExperimentStatus.ACTIVE, slot_ranges=ranges, subject=subject)
    exposures: deque[Any] = deque()
    configuration = Configuration("ten_1", 1, (a_flag(),), (one, two), (), (experiment,))
    return Client.from_configuration(configuration, exposures), exposures


def test_an_experiment_on_accounts_takes_nobody_without_one() -> None:
    client, exposures = client_of(Subject.ACCOUNT)

    unknown, known = client.decide(FLOW, "d1"), client.decide(FLOW, "d1", account_id="a1")

    assert (unknown.reason, unknown.unit, unknown.is_enrolled) == (Reason.NO_ACCOUNT, "d1", False)
    assert (known.unit, [exposure.unit for exposure in exposures]) == ("a1", ["a1"])


def test_the_first_touch_goes_by_what_was_linked() -> None:
    client, _ = client_of(Subject.FIRST_TOUCH)

    found = [client.decide(FLOW, "d2", account_id="a1", linked_unit=unit).unit for unit in (None, "d1")]

    assert found == ["d2", "d1"]


def test_a_flag_is_evaluated_for_an_account() -> None:
    client, exposures = client_of(Subject.ACCOUNT)

    found = [client.evaluate(f"{a_flag().name}.title", "d1", account_id=account) for account in (None, "a1")]

    assert [evaluation.is_exposure for evaluation in found if evaluation] == [False, True]
    assert [exposure.unit for exposure in exposures] == ["a1"]
