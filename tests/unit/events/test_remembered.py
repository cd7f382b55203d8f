"""Measures that remember: when they answer again, and when they look again."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest

from signpost.events.remembered import ANSWERS_MAX, LONG_SECONDS, RememberedMeasures
from signpost.ports.measurements import Measurement, MeasurementUnavailableError, Question, UnitValues
from signpost.testing.events_contract import TENANT
from signpost.testing.measured import SUCCESS, a_measurement

QUESTION = Question("exp_1", (SUCCESS,), as_of_ms=1_000_000)
QUICK, LONG = LONG_SECONDS / 10, LONG_SECONDS * 7


class Slow:
    """Measures that take so many seconds, and count how often they are asked."""

    def __init__(self, seconds: float) -> None:
        self.asked: list[tuple[str, Question]] = []
        self.kept = 1
        self.is_away = False
        self.now = 0.0
        self._takes = seconds

    def newest(self) -> int:
        return self.kept

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        self.asked.append((tenant_id, question))
        if self.is_away:
            raise MeasurementUnavailableError
        self.now += self._takes
        units = self.kept
        return replace(a_measurement({"var_1": (units, 0)}), as_of_ms=question.as_of_ms)

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        raise NotImplementedError(tenant_id, experiment_id)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        raise NotImplementedError(tenant_id, question)

    def clock(self) -> float:
        return self.now


def later(seconds: float) -> Question:
    return replace(QUESTION, as_of_ms=QUESTION.as_of_ms + round(seconds * 1000))


@pytest.mark.parametrize(
    ("takes", "kept", "after", "times"),
    [
        (QUICK, 0, 60, 1),
        (QUICK, 0, 61, 2),
        (QUICK, 1, 0, 2),
        (QUICK, 0, -1, 2),
        (LONG, 1, 20 * LONG, 1),
        (LONG, 1, 20 * LONG + 1, 2),
        (LONG, 0, -1, 2),
        (600, 1, 300, 1),
        (600, 1, 301, 2),
    ],
    ids=[
        "nothing new",
        "nothing new for over a minute",
        "something new",
        "as of before",
        "long, something new",
        "long, too old",
        "long, as of before",
        "very long",
        "very long, too old",
    ],
)
def test_an_answer_is_given_again_while_it_is_good(takes: float, kept: int, after: float, times: int) -> None:
    log = Slow(takes)
    measures = RememberedMeasures(log, log.clock)
    measures.measure(TENANT, QUESTION)
    log.kept += kept

    measured = measures.measure(TENANT, later(after))

    assert len(log.asked) == times
    assert measured.as_of_ms == (QUESTION if times == 1 else later(after)).as_of_ms


def test_another_tenant_and_another_question_have_their_own_answers() -> None:
    log = Slow(QUICK)
    measures = RememberedMeasures(log, log.clock)

    for tenant_id in (TENANT, "ten_2"):
        for phases in ((), (5,)):
            measures.measure(tenant_id, replace(QUESTION, phases=phases))

    assert len(log.asked) == 4


def test_what_was_asked_longest_ago_is_forgotten_first() -> None:
    log = Slow(QUICK)
    measures = RememberedMeasures(log, log.clock)
    measures.measure(TENANT, QUESTION)
    for number in range(ANSWERS_MAX):
        measures.measure(TENANT, replace(QUESTION, since_ms=number + 1))
    asked = len(log.asked)

    measures.measure(TENANT, replace(QUESTION, since_ms=ANSWERS_MAX))
    measures.measure(TENANT, QUESTION)

    assert len(log.asked) == asked + 1


def test_many_who_ask_at_once_let_it_be_worked_out_once() -> None:
    log = Slow(LONG)
    measures = RememberedMeasures(log, log.clock)
    ready = Barrier(8)

    def ask(_: int) -> Measurement:
        ready.wait(10)
        return measures.measure(TENANT, QUESTION)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))

    assert len(log.asked) == 1
    assert answers == [answers[0]] * 8


def test_a_question_that_could_not_be_answered_is_asked_again() -> None:
    log = Slow(QUICK)
    measures = RememberedMeasures(log, log.clock)
    log.is_away = True
    with pytest.raises(MeasurementUnavailableError):
        measures.measure(TENANT, QUESTION)
    log.is_away = False

    assert measures.measure(TENANT, QUESTION).as_of_ms == QUESTION.as_of_ms
