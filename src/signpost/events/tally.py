"""Measures by walking through the rows, one unit at a time: slow and plain, for what lies in memory.

It shares no code with the SQL of `cells`, and the tests hold one against the other.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from signpost.analysis.cells import Cell, Histogram, Sums
from signpost.events.tally_rows import EventRow, ExposureRow, text_at, value_at
from signpost.events.tally_units import find_owners
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.model.metrics import AUTOMATION_TYPES, DAY_MS, Aggregation, Metric, Selection
from signpost.ports.measurements import Health, Measurement, Question, UnitValues

LATE_MS = 60 * 60 * 1000


@dataclass(frozen=True, slots=True)
class _Unit:
    name: str
    variation_id: str
    exposed_ms: int
    phase: int
    ends_ms: int
    request: Mapping[str, str | None]
    events: Sequence[EventRow]
    values: list[tuple[int | None, int, int]] = field(default_factory=list)

    @property
    def is_automated(self) -> bool:
        return any(e.type in AUTOMATION_TYPES and e.occurred_ms >= self.exposed_ms for e in self.events)


def tally(exposures: Sequence[ExposureRow], events: Sequence[EventRow], question: Question) -> Measurement:
    """Return the sums that answer the question; see `Measures.measure`."""
    raw = events
    exposures, events = find_owners(exposures, events, question)
    counted = [
        row for row in exposures if not row.is_forced and question.since_ms <= row.occurred_ms <= question.as_of_ms
    ]
    units, drifted = _find_units(counted, events, question)
    metrics = question.metrics
    for unit in units:
        unit.values.extend(_value_of(unit, metric, question) for metric in metrics)
    people = [unit for unit in units if not unit.is_automated]
    caps = {m.name: _cap_of(m, [u.values[i][0] for u in people]) for i, m in enumerate(metrics)}
    known = {name: cap for name, cap in caps.items() if cap is not None}
    for unit in units:
        unit.values[:] = [
            (_lower(v, caps[m.name]), d, _lower(k, caps[m.name]) or 0)
            for m, (v, d, k) in zip(metrics, unit.values, strict=True)
        ]
    forced = Counter(row.variation_id for row in exposures if row.is_forced and row.occurred_ms >= question.since_ms)
    return Measurement(
        cells=_sum_by(units, metrics, lambda u: (u.phase, u.exposed_ms // DAY_MS * DAY_MS)),
        health=_check(counted, raw, question, drifted, dict(sorted(forced.items()))),
        breakdowns={dimension: _break_down(units, metrics, dimension) for dimension in question.dimensions},
        clusters={} if question.cluster is None else _sum_clusters(people, metrics, question.cluster),
        histograms={
            m.name: _count_values(people, i) for i, m in enumerate(metrics) if m.aggregation is Aggregation.QUANTILE
        },
        caps=known,
        as_of_ms=question.as_of_ms,
    )


def tally_units(exposures: Sequence[ExposureRow], events: Sequence[EventRow], question: Question) -> UnitValues:
    """Return the units themselves; see `Measures.list_units`."""
    exposures, events = find_owners(exposures, events, question)
    counted = [
        row for row in exposures if not row.is_forced and question.since_ms <= row.occurred_ms <= question.as_of_ms
    ]
    people = [unit for unit in _find_units(counted, events, question)[0] if not unit.is_automated]
    people.sort(key=lambda unit: unit.name)
    found = [[_value_of(unit, metric, question) for unit in people] for metric in question.metrics]
    return UnitValues(
        tuple(unit.name for unit in people),
        tuple(tuple(value for value, _, _ in of_metric) for of_metric in found),
        tuple(tuple(denominator for _, denominator, _ in of_metric) for of_metric in found),
    )


def _find_units(
    counted: Sequence[ExposureRow], events: Iterable[EventRow], question: Question
) -> tuple[list[_Unit], dict[str, int]]:
    seen: dict[str, list[ExposureRow]] = defaultdict(list)
    for row in counted:
        seen[row.unit].append(row)
    done: dict[str, list[EventRow]] = defaultdict(list)
    for event in events:
        if event.occurred_ms <= question.as_of_ms:
            done[event.unit].append(event)
    units, drifted = [], Counter[str]()
    for name, every in seen.items():
        phase = min(_phase_at(row.occurred_ms, question) for row in every)
        rows = [row for row in every if _phase_at(row.occurred_ms, question) == phase]
        first_ms = min(row.occurred_ms for row in rows)
        first = min(row.variation_id for row in rows if row.occurred_ms == first_ms)
        if len({row.variation_id for row in rows}) > 1:
            drifted[first] += 1
            continue
        asked = {*question.dimensions, *([question.cluster] if question.cluster else [])}
        request = {
            name: min((row.request[name] for row in rows if name in row.request), default=None) for name in asked
        }
        ends_ms = question.phases[phase] if phase < len(question.phases) else question.as_of_ms + 1
        units.append(_Unit(name, first, first_ms, phase, ends_ms, request, done[name]))
    return units, dict(sorted(drifted.items()))


def _value_of(unit: _Unit, metric: Metric, question: Question) -> tuple[int | None, int, int]:
    """Return a unit's value, its denominator, and its value before the exposure."""
    origin: int | None = unit.exposed_ms
    found = [e for e in unit.events if _fits(e, metric.events) and _is_within(e, unit, metric)]
    bases = [e for e in unit.events if metric.base and _fits(e, metric.base) and _is_within(e, unit, metric)]
    if metric.base is not None and metric.aggregation is not Aggregation.RATIO:
        origin = min((e.occurred_ms for e in bases), default=None)
        found = [e for e in found if origin is not None and e.occurred_ms >= origin]
    days = metric.covariate_days * DAY_MS
    earlier = [
        e for e in unit.events if _fits(e, metric.events) and unit.exposed_ms - days <= e.occurred_ms < unit.exposed_ms
    ]
    match metric.aggregation:
        case Aggregation.CONVERSION:
            return int(bool(found)), 0, int(bool(earlier))
        case Aggregation.RETENTION | Aggregation.FUNNEL_STEP:
            ends_ms = unit.exposed_ms + (metric.window.stop_ms or 0)
            is_over = metric.aggregation is not Aggregation.RETENTION or ends_ms <= (
                unit.ends_ms if question.phases else question.as_of_ms
            )
            return int(bool(found)) if is_over and origin is not None else None, 0, 0
        case Aggregation.DURATION | Aggregation.QUANTILE:
            first_ms = min((e.occurred_ms for e in found), default=None)
            return None if first_ms is None or origin is None else first_ms - origin, 0, 0
        case Aggregation.RATIO:
            return len(found), len(bases), 0
        case Aggregation.COUNT:
            return len(found), 0, len(earlier)
        case Aggregation.SUM:
            path = metric.field or ""
            return (
                sum(number_at(e.body, path) or 0 for e in found),
                0,
                sum(number_at(e.body, path) or 0 for e in earlier),
            )


def number_at(body: bytes, path: str) -> int | None:
    """Return the number at a path, rounded; None where there is none from 0 to `METRIC_VALUE_MAX`."""
    value = value_at(body, path)
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= METRIC_VALUE_MAX:
        return None
    return math.floor(value + 0.5)


def _fits(event: EventRow, selection: Selection) -> bool:
    return event.type in selection.types and all(text_at(event.body, c.field) in c.values for c in selection.where)


def _is_within(event: EventRow, unit: _Unit, metric: Metric) -> bool:
    after_ms = event.occurred_ms - unit.exposed_ms
    return event.occurred_ms < unit.ends_ms and metric.window.start_ms <= after_ms < (
        math.inf if metric.window.stop_ms is None else metric.window.stop_ms
    )


def _cap_of(metric: Metric, values: Iterable[int | None]) -> int | None:
    if metric.cap is not None or metric.cap_quantile is None:
        return metric.cap
    ordered = sorted(value for value in values if value is not None)
    if not ordered:
        return None
    last = ordered[max(0, math.ceil(metric.cap_quantile * len(ordered)) - 1)]
    return max(1, last - last % _width_at(last) + _width_at(last) - 1)


def _lower(value: int | None, cap: int | None) -> int | None:
    return value if value is None or cap is None else min(value, cap)


def _phase_at(moment_ms: int, question: Question) -> int:
    return sum(moment_ms >= begun_ms for begun_ms in question.phases)


def _sum_by(
    units: Iterable[_Unit], metrics: Sequence[Metric], place_of: Callable[[_Unit], tuple[int, int]]
) -> tuple[Cell, ...]:
    groups: dict[tuple[str, int, int, bool], list[_Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.variation_id, *place_of(unit), unit.is_automated].append(unit)
    return tuple(
        Cell(*key, len(groups[key]), tuple(_sum_values(groups[key], i, metric) for i, metric in enumerate(metrics)))
        for key in sorted(groups)
    )


def _sum_values(units: Iterable[_Unit], i: int, metric: Metric) -> Sums:
    if metric.aggregation is Aggregation.QUANTILE:
        return Sums(sum(unit.values[i][0] is not None for unit in units), 0, 0)
    rows = [(v, d, k) for unit in units for v, d, k in [unit.values[i]] if v is not None]
    return Sums(
        n=len(rows),
        x=sum(v for v, _, _ in rows),
        xx=sum(v * v for v, _, _ in rows),
        d=sum(d for _, d, _ in rows),
        dd=sum(d * d for _, d, _ in rows),
        xd=sum(v * d for v, d, _ in rows),
        c=sum(k for _, _, k in rows),
        cc=sum(k * k for _, _, k in rows),
        xc=sum(v * k for v, _, k in rows),
    )


def _break_down(
    units: Iterable[_Unit], metrics: Sequence[Metric], dimension: str
) -> Mapping[str | None, tuple[Cell, ...]]:
    groups: dict[str | None, list[_Unit]] = defaultdict(list)
    for unit in units:
        groups[unit.request[dimension]].append(unit)
    return {
        value: _sum_by(groups[value], metrics, lambda _: (0, 0))
        for value in sorted(groups, key=lambda value: (value is None, value or ""))
    }


def _sum_clusters(units: Iterable[_Unit], metrics: Sequence[Metric], cluster: str) -> Mapping[str, tuple[Sums, ...]]:
    clusters: dict[str, dict[str, list[_Unit]]] = defaultdict(lambda: defaultdict(list))
    for unit in units:
        clusters[unit.variation_id][unit.request[cluster] or unit.name].append(unit)
    return {
        variation_id: tuple(_sum_cluster(list(groups.values()), i, metric) for i, metric in enumerate(metrics))
        for variation_id, groups in sorted(clusters.items())
    }


def _sum_cluster(groups: Sequence[Sequence[_Unit]], i: int, metric: Metric) -> Sums:
    if metric.aggregation is Aggregation.QUANTILE:
        return Sums(0, 0, 0)
    pairs = [tuple(_cluster_pairs(group, i, metric)) for group in groups]
    x, d = [sum(v for v, _ in pair) for pair in pairs], [sum(w for _, w in pair) for pair in pairs]
    return Sums(
        n=len(groups),
        x=sum(x),
        xx=sum(v * v for v in x),
        d=sum(d),
        dd=sum(w * w for w in d),
        xd=sum(v * w for v, w in zip(x, d, strict=True)),
    )


def _cluster_pairs(group: Iterable[_Unit], i: int, metric: Metric) -> Iterator[tuple[int, int]]:
    for unit in group:
        value, denominator, _ = unit.values[i]
        if value is not None:
            yield value, denominator if metric.aggregation is Aggregation.RATIO else 1


def _width_at(value: int) -> int:
    for limit, width in ((1_000, 1), (100_000, 10), (10_000_000, 1_000), (1_000_000_000, 100_000)):
        if value < limit:
            return width
    return 100_000_000


def _count_values(units: Iterable[_Unit], i: int) -> Mapping[str, Histogram]:
    counts: dict[str, Counter[int]] = defaultdict(Counter)
    for unit in units:
        value = unit.values[i][0]
        if value is not None:
            counts[unit.variation_id][value - value % _width_at(value)] += 1
    return {
        variation_id: Histogram(
            tuple(sorted(counts[variation_id])),
            tuple(_width_at(start) for start in sorted(counts[variation_id])),
            tuple(counts[variation_id][start] for start in sorted(counts[variation_id])),
        )
        for variation_id in sorted(counts)
    }


def _check(
    counted: Sequence[ExposureRow],
    events: Iterable[EventRow],
    question: Question,
    drifted: Mapping[str, int],
    forced: Mapping[str, int],
) -> Health:
    types = {t for m in question.metrics for s in m.selections for t in s.types} | {*AUTOMATION_TYPES}
    asked = [event for event in events if event.type in types]
    return Health(
        drifted=drifted,
        forced=forced,
        first_exposure_ms=min((row.occurred_ms for row in counted), default=None),
        last_exposure_ms=max((row.occurred_ms for row in counted), default=None),
        events=len(asked),
        late_events=sum(e.kept_ms is not None and e.kept_ms - e.occurred_ms > LATE_MS for e in asked),
        future_events=sum(e.occurred_ms > question.as_of_ms for e in asked),
    )
