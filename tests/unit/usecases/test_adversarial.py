"""Data as nobody wishes it, from kept events to results: each gives a right number, or a refusal in words."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.results import NoteCode, Results
from signpost.events.files import FileEvents
from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS
from signpost.model.metrics import Aggregation, Metric, Role, Selection
from signpost.ports.events import EXPOSURE_TYPE, SUCCESS_TYPE, Attribution, Event
from signpost.testing.builders import a_variation
from signpost.testing.repeatable import SequentialIds
from signpost.usecases.call import Call
from signpost.usecases.results import get_results
from tests.unit.usecases.house import HALVES, PASSKEY, PASSWORD, TENANT, House, running

SUCCESS = replace(SIGN_IN_SUCCESS, role=Role.DECISION, covariate_days=0)
TRIES = replace(SUCCESS, name="tries", aggregation=Aggregation.COUNT, role=Role.EXPLORATORY)
SECONDS = replace(TRIES, name="seconds", aggregation=Aggregation.SUM, field="details.seconds")
METRICS = (SUCCESS, TRIES, SECONDS)
DAY_MS = 86_400_000


class Pipeline:
    """A tenant with one experiment, whose events are kept in real files and measured there."""

    def __init__(self, folder: Path, variations: int = 2, metrics: tuple[Metric, ...] = METRICS) -> None:
        weights = [1_000_000 // variations] * variations
        self.house = House(replace(running(*weights), analysis_plan=AnalysisPlan(metrics)))
        self.events = FileEvents(folder, self.house.clock)
        self.now_ms = self.house.now_ms()

    def expose(self, variation_id: str, units: int, *, at_ms: int | None = None, name: str = "") -> list[str]:
        at = self.now_ms - DAY_MS if at_ms is None else at_ms
        named = [name or f"{variation_id} {number}" for number in range(units)]
        to = [
            Attribution(HALVES.id, variation_id, variation_id == PASSWORD, "percentage", None, n, at, False)
            for n in named
        ]
        self.keep([Event(TENANT, EXPOSURE_TYPE, at, b"{}", None, a.unit, None, a, is_exposure=True) for a in to])
        return named

    def succeed(
        self, units: Sequence[str], *, at_ms: int | None = None, details: Any = None, event_id: str | None = None
    ) -> None:
        at = self.now_ms - DAY_MS + 1_000 if at_ms is None else at_ms
        body = json.dumps({"details": details}).encode() if details is not None else b"{}"
        self.keep([Event(TENANT, SUCCESS_TYPE, at, body, event_id, unit) for unit in units])

    def keep(self, events: list[Event]) -> None:
        for start in range(0, len(events), 50_000):
            self.events.append(events[start : start + 50_000]).result()

    def results(self) -> Results:
        call = Call(self.house.store, self.house.clock, SequentialIds(), TENANT, "test")
        return get_results(call, self.events, HALVES.id)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    opened = Pipeline(tmp_path / "events")
    yield opened
    opened.events.close()


def totals(results: Results, metric: int = 0) -> list[int | None]:
    return [arm.total for arm in results.metrics[metric].arms]


def test_what_happened_before_the_exposure_does_not_count(pipeline: Pipeline) -> None:
    for variation in (PASSWORD, PASSKEY):
        units = pipeline.expose(variation, 50)
        pipeline.succeed(units, at_ms=pipeline.now_ms - 2 * DAY_MS)
        pipeline.succeed(units[:20])

    assert totals(pipeline.results()) == [20, 20]


def test_the_same_event_twice_counts_once(pipeline: Pipeline) -> None:
    units = [*pipeline.expose(PASSWORD, 50), *pipeline.expose(PASSKEY, 50)]
    for _ in range(3):
        pipeline.succeed(units[:1], event_id="sent again and again")

    assert totals(pipeline.results(), metric=1) == [1, 0]


def test_the_same_exposure_twice_is_one_unit(pipeline: Pipeline) -> None:
    for _ in range(3):
        for variation in (PASSWORD, PASSKEY):
            pipeline.expose(variation, 50)

    assert pipeline.results().units == 100


def test_a_clock_that_is_slow_loses_events_and_one_that_is_fast_is_told(pipeline: Pipeline) -> None:
    for variation in (PASSWORD, PASSKEY):
        units = pipeline.expose(variation, 50)
        pipeline.succeed(units[:10], at_ms=pipeline.now_ms - DAY_MS - 60_000)
        pipeline.succeed(units[10:20], at_ms=pipeline.now_ms + 365 * DAY_MS)
        pipeline.succeed(units[20:30])

    found = pipeline.results()

    assert totals(found) == [10, 10]
    assert found.health.future_events == 20
    assert NoteCode.FUTURE_EVENTS in [note.code for note in found.notes]


def test_exposures_of_the_future_are_not_there_yet(pipeline: Pipeline) -> None:
    pipeline.expose(PASSWORD, 5)
    pipeline.expose(PASSKEY, 5, at_ms=pipeline.now_ms + DAY_MS)

    assert [arm.units for arm in pipeline.results().variations] == [5, 0]


def test_one_unit_with_a_million_events_is_one_unit(pipeline: Pipeline) -> None:
    units = pipeline.expose(PASSWORD, 100)
    pipeline.succeed(pipeline.expose(PASSKEY, 100)[:50])
    pipeline.succeed(units[:50])
    pipeline.succeed(units[:1] * 1_000_000)

    found = pipeline.results()

    assert totals(found) == [50, 50]
    assert totals(found, metric=1) == [1_000_050, 50]
    tries = found.metrics[1].comparisons[0].absolute
    assert isinstance(tries, Estimate)
    assert tries.ci_lower < 0 < tries.ci_upper


def test_metrics_of_which_nothing_ever_happens_are_refused_in_words(pipeline: Pipeline) -> None:
    for variation in (PASSWORD, PASSKEY):
        pipeline.expose(variation, 100)

    found = pipeline.results()

    for metric in found.metrics:
        (comparison,) = metric.comparisons
        assert isinstance(comparison.p_value, Missing)
        assert comparison.p_value.message


def test_an_empty_arm_is_refused_in_words(pipeline: Pipeline) -> None:
    pipeline.succeed(pipeline.expose(PASSWORD, 100)[:70])

    found = pipeline.results()

    assert [arm.units for arm in found.variations] == [100, 0]
    for metric in found.metrics:
        assert isinstance(metric.comparisons[0].absolute, Missing)
        assert metric.comparisons[0].absolute.code is MissingCode.NO_UNITS


def test_twenty_arms_are_compared_with_the_control(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "events", variations=20, metrics=(SUCCESS,))
    for number in range(1, 21):
        units = pipeline.expose(a_variation(number).id, 200)
        pipeline.succeed(units[: 120 if number < 20 else 190])

    comparisons = pipeline.results().metrics[0].comparisons
    pipeline.events.close()

    judged = [comparison.judgement for comparison in comparisons]
    assert len(judged) == 19
    assert [str(judgement) for judgement in judged[:-1]] == ["no_difference_shown"] * 18
    assert str(judged[-1]) == "better"


@pytest.mark.parametrize(
    ("seconds", "counted"),
    [
        ("NaN", 0),
        (-1, 0),
        (METRIC_VALUE_MAX + 1, 0),
        (1e300, 0),
        ("12", 0),
        (None, 0),
        (True, 0),
        ([1], 0),
        (0.5, 1),
        (METRIC_VALUE_MAX, METRIC_VALUE_MAX),
    ],
)
def test_a_number_that_is_none_or_too_large_is_no_value(pipeline: Pipeline, seconds: object, counted: int) -> None:
    units = pipeline.expose(PASSWORD, 2)
    pipeline.expose(PASSKEY, 2)
    pipeline.succeed(units[:1], details={"seconds": seconds})

    assert totals(pipeline.results(), metric=2) == [counted, 0]


@pytest.mark.parametrize("token", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_json_has_not_is_no_value_and_takes_nothing_else_along(pipeline: Pipeline, token: str) -> None:
    units = [*pipeline.expose(PASSWORD, 50), *pipeline.expose(PASSKEY, 50)]
    pipeline.succeed(units[:20], details={"seconds": 3})
    body = f'{{"details": {{"seconds": {token}}}}}'.encode()
    pipeline.keep([Event(TENANT, SUCCESS_TYPE, pipeline.now_ms - DAY_MS + 1_000, body, None, units[30])])

    found = pipeline.results()

    assert totals(found) == [21, 0]
    assert totals(found, metric=2) == [60, 0]


def test_values_at_the_bound_are_summed_exactly(pipeline: Pipeline) -> None:
    units = pipeline.expose(PASSWORD, 1_000)
    pipeline.expose(PASSKEY, 1_000)
    pipeline.succeed(units * 3, details={"seconds": METRIC_VALUE_MAX})

    found = pipeline.results()

    assert totals(found, metric=2) == [3_000 * METRIC_VALUE_MAX, 0]
    mean = found.metrics[2].arms[0].value
    assert isinstance(mean, Estimate)
    assert mean.value == 3 * METRIC_VALUE_MAX


def test_other_events_of_a_unit_do_not_count(tmp_path: Path) -> None:
    pipeline = Pipeline(tmp_path / "events", metrics=(replace(SUCCESS, events=Selection(("fp",))),))
    pipeline.succeed(pipeline.expose(PASSWORD, 5))

    found = pipeline.results()
    pipeline.events.close()

    assert totals(found) == [0, 0]
