"""Anybody's logs in two tables: one of exposures, one of events, each row with a time."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from signpost.cells import fields_of, measure, translate, types_of
from signpost.cells.literals import is_one_of
from signpost.model.metrics import Metric
from signpost.ports.measurements import Question
from signpost.warehouses.files import DataMeasurement, TableError, as_name, count
from signpost.warehouses.sources import Source


@dataclass(frozen=True, slots=True)
class Logs:
    """Two tables, and the names of the columns in which they say who, what and when."""

    exposures: str
    events: str
    unit: str
    variation: str
    at: str
    type: str


@dataclass(frozen=True, slots=True)
class _Selection:
    """The query of a table's rows that lack nothing, with the text's names for its columns.

    `last_ms` is the last time of each variation, or type; `left_out` says how many rows are not in it.
    """

    rows: str
    last_ms: Mapping[str, int]
    left_out: Sequence[str]


def measure_logs(source: Source, logs: Logs, metrics: Sequence[Metric]) -> DataMeasurement:
    """Return the sums of logs in files or in an engine's tables, as those of an experiment of Signpost's own.

    A unit's first exposure counts, and its events in each metric's window after it; a unit in two variations has drifted. Fields that
    metrics read are columns of the events by their path. What is known is as of the last row.

    Raises:
        TableError: a table can't be read or lacks a column, or nothing in it can be compared.
    """
    metrics = tuple(metrics)
    question = Question("logs", metrics, as_of_ms=0)
    fields = fields_of(question)
    exposures = _select(source, logs.exposures, logs.at, {"unit": logs.unit, "variation_id": logs.variation})
    source.engine.keep("exposures", exposures.rows)
    variations = tuple(sorted(exposures.last_ms))
    if len(variations) < 2:
        raise TableError(f"There is only one variation ({variations[0]}): nothing to compare.")
    texts = {"unit": logs.unit, "type": logs.type, **{f"text_{i}": name for i, name in enumerate(fields.texts)}}
    events = _select(source, logs.events, logs.at, texts, {f"number_{i}": n for i, n in enumerate(fields.numbers)})
    is_needed = translate(is_one_of("type", types_of(question)), source.engine.dialect)
    source.engine.keep("events", f"{events.rows} AND {is_needed}")
    as_of_ms = max(*exposures.last_ms.values(), *events.last_ms.values())
    strangers = [
        f"Every event of {metric.name}: none is of type {' or '.join(selection.types)}."
        for metric in metrics
        for selection in metric.selections
        if events.last_ms.keys().isdisjoint(selection.types)
    ]
    return DataMeasurement(
        measurement=measure(source.engine, replace(question, as_of_ms=as_of_ms)),
        metrics=metrics,
        variations=variations,
        scales={metric.name: 1 for metric in metrics},
        left_out=(*exposures.left_out, *events.left_out, *strangers),
    )


def _select(
    source: Source,
    name: str,
    at: str,
    texts: Mapping[str, str],
    numbers: Mapping[str, str] = MappingProxyType({}),
) -> _Selection:
    """Return the rows of a table that have the first two texts and a time."""
    table, kinds = source.open(name)
    if not kinds:
        raise TableError(f"There is no table {name}.")
    for wanted in (*texts.values(), *numbers.values(), at):
        if wanted not in kinds:
            near = difflib.get_close_matches(wanted, kinds, 1)
            hint = f" Did you mean {near[0]}?" if near else f" It has {', '.join(kinds)}."
            raise TableError(f"{name} has no column {wanted}.{hint}")
    columns = [f"{source.as_text(_column(column))} AS {alias}" for alias, column in texts.items()]
    columns += [f"{source.as_number(_column(column), kinds[column])} AS {alias}" for alias, column in numbers.items()]
    columns += [f"{source.as_milliseconds(_column(at), kinds[at])} AS occurred_ms"]
    columns += ["0 AS is_forced", f"{source.nothing} AS kept_ms"]
    unit, value = list(texts)[:2]
    rows = (
        f"SELECT * FROM (SELECT {', '.join(columns)} FROM {table} AS source_rows) AS known"
        f" WHERE {unit} IS NOT NULL AND {value} IS NOT NULL AND occurred_ms IS NOT NULL"
    )
    ((all_rows,),) = source.engine.run(f"SELECT COUNT(*) FROM {table}")
    found = source.engine.run(
        f"SELECT {value}, COUNT(*) AS those, MAX(occurred_ms) AS last_ms FROM ({rows}) AS whole GROUP BY {value}"
    )
    named = [*list(texts.values())[:2], at]
    if not found:
        raise TableError(f"{name} has no row with {' and '.join(named)}.")
    lacking = int(all_rows) - sum(int(those) for _, those, _ in found)
    left_out = [f"{count(lacking, 'row')} of {name} without {' or '.join(named)}."] if lacking else []
    return _Selection(rows, {value: int(last_ms) for value, _, last_ms in found}, left_out)


def _column(name: str) -> str:
    return f"source_rows.{as_name(name)}"
