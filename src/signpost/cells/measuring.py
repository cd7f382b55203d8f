"""Asks an engine everything that a question needs, and puts the answer together."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from signpost.analysis.cells import Cell, Histogram, Sums
from signpost.cells.dialects import LIMITS, translate
from signpost.cells.engines import Engine
from signpost.cells.statements import STEPS, WIDEST, Statements
from signpost.model.metrics import Aggregation, Metric
from signpost.ports.measurements import Health, Measurement, Question, UnitValues

Row = Sequence[Any]


def measure(engine: Engine, question: Question) -> Measurement:
    """Return the sums that answer a question about what the engine's relations hold."""
    statements = Statements(question)
    _prepare(engine, statements)
    return measure_units(engine, statements, _read_health(engine, statements))


def list_units(engine: Engine, question: Question) -> UnitValues:
    """Return the units of a question; see `Measures.list_units`."""
    statements = Statements(question)
    _prepare(engine, statements, with_names=True)
    columns: list[tuple[Any, ...]] = [
        *zip(*sorted(_run(engine, statements.listing()), key=lambda row: row[0]), strict=True)
    ]
    if not columns:
        return UnitValues((), tuple(() for _ in question.metrics), tuple(() for _ in question.metrics))
    left = iter(columns[1:])
    nothing = (0,) * len(columns[0])
    values, denominators = [], []
    for metric in question.metrics:
        values.append(next(left))
        denominators.append(next(left) if metric.aggregation is Aggregation.RATIO else nothing)
    return UnitValues(columns[0], tuple(values), tuple(denominators))


def measure_units(engine: Engine, statements: Statements, health: Health) -> Measurement:
    """Return the sums over the units that the engine's table `units` holds already."""
    question = statements.question
    metrics = question.metrics
    histograms = {
        metric.name: _read_histograms(_run(engine, statements.histogram(i)))
        for i, metric in enumerate(metrics)
        if metric.aggregation is Aggregation.QUANTILE or metric.cap_quantile is not None
    }
    statements = replace(statements, caps=_find_caps(metrics, histograms))
    if engine.dialect in LIMITS:
        statements = replace(statements, overflown=_find_overflown(engine, statements))
    return Measurement(
        cells=_read_cells(_run(engine, statements.cells()), statements),
        health=health,
        breakdowns={
            dimension: _read_breakdown(_run(engine, statements.breakdown(i)), statements)
            for i, dimension in enumerate(question.dimensions)
        },
        clusters={} if question.cluster is None else _read_clusters(_run(engine, statements.clusters()), statements),
        histograms={m.name: histograms[m.name] for m in metrics if m.aggregation is Aggregation.QUANTILE},
        caps=statements.caps,
        as_of_ms=question.as_of_ms,
        overflown=statements.overflown,
    )


def _prepare(engine: Engine, statements: Statements, *, with_names: bool = False) -> None:
    for name, sql in statements.tables(with_names=with_names):
        engine.keep(name, translate(sql, engine.dialect))


def _run(engine: Engine, sql: str) -> list[tuple[Any, ...]]:
    return engine.run(translate(sql, engine.dialect))


def _read_cells(rows: Iterable[Row], statements: Statements) -> tuple[Cell, ...]:
    cells = (
        Cell(row[0], int(row[1]), int(row[2]), bool(row[3]), int(row[4]), _read_sums(row[4:], statements))
        for row in rows
    )
    return tuple(sorted(cells, key=lambda cell: (cell.variation_id, cell.phase, cell.day_ms, cell.is_automated)))


def _read_breakdown(rows: Iterable[Row], statements: Statements) -> Mapping[str | None, tuple[Cell, ...]]:
    cells: dict[str | None, list[Cell]] = defaultdict(list)
    for value, variation_id, is_automated, *counts in rows:
        # ClickHouse may give an empty text where there is none.
        cells[value or None].append(
            Cell(variation_id, 0, 0, bool(is_automated), int(counts[0]), _read_sums(counts, statements))
        )
    return {
        value: tuple(sorted(cells[value], key=lambda cell: (cell.variation_id, cell.is_automated)))
        for value in sorted(cells, key=lambda value: (value is None, value or ""))
    }


def _read_sums(counts: Row, statements: Statements) -> tuple[Sums, ...]:
    """Return the sums of the metrics from a row's number of units and the columns that follow it."""
    units, columns = int(counts[0]), iter(counts[1:])
    found = []
    for i, metric in enumerate(statements.question.metrics):
        sums = {name: int(next(columns) or 0) for name, _ in statements.sums_of(i, metric)}
        n, x = sums.pop("n", units), sums.pop("x", 0)
        found.append(Sums(0, 0, 0) if metric.name in statements.overflown else Sums(n, x, sums.pop("xx", x), **sums))
    return tuple(found)


def _read_clusters(rows: Iterable[Row], statements: Statements) -> Mapping[str, tuple[Sums, ...]]:
    clusters = {}
    for variation_id, count, *columns in rows:
        values = iter([int(value or 0) for value in columns])
        clusters[variation_id] = tuple(
            Sums(int(count), *islice(values, 5)) if statements.has_sums(metric) else Sums(0, 0, 0)
            for metric in statements.question.metrics
        )
    return clusters


def _read_histograms(rows: Iterable[Row]) -> Mapping[str, Histogram]:
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for variation_id, start, count in rows:
        found[variation_id].append((int(start), int(count)))
    return {variation_id: _make_histogram(sorted(found[variation_id])) for variation_id in sorted(found)}


def _make_histogram(buckets: Sequence[tuple[int, int]]) -> Histogram:
    return Histogram(
        starts=tuple(start for start, _ in buckets),
        widths=tuple(next((width for limit, width in STEPS if start < limit), WIDEST) for start, _ in buckets),
        counts=tuple(count for _, count in buckets),
    )


def _find_caps(metrics: Iterable[Metric], histograms: Mapping[str, Mapping[str, Histogram]]) -> Mapping[str, int]:
    """Return what each metric is capped at: its own number, or its quantile of all variations together."""
    caps = {metric.name: metric.cap for metric in metrics if metric.cap is not None}
    for metric in metrics:
        if metric.cap_quantile is not None and histograms[metric.name]:
            caps[metric.name] = find_cap(tuple(histograms[metric.name].values()), metric.cap_quantile)
    return caps


def find_cap(histograms: Sequence[Histogram], quantile: float) -> int:
    """Return the largest value of the bucket in which the quantile of all histograms together lies, at least 1."""
    counts: dict[int, int] = defaultdict(int)
    ends: dict[int, int] = {}
    for histogram in histograms:
        for start, width, count in zip(histogram.starts, histogram.widths, histogram.counts, strict=True):
            counts[start] += count
            ends[start] = start + width - 1
    missing = quantile * sum(counts.values())
    for start in sorted(counts):
        missing -= counts[start]
        if missing <= 0:
            return max(1, ends[start])
    return 1


def _find_overflown(engine: Engine, statements: Statements) -> frozenset[str]:
    """Return the metrics whose squares may be over the dialect's limit, summed over all units or all clusters."""
    limit = LIMITS[engine.dialect]
    units, *largest = (int(value or 0) for value in _run(engine, statements.bounds())[0])
    found = {
        name
        for name, value in zip(statements.bounded(), largest, strict=True)
        if units * min(value, statements.caps.get(name, value)) ** 2 > limit
    }
    if statements.question.cluster is not None:
        statements = replace(statements, overflown=frozenset(found))
        clusters, *largest = (int(value or 0) for value in _run(engine, statements.cluster_bounds())[0])
        bounded = zip(statements.cluster_bounded(), largest, strict=True)
        found |= {name for name, value in bounded if clusters * value**2 > limit}
    return frozenset(found)


def _read_health(engine: Engine, statements: Statements) -> Health:
    ((first_ms, last_ms),) = _run(engine, statements.span())
    ((events, late, future),) = _run(engine, statements.lateness())
    is_empty = first_ms is None or (first_ms == 0 and last_ms == 0)  # ClickHouse has 0 for the minimum of nothing
    return Health(
        drifted={variation_id: int(count) for variation_id, count in sorted(_run(engine, statements.drift()))},
        forced={variation_id: int(count) for variation_id, count in sorted(_run(engine, statements.forced()))},
        first_exposure_ms=None if is_empty else int(first_ms),
        last_exposure_ms=None if is_empty else int(last_ms),
        events=int(events),
        late_events=int(late or 0),
        future_events=int(future or 0),
    )
