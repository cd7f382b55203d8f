"""What a metric measures of recent events, to see whether it measures what was meant."""

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import count, pairwise

from signpost.analysis.cells import Histogram, Sums
from signpost.analysis.quantiles import read_quantile
from signpost.model.errors import MetricInvalidError
from signpost.model.experiments import Subject
from signpost.model.holdouts import HOLDOUT
from signpost.model.metrics import Aggregation, Metric, find_faults
from signpost.ports.measurements import Measurement, Measures, Question
from signpost.usecases.call import Call
from signpost.usecases.experiment_lives import find_experiment
from signpost.usecases.results import to_ms

RECENT = timedelta(days=30)
"""How far back a preview looks."""

_NOTHING = Sums(0, 0, 0)
_WITH_EVENTS, _AS_QUANTILE = "with events", "as quantile"
"""Names that no metric can have, for what is asked beside it."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Units with values from `start` up to before `stop`."""

    start: int
    stop: int
    units: int


@dataclass(frozen=True, slots=True)
class Preview:
    """What a metric measures.

    `units` were exposed since, one variation each, suspected automation left out; `units_with_events` have an event that the metric
    selects, in its window; `units_with_value` have a value. `value` is their mean, share, ratio or quantile, None where there is
    none; `standard_deviation` is of means. `buckets` are there for values of which the data tells more than sums.
    """

    metric: Metric
    experiment_id: str | None
    since: datetime
    units: int
    units_with_events: int
    units_with_value: int
    value: float | None
    standard_deviation: float | None
    cap: int | None
    buckets: tuple[Bucket, ...]
    has_overflown: bool


def preview_metric(call: Call, measures: Measures, metric: Metric, experiment_id: str | None = None) -> Preview:
    """Return what a metric measures of the units that were exposed in the last 30 days: of one experiment, or of all.

    Raises:
        MetricInvalidError: it can't be computed.
        NotFoundError: the tenant has no such experiment.
        MeasurementUnavailableError: the events can't be read now.
    """
    faults = find_faults(metric)
    if faults:
        raise MetricInvalidError(faults)
    subject = Subject.DEVICE
    if experiment_id is not None:
        with call.reading() as tenant:
            subject = find_experiment(tenant, experiment_id).subject
    now = call.clock.now()
    since = now - RECENT
    question = Question(
        # The pseudo-experiment of the holdout has the units of all experiments in it.
        experiment_id=experiment_id or HOLDOUT,
        metrics=tuple(_find_twins(metric)),
        as_of_ms=to_ms(now),
        since_ms=to_ms(since),
        subject=subject,
    )
    measured = measures.measure(call.tenant_id, question)
    return _describe(metric, experiment_id, since, measured)


def _find_twins(metric: Metric) -> Iterator[Metric]:
    """Return the metric, whether there is any event of it, and of a duration the quantile that tells its distribution."""
    yield replace(metric, covariate_days=0)
    yield Metric(_WITH_EVENTS, "", Aggregation.CONVERSION, metric.events, metric.direction, window=metric.window)
    if metric.aggregation is Aggregation.DURATION:
        yield replace(
            metric, name=_AS_QUANTILE, aggregation=Aggregation.QUANTILE, quantile=0.5, cap=None, cap_quantile=None
        )


def _describe(metric: Metric, experiment_id: str | None, since: datetime, measured: Measurement) -> Preview:
    people = [cell for cell in measured.cells if not cell.is_automated]
    sums = _add(cell.sums[0] for cell in people)
    histograms = measured.histograms.get(_AS_QUANTILE if metric.quantile is None else metric.name, {})
    histogram = _merge(histograms.values())
    has_overflown = metric.name in measured.overflown
    with_value = sum(histogram.counts) if metric.quantile is not None else sums.n
    return Preview(
        metric=metric,
        experiment_id=experiment_id,
        since=since,
        units=sum(cell.units for cell in people),
        units_with_events=_add(cell.sums[1] for cell in people).x,
        units_with_value=with_value,
        value=None if has_overflown or not with_value else _read_value(metric, sums, histogram),
        standard_deviation=None if has_overflown else _read_deviation(metric, sums),
        cap=measured.caps.get(metric.name),
        buckets=_count_shares(sums) if metric.is_proportion else _count_values(histogram),
        has_overflown=has_overflown,
    )


def _add(sums: Iterable[Sums]) -> Sums:
    total = _NOTHING
    for each in sums:
        total = total.plus(each)
    return total


def _read_value(metric: Metric, sums: Sums, histogram: Histogram) -> float | None:
    if metric.quantile is not None:
        return read_quantile(histogram, metric.quantile)
    if metric.aggregation is Aggregation.RATIO:
        return sums.x / sums.d if sums.d else None
    return sums.x / sums.n


def _read_deviation(metric: Metric, sums: Sums) -> float | None:
    if metric.quantile is not None or metric.is_proportion or metric.aggregation is Aggregation.RATIO or sums.n < 2:
        return None
    return math.sqrt((sums.n * sums.xx - sums.x**2) / (sums.n * (sums.n - 1)))


def _count_shares(sums: Sums) -> tuple[Bucket, ...]:
    return (Bucket(0, 1, sums.n - sums.x), Bucket(1, 2, sums.x)) if sums.n else ()


def _merge(histograms: Iterable[Histogram]) -> Histogram:
    counts, widths = Counter[int](), dict[int, int]()
    for histogram in histograms:
        for start, width, number in zip(histogram.starts, histogram.widths, histogram.counts, strict=True):
            counts[start] += number
            widths[start] = width
    starts = sorted(counts)
    return Histogram(tuple(starts), tuple(widths[s] for s in starts), tuple(counts[s] for s in starts))


def _count_values(histogram: Histogram) -> tuple[Bucket, ...]:
    """Return the units by steps of 1, 2, 5, 10, … up to the largest value; the histogram's own buckets end at such steps."""
    if not histogram.starts:
        return ()
    buckets = []
    for start, stop in pairwise(_steps()):
        if start > histogram.starts[-1]:
            break
        pairs = zip(histogram.starts, histogram.counts, strict=True)
        buckets.append(Bucket(start, stop, sum(number for value, number in pairs if start <= value < stop)))
    filled = [i for i, bucket in enumerate(buckets) if bucket.units]
    return tuple(buckets[filled[0] : filled[-1] + 1])


def _steps() -> Iterator[int]:
    yield 0
    for power in count():
        yield from (step * 10**power for step in (1, 2, 5))
