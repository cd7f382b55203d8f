"""What a metric measures of recent events, by hand-counted events in memory."""

import math
import statistics
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from signpost.events.memory import MemoryEvents
from signpost.model.errors import MetricInvalidError, NotFoundError
from signpost.model.metrics import Aggregation, Direction, Metric, Selection, Window
from signpost.ports.events import Event
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant, an_experiment
from signpost.testing.events_contract import an_attribution, an_exposure, keep
from signpost.testing.repeatable import SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.metric_previews import RECENT, Bucket, Preview, preview_metric
from signpost.usecases.results import to_ms

TENANT = a_tenant().id
EXPERIMENT = an_experiment().id
SUCCESS = Metric("success", "", Aggregation.CONVERSION, Selection(("s",)), Direction.INCREASE)


@dataclass
class World:
    """A tenant with an experiment, and events of it; times are milliseconds after ten days ago."""

    call: Call
    events: MemoryEvents
    start_ms: int

    def expose(self, unit: str, at_ms: int = 0, experiment_id: str = EXPERIMENT) -> None:
        to = an_attribution(unit, "var_a", self.start_ms + at_ms, experiment_id=experiment_id)
        keep(self.events, an_exposure(to, tenant_id=TENANT))

    def happen(self, unit: str, at_ms: int, type: str = "s", body: bytes = b"{}") -> None:
        keep(self.events, Event(TENANT, type, self.start_ms + at_ms, body, None, unit))

    def preview(self, metric: Metric, experiment_id: str | None = EXPERIMENT) -> Preview:
        return preview_metric(self.call, self.events, metric, experiment_id)


@pytest.fixture
def world() -> World:
    clock = SteppingClock()
    store = MemoryStore(clock)
    store.add_tenant(a_tenant(), "tests")
    with store.writing(TENANT, "tests") as tenant:
        tenant.experiments.add(an_experiment())
    return World(
        Call(store, clock, SequentialIds(), TENANT, "tests"),
        MemoryEvents(clock),
        to_ms(clock.now() - timedelta(days=10)),
    )


def test_a_share_is_told_with_both_sides(world: World) -> None:
    for unit in ("one", "two", "three", "four"):
        world.expose(unit)
    world.happen("one", 5)
    world.happen("one", 6)
    world.happen("two", 5)
    world.happen("nobody", 5)

    found = world.preview(SUCCESS)

    assert (found.units, found.units_with_events, found.units_with_value, found.value) == (4, 2, 4, 0.5)
    assert found.buckets == (Bucket(0, 1, 2), Bucket(1, 2, 2))
    assert found.standard_deviation is None


def test_a_duration_is_told_with_its_distribution(world: World) -> None:
    waits = [3, 7, 40, 42, 1_500]
    for i, wait in enumerate(waits):
        world.expose(f"unit-{i}")
        world.happen(f"unit-{i}", wait)
    world.expose("never")

    found = world.preview(replace(SUCCESS, aggregation=Aggregation.DURATION, measure="ms"))

    assert (found.units, found.units_with_events, found.units_with_value) == (6, 5, 5)
    assert found.value == statistics.mean(waits)
    assert found.standard_deviation is not None
    assert math.isclose(found.standard_deviation, statistics.stdev(waits))
    assert [(b.start, b.stop, b.units) for b in found.buckets if b.units] == [
        (2, 5, 1),
        (5, 10, 1),
        (20, 50, 2),
        (1_000, 2_000, 1),
    ]
    assert [b.stop for b in found.buckets[:-1]] == [b.start for b in found.buckets[1:]]


def test_a_quantile_is_read_off(world: World) -> None:
    for i in range(1, 101):
        world.expose(f"unit-{i}")
        world.happen(f"unit-{i}", i)

    found = world.preview(replace(SUCCESS, aggregation=Aggregation.QUANTILE, quantile=0.9))

    assert found.value is not None
    assert 90 <= found.value <= 91
    assert (found.units_with_value, found.standard_deviation) == (100, None)


def test_a_sum_has_a_mean_and_its_cap(world: World) -> None:
    world.expose("one")
    world.expose("two")
    world.happen("one", 5, body=b'{"details":{"seconds":10}}')
    metric = replace(SUCCESS, aggregation=Aggregation.SUM, field="details.seconds", cap=8)

    found = world.preview(metric)

    assert (found.value, found.cap, found.buckets) == (4.0, 8, ())
    assert found.standard_deviation == statistics.stdev([8, 0])


def test_a_ratio_is_one_of_sums(world: World) -> None:
    world.expose("one")
    for at_ms, type in enumerate(["f", "f", "f", "s", "s"]):
        world.happen("one", at_ms, type)
    metric = replace(SUCCESS, aggregation=Aggregation.RATIO, events=Selection(("f",)), base=Selection(("s",)))

    assert world.preview(metric).value == 1.5
    assert world.preview(replace(metric, base=Selection(("nothing",)))).value is None


def test_a_step_of_a_funnel_and_a_retention_count_those_who_could(world: World) -> None:
    for unit in ("one", "two", "three"):
        world.expose(unit)
    world.happen("one", 1, "begin")
    world.happen("two", 1, "begin")
    world.happen("two", 2)
    step = replace(SUCCESS, aggregation=Aggregation.FUNNEL_STEP, base=Selection(("begin",)))
    later = replace(SUCCESS, aggregation=Aggregation.RETENTION, window=Window(0, 20 * 86_400_000))

    assert (world.preview(step).units_with_value, world.preview(step).value) == (2, 0.5)
    assert (world.preview(later).units_with_value, world.preview(later).value) == (0, None)


def test_without_an_experiment_the_units_of_all_are_measured(world: World) -> None:
    world.expose("one")
    world.expose("two", experiment_id="exp_other")
    world.happen("two", 5)

    assert (world.preview(SUCCESS).units, world.preview(SUCCESS, None).units) == (1, 2)
    assert world.preview(SUCCESS, None).value == 0.5


def test_what_is_long_ago_and_what_is_automated_is_not_looked_at(world: World) -> None:
    world.expose("one")
    world.expose("robot")
    world.happen("robot", 1, "limit_mu")
    world.expose("old", -(RECENT // timedelta(milliseconds=1)))

    assert world.preview(SUCCESS).units == 1


def test_nothing_is_told_as_nothing(world: World) -> None:
    for metric in (SUCCESS, replace(SUCCESS, aggregation=Aggregation.DURATION)):
        found = world.preview(metric)

        assert (found.units, found.value, found.standard_deviation, found.buckets) == (0, None, None, ())


def test_a_metric_that_can_not_be_computed_or_an_experiment_that_is_not_there_is_refused(world: World) -> None:
    with pytest.raises(MetricInvalidError):
        world.preview(replace(SUCCESS, name="X"))
    with pytest.raises(NotFoundError):
        world.preview(SUCCESS, "exp_nothing")
