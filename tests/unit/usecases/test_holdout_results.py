"""Results of a holdout, over real parts in memory: what is decided, recorded and summed."""

from dataclasses import replace

import pytest

from signpost.analysis.results import Judgement, NoteCode, Results
from signpost.analysis.sample_ratio import SampleRatio
from signpost.events.memory import MemoryEvents
from signpost.model.errors import NotFoundError
from signpost.model.experiments import ExperimentStatus
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.ports.events import EXPOSURE_TYPE, SUCCESS_TYPE, Attribution, Event
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant
from signpost.testing.repeatable import START, SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.holdout_results import get_holdout_results
from signpost.usecases.tenants import TenantChange, find_tenant, resize_holdout, update_tenant

START_MS = round(START.timestamp() * 1000)


class House:
    """A tenant, and what was recorded in it."""

    def __init__(self) -> None:
        self.clock = SteppingClock()
        self.ids = SequentialIds()
        self.store = MemoryStore(self.clock)
        self.events = MemoryEvents(self.clock)
        self.store.add_tenant(a_tenant(), "test")

    def hold_out(self, slots: int) -> None:
        tenant = find_tenant(self.store, None)
        holdout = resize_holdout(tenant, slots, self.clock, self.ids)
        update_tenant(self.store, self.clock, "test", tenant, TenantChange(holdout=holdout))

    def expose(self, unit: str, experiment_id: str, at_ms: int | None = None, *, succeeds: bool = False) -> None:
        at_ms = at_ms or round(self.clock.now().timestamp() * 1000)
        to = Attribution(experiment_id, "var_1", experiment_id == HOLDOUT, "percentage", None, unit, at_ms, False)
        kept = [Event(a_tenant().id, EXPOSURE_TYPE, at_ms, b"{}", None, unit, None, to, is_exposure=True)]
        if succeeds:
            kept.append(Event(a_tenant().id, SUCCESS_TYPE, at_ms, b"{}", None, unit))
        self.events.append(kept)

    def results(self) -> Results:
        return get_holdout_results(Call(self.store, self.clock, self.ids, a_tenant().id, "test"), self.events)


@pytest.fixture
def house() -> House:
    return House()


def test_a_tenant_that_never_held_anybody_out_has_no_such_results(house: House) -> None:
    with pytest.raises(NotFoundError):
        house.results()


def test_the_held_out_are_the_control_of_all_experiments_together(house: House) -> None:
    house.hold_out(500_000)
    for number in range(400):
        house.expose(f"held {number}", HOLDOUT, succeeds=number < 160)
        house.expose(f"in {number}", "exp_1" if number % 2 else "exp_2", succeeds=number < 280)
        house.expose(f"in {number}", "exp_3")

    results = house.results()

    shown = [(v.variation_id, v.is_control, v.units, v.planned_ratio, v.drifted_units) for v in results.variations]
    assert shown == [(HOLDOUT, True, 400, 0.5, 0), (EXPERIMENTS, False, 400, 0.5, 0)]
    assert (results.experiment_id, results.status) == (HOLDOUT, ExperimentStatus.ACTIVE)
    assert isinstance(results.health.sample_ratio, SampleRatio)
    success = results.metrics[0]
    assert [arm.total for arm in success.arms] == [160, 280]
    assert success.comparisons[0].judgement is Judgement.BETTER


def test_what_was_exposed_before_it_began_is_not_counted(house: House) -> None:
    house.expose("early", "exp_1", START_MS - 1_000)
    house.hold_out(500_000)
    house.expose("late", "exp_1")

    assert [(v.variation_id, v.units) for v in house.results().variations] == [(HOLDOUT, 0), (EXPERIMENTS, 1)]


def test_who_was_in_both_is_left_out_and_counted(house: House) -> None:
    house.hold_out(100_000)
    house.expose("both", "exp_1")
    house.expose("both", HOLDOUT)

    results = house.results()

    assert (results.units, sum(v.drifted_units for v in results.variations)) == (0, 1)
    assert NoteCode.DRIFTED_UNITS in {note.code for note in results.notes}


def test_another_share_is_another_phase(house: House) -> None:
    house.hold_out(100_000)
    house.hold_out(200_000)
    house.expose("one", "exp_1")

    results = house.results()

    assert results.phases == 2
    assert NoteCode.RATIO_CHANGED in {note.code for note in results.notes}


def test_one_that_ended_and_began_again_counts_from_then_on_with_the_same_units(house: House) -> None:
    house.hold_out(100_000)
    first = find_tenant(house.store, None).holdout
    house.hold_out(0)
    ended = house.results()
    house.hold_out(200_000)
    second = find_tenant(house.store, None).holdout

    assert first is not None
    assert second is not None
    assert ended.status is ExperimentStatus.PAUSED
    assert second == replace(first, slots=200_000, started_at=second.started_at)
    assert second.started_at > first.started_at
    house.expose("one", "exp_1")
    results = house.results()
    assert (results.phases, [v.units for v in results.variations]) == (1, [0, 1])


def test_none_at_all_stays_none(house: House) -> None:
    house.hold_out(0)

    assert find_tenant(house.store, None).holdout is None
