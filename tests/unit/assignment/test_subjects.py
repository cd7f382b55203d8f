"""Experiments on accounts, and on the first touch."""

from dataclasses import replace
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment import Configuration, Override, Plan, Reason, Who
from signpost.model.experiments import ExclusionGroup, Experiment, ExperimentStatus, SlotRange, Span, Subject
from signpost.model.holdouts import Holdout
from signpost.ports.store import StoreUnavailableError
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_flag, a_variation, an_experiment
from signpost.testing.repeatable import START, SteppingClock
from signpost.usecases.links import find_who, find_who_asks, unit_for

FLOW = "authentication"
DEVICES = st.sampled_from([f"device-{n}" for n in range(6)])
ACCOUNTS = st.sampled_from([f"account-{n}" for n in range(3)])


def on(subject: Subject, **changes: object) -> Experiment:
    one, two = a_variation(1), a_variation(2)
    ranges = (SlotRange(0, 500_000, one.id), SlotRange(500_000, 1_000_000, two.id))
    return replace(
        an_experiment(status=ExperimentStatus.ACTIVE, slot_ranges=ranges, subject=subject),
        **changes,  # type: ignore[arg-type]
    )


def plan_of(*experiments: Experiment, holdout: Holdout | None = None) -> Plan:
    variations = (a_variation(1), a_variation(2, overrides={"title": "Welcome back"}))
    return Configuration("ten_1", 1, (a_flag(),), variations, (), experiments, holdout=holdout).prepare().plan


def test_an_experiment_on_accounts_goes_by_the_account_alone() -> None:
    plan = plan_of(on(Subject.ACCOUNT))

    found = [plan.decide_for(FLOW, Who(device, "account-1"), {}) for device in ("d1", "d2", None)]

    assert found == [("account-1", plan.decide(FLOW, "account-1", {}))] * 3


@pytest.mark.parametrize("device", ["d1", None])
def test_nobody_is_in_an_experiment_on_accounts_without_one(device: str | None) -> None:
    plan = plan_of(on(Subject.ACCOUNT))

    unit, (outcome, hashed) = plan.decide_for(FLOW, Who(device), {})

    assert (unit, outcome.reason, outcome.is_enrolled, hashed) == (device or "", Reason.NO_ACCOUNT, False, 0)
    assert outcome.declined_by == an_experiment().id


def test_the_first_touch_is_the_device_until_there_is_a_link() -> None:
    plan = plan_of(on(Subject.FIRST_TOUCH))

    before = plan.decide_for(FLOW, Who("d2", "account-1"), {})
    after = plan.decide_for(FLOW, Who("d2", "account-1", "d1"), {})

    assert before == ("d2", plan.decide(FLOW, "d2", {}))
    assert after == ("d1", plan.decide(FLOW, "d1", {}))


def test_nobody_is_enrolled_by_a_link_that_could_not_be_looked_up() -> None:
    plan = plan_of(on(Subject.FIRST_TOUCH))

    _, (outcome, _) = plan.decide_for(FLOW, Who("d1", is_link_known=False), {})

    assert (outcome.reason, outcome.is_enrolled) == (Reason.LINK_UNKNOWN, False)


def test_an_override_needs_no_account() -> None:
    plan, wanted = plan_of(on(Subject.ACCOUNT)), a_variation(2).id

    unit, (outcome, _) = plan.decide_for(FLOW, Who("d1"), {}, Override(variation_id=wanted))

    assert (unit, outcome.variation_id, outcome.is_forced) == ("d1", wanted, True)


def test_an_override_that_leads_nowhere_enrols_nobody_without_an_account() -> None:
    plan = plan_of(on(Subject.ACCOUNT))

    _, (outcome, _) = plan.decide_for(FLOW, Who("d1"), {}, Override(variation_id="var_none"))

    assert (outcome.reason, outcome.is_override_ignored) == (Reason.NO_ACCOUNT, True)


@pytest.mark.parametrize("override", [None, Override(), Override(variation_id="var_none")])
def test_experiments_on_devices_are_decided_as_ever(override: Override | None) -> None:
    plan = plan_of(on(Subject.DEVICE))

    unit, (outcome, hashed) = plan.decide_for(FLOW, Who("d1", "account-1", "d9"), {}, override)

    known, known_hash = plan.decide(FLOW, "d1", {})
    assert plan.is_by_device
    assert (unit, outcome.variation_id, hashed) == ("d1", known.variation_id, known_hash)


@pytest.mark.parametrize("bad", ["", "\ud800", None])
def test_asking_never_raises(bad: str | None) -> None:
    for subject in Subject:
        _, (outcome, _) = plan_of(on(subject)).decide_for(FLOW, Who(bad, bad), {})

        assert outcome.reason in {Reason.BAD_UNIT, Reason.NO_ACCOUNT}


def test_a_group_of_accounts_declines_who_has_none() -> None:
    group = ExclusionGroup("Page", 1_000_000, "G" * 22, (Span(0, 1_000_000),))
    plan = plan_of(on(Subject.ACCOUNT, exclusion_group=group))

    unknown, known = (plan.decide_for(FLOW, Who("d1", account), {})[1][0] for account in (None, "account-1"))

    assert (unknown.reason, known.is_enrolled) == (Reason.NO_ACCOUNT, True)


def test_accounts_are_held_out_by_their_own_id() -> None:
    held = plan_of(on(Subject.ACCOUNT), holdout=Holdout(1_000_000, "H" * 22, START))

    unit, (outcome, _) = held.decide_for(FLOW, Who("d1", "account-1"), {})

    assert (unit, outcome.reason) == ("account-1", Reason.HOLDOUT)


@given(st.lists(st.tuples(DEVICES, ACCOUNTS), max_size=30))
def test_an_account_never_changes_its_variation_once_it_is_linked(sign_ins: list[tuple[str, str]]) -> None:
    links = MemoryAccountStore(SteppingClock()).of("ten_1").links
    plan = plan_of(on(Subject.FIRST_TOUCH))
    seen: dict[str, str | None] = {}

    for device, account in sign_ins:
        first = plan.decide_for(FLOW, find_who(device, None, links), {})[1][0].variation_id
        links.link(device, account, START)
        unit, (outcome, _) = plan.decide_for(FLOW, find_who(device, account, links), {})

        assert outcome.variation_id == seen.setdefault(account, first)
        assert unit == unit_for(Subject.FIRST_TOUCH, device, account, links)
        for other in range(6):
            later = plan.decide_for(FLOW, find_who(f"device-{other}", account, links), {})[1][0]
            assert later.variation_id == seen[account]


@given(st.lists(st.tuples(DEVICES, ACCOUNTS), min_size=1, max_size=30))
def test_a_device_never_changes_its_variation_once_it_is_linked(sign_ins: list[tuple[str, str]]) -> None:
    links = MemoryAccountStore(SteppingClock()).of("ten_1").links
    seen: dict[str, str | None] = {}

    for device, account in sign_ins:
        links.link(device, account, START)

        assert seen.setdefault(device, unit_for(Subject.FIRST_TOUCH, device, None, links)) == unit_for(
            Subject.FIRST_TOUCH, device, None, links
        )


def test_links_are_asked_only_where_the_first_touch_counts() -> None:
    links = MemoryAccountStore(SteppingClock()).of("ten_1").links
    links.link("d1", "account-1", START)

    found = [unit_for(subject, "d2", "account-1", links) for subject in Subject]

    assert found == ["d2", "account-1", "d1"]
    assert unit_for(Subject.ACCOUNT, "d2", None, links) is None


def test_who_asks_is_looked_up_only_where_it_is_needed_and_never_fails() -> None:
    links = MemoryAccountStore(SteppingClock()).of("ten_1").links
    links.link("d1", "account-1", START)

    class Down:
        def link(self, device_id: str, account_id: str, at: datetime) -> str:
            raise StoreUnavailableError

        def unit_of(self, *, device_id: str | None, account_id: str | None) -> str | None:
            raise StoreUnavailableError

    plans = {subject: plan_of(on(subject)) for subject in Subject}

    up = [find_who_asks(plan, FLOW, "d2", "account-1", links).linked_unit for plan in plans.values()]
    down = [find_who_asks(plan, FLOW, "d2", "account-1", Down()).is_link_known for plan in plans.values()]

    assert up == [None, None, "d1"]
    assert down == [True, True, False]
