"""The watch: alarms on harm, what is done about it, and ramps that are led on."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from signpost.analysis.results import Decision
from signpost.model.alarms import SAMPLE_RATIO
from signpost.model.analysis_plans import AnalysisPlan, OnBreach, RampStep
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS
from signpost.model.metrics import Role
from signpost.ports.paging import PageRequest
from signpost.usecases.experiment_lives import advance_ramp
from signpost.usecases.watch import WATCH, Watched, list_untold, list_watched, note_told, watch_experiment
from tests.unit.usecases.house import HALVES, PASSKEY, PASSWORD, TENANT, House, running

METRICS = (
    replace(SIGN_IN_SUCCESS, role=Role.DECISION, covariate_days=0),
    replace(SIGN_IN_SUCCESS, name="still_in", role=Role.GUARDRAIL, margin=0.02, covariate_days=0),
)
HOUR = timedelta(hours=1)


def planned(on_breach: OnBreach = OnBreach.PAUSE, **changes: Any) -> AnalysisPlan:
    return AnalysisPlan(METRICS, on_breach=on_breach, **changes)


def halves(plan: AnalysisPlan) -> Experiment:
    return replace(HALVES, analysis_plan=plan)


def rollout(plan: AnalysisPlan, level: int = 50) -> Experiment:
    return running(None, None, levels=(10, 50, 100), current_level=level, analysis_plan=plan)


def look(house: House) -> Watched:
    return watch_experiment(house.call(WATCH), house.events, HALVES.id)


def now(house: House) -> Experiment:
    with house.store.reading(TENANT) as tenant:
        experiment = tenant.experiments.get(HALVES.id)
    assert experiment is not None
    return experiment


def harmed(experiment: Experiment) -> House:
    house = House(experiment)
    house.expose(PASSWORD, 2_000, 1_600)
    house.expose(PASSKEY, 2_000, 1_200)
    return house


def sound(experiment: Experiment, units: int = 1_000) -> House:
    house = House(experiment)
    house.expose(PASSWORD, units, units * 8 // 10)
    house.expose(PASSKEY, units, units * 8 // 10)
    return house


def test_a_harmed_guardrail_pauses_the_experiment_and_the_trail_says_who_did() -> None:
    house = harmed(halves(planned(OnBreach.PAUSE)))

    watched = look(house)

    assert [(a.subject, a.variation_id, a.action) for a in watched.raised] == [("still_in", PASSKEY, OnBreach.PAUSE)]
    assert watched.raised[0].message == "still_in is harmed beyond its margin with Passkey."
    assert now(house).status is ExperimentStatus.PAUSED
    with house.store.reading(TENANT) as tenant:
        entry = tenant.audit.list(PageRequest(1), entity_id=HALVES.id).items[0]
    assert (entry.actor, entry.action) == ("watch", "update")
    assert any("still_in is harmed" in note.message for note in house.results().notes)


def test_a_plan_that_only_notifies_raises_the_alarm_once_and_lets_the_experiment_run() -> None:
    house = harmed(halves(planned(OnBreach.NOTIFY)))

    first, second = look(house), look(house)

    assert [alarm.action for alarm in first.raised] == [OnBreach.NOTIFY]
    assert second.raised == ()
    assert now(house).status is ExperimentStatus.ACTIVE


def test_a_plan_that_comes_to_ask_for_more_is_obeyed() -> None:
    house = harmed(halves(planned(OnBreach.NOTIFY)))
    look(house)
    house.live_on(replace(now(house), analysis_plan=planned(OnBreach.PAUSE)))

    watched = look(house)

    assert [alarm.action for alarm in watched.raised] == [OnBreach.PAUSE]
    assert now(house).status is ExperimentStatus.PAUSED


def test_who_resumes_an_experiment_is_not_stopped_by_the_same_alarm_again() -> None:
    house = harmed(halves(planned(OnBreach.PAUSE)))
    look(house)
    house.live_on(replace(now(house), status=ExperimentStatus.ACTIVE))

    watched = look(house)

    assert watched.raised == ()
    assert now(house).status is ExperimentStatus.ACTIVE


def test_a_ramp_steps_back_to_nobody_but_the_control() -> None:
    house = harmed(rollout(planned(OnBreach.STEP_BACK)))

    watched = look(house)

    assert [alarm.action for alarm in watched.raised] == [OnBreach.STEP_BACK]
    assert (now(house).status, now(house).current_level) == (ExperimentStatus.ACTIVE, 0)


def test_stepping_back_pauses_where_there_is_no_ramp() -> None:
    house = harmed(halves(planned(OnBreach.STEP_BACK)))

    watched = look(house)

    assert [alarm.action for alarm in watched.raised] == [OnBreach.PAUSE]
    assert now(house).status is ExperimentStatus.PAUSED


def test_after_a_step_back_nobody_is_exposed_and_people_can_start_the_ramp_over() -> None:
    house = harmed(rollout(planned(OnBreach.STEP_BACK, ramp=RampStep(1, 0))))
    look(house)
    house.clock.advance(48 * HOUR)

    waits = look(house).waits

    assert waits is not None
    assert now(house).current_level == 0
    assert advance_ramp(house.call(), HALVES.id, 10).to_level == 10


def test_who_was_decided_for_while_the_ramp_was_set_back_breaks_nothing() -> None:
    house = harmed(rollout(planned(OnBreach.STEP_BACK)))
    look(house)
    before = house.results()
    house.expose(PASSKEY, 3, 2)
    house.expose(PASSWORD, 3_000, 2_400)

    after = house.results()

    assert after.verdict.decision is before.verdict.decision is Decision.STOP
    assert after.metrics[1].comparisons[0].absolute == before.metrics[1].comparisons[0].absolute
    assert "3 units were exposed to a variation just after its share was taken away" in str(after.notes)


def test_a_sound_experiment_raises_nothing() -> None:
    house = sound(halves(planned()))

    watched = look(house)

    assert watched.raised == ()
    assert (watched.level, watched.waits) == (None, None)


def test_a_broken_sample_ratio_is_told_and_stops_nobody() -> None:
    house = House(halves(planned(OnBreach.PAUSE)))
    house.expose(PASSWORD, 2_000, 1_600)
    house.expose(PASSKEY, 1_500, 1_200)

    watched = look(house)

    assert [(alarm.subject, alarm.action) for alarm in watched.raised] == [(SAMPLE_RATIO, OnBreach.NOTIFY)]
    assert now(house).status is ExperimentStatus.ACTIVE


@pytest.mark.parametrize(
    ("hours", "reason"), [(0, "2 hours at 10 % are over on 2026-01-01 02:00 UTC."), (3, None)], ids=["early", "due"]
)
def test_a_ramp_goes_on_when_its_hours_are_over(hours: int, reason: str | None) -> None:
    house = House(rollout(planned(ramp=RampStep(2, 0)), level=10))
    house.clock.advance(hours * HOUR)

    watched = look(house)

    assert (watched.level, watched.waits) == (None if reason else 50, reason)
    assert now(house).current_level == (10 if reason else 50)


def test_a_ramp_waits_for_units_that_were_exposed_at_its_level() -> None:
    house = House(rollout(planned(ramp=RampStep(1, 100)), level=10))
    house.expose(PASSWORD, 90, 60)
    house.clock.advance(2 * HOUR)

    early = look(house)
    house.expose(PASSKEY, 10, 7)
    due = look(house)
    house.clock.advance(2 * HOUR)
    next_ = look(house)

    assert early.waits == "90 of 100 units were exposed at 10 %."
    assert due.level == 50
    assert next_.waits == "0 of 100 units were exposed at 50 %."


def test_the_hours_of_a_level_begin_anew_when_an_experiment_was_paused() -> None:
    house = House(rollout(planned(ramp=RampStep(2, 0)), level=10))
    house.clock.advance(3 * HOUR)
    for status in (ExperimentStatus.PAUSED, ExperimentStatus.ACTIVE):
        house.live_on(replace(now(house), status=status))

    assert look(house).level is None


def test_a_ramp_never_goes_on_while_something_is_red() -> None:
    house = harmed(rollout(planned(OnBreach.NOTIFY, ramp=RampStep(1, 0)), level=50))
    house.clock.advance(2 * HOUR)

    found = [look(house), look(house)]

    assert [watched.level for watched in found] == [None, None]
    assert found[1].waits == "still_in is harmed beyond its margin with Passkey."


def test_a_ramp_ends_at_its_last_level() -> None:
    house = House(rollout(planned(ramp=RampStep(1, 0)), level=100))
    house.clock.advance(2 * HOUR)

    watched = look(house)

    assert (watched.level, watched.waits) == (None, None)


def test_only_active_experiments_are_watched() -> None:
    active, paused = House(HALVES), House(replace(HALVES, status=ExperimentStatus.PAUSED))

    assert list_watched(active.call()) == (HALVES.id,)
    assert list_watched(paused.call()) == ()


def test_an_alarm_is_untold_until_it_is_noted() -> None:
    house = harmed(halves(planned()))
    look(house)

    ((experiment, alarm),) = list_untold(house.call())
    note_told(house.call(WATCH), experiment.id, alarm)

    assert alarm.told_at is None
    assert list_untold(house.call()) == ()
    assert now(house).alarms[0].told_at is not None


def test_how_experiments_are_watched_moves_no_decision() -> None:
    from signpost.usecases.catalog import read_configuration  # noqa: PLC0415

    house = harmed(halves(planned(OnBreach.NOTIFY)))
    look(house)

    with house.store.reading(TENANT) as tenant:
        assert [e.alarms for e in read_configuration(tenant).experiments] == [()]
