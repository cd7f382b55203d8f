"""The jobs of the bench: Signpost does them, and an evaluator that does not is found out."""

import pytest

from bench.peers.jobs import (
    ARMS,
    JOBS,
    LONG_TARGETING,
    SPLIT,
    TARGETING,
    Attributes,
    Job,
    Settings,
    WrongAnswerError,
    check,
)
from bench.peers.signpost_plan import prepare
from bench.peers.worker import Evaluator

ONE_BY_ONE = pytest.mark.parametrize("job", JOBS, ids=lambda job: job.name)


@ONE_BY_ONE
def test_signpost_does_the_job(job: Job) -> None:
    evaluator = Evaluator(job, prepare(JOBS, exposures=False)[job.name])

    check(job, evaluator.ask)


@ONE_BY_ONE
def test_who_always_gives_the_same_arm_does_not_do_the_job(job: Job) -> None:
    with pytest.raises(WrongAnswerError, match=f"{job.name}: 100.0% get var_a"):
        check(job, lambda unit, attributes: ARMS["var_a"])


def test_who_ignores_what_a_rule_excludes_does_not_do_the_job() -> None:
    def ask(unit: str, attributes: Attributes) -> Settings:
        for rule in LONG_TARGETING.rules:
            if all(attributes[name] in values for name, values in rule.match.items()):
                return ARMS[rule.arm]
        return ARMS["var_a"]

    with pytest.raises(WrongAnswerError, match=r"100\.0% get var_d"):
        check(LONG_TARGETING, ask)


def test_half_a_config_is_no_arm() -> None:
    with pytest.raises(WrongAnswerError, match="no arm has the settings"):
        check(SPLIT, lambda unit, attributes: {"title": "var_b"})


def test_what_is_timed_reaches_the_third_rule() -> None:
    holding = [[rule.arm for rule in job.rules if rule.holds(job.attributes)] for job in (TARGETING, LONG_TARGETING)]

    assert holding == [["var_d"], ["var_d"]]


def test_a_request_is_new_each_time() -> None:
    (first_unit, first), (second_unit, second) = LONG_TARGETING.requests(0, 2)

    assert first_unit != second_unit
    assert first == second
    assert all(first[name] is not second[name] for name in first)
