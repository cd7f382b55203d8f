"""Anybody's logs in two files: one of exposures, one of events, each row with a time."""

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from signpost.cells import fields_of, measure
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.model.metrics import Metric
from signpost.ports.measurements import Question
from signpost.warehouses.duckdb import OFFLINE, DuckDbEngine
from signpost.warehouses.files import DataMeasurement, TableError, as_name, count, read_source

SECONDS_MAX = 100_000_000_000
"""Whole numbers below this are seconds since 1970 (until the year 5138), those above are milliseconds (from 1973 on)."""


@dataclass(frozen=True, slots=True)
class Logs:
    """Two files, and the names of the columns in which they say who, what and when."""

    exposures: str
    events: str
    unit: str
    variation: str
    at: str
    type: str


def measure_logs(logs: Logs, metrics: Sequence[Metric]) -> DataMeasurement:
    """Return the sums of logs in Parquet, CSV or JSON files, as those of an experiment of Signpost's own.

    A unit's first exposure counts, and its events in each metric's window after it; a unit in two variations has drifted. Fields that
    metrics read are columns of the events by their path.

    Raises:
        TableError: a file can't be read or lacks a column, or nothing in it can be compared.
    """
    import duckdb  # noqa: PLC0415 only who measures pays for it

    with duckdb.connect(config=OFFLINE) as connection:
        engine = DuckDbEngine(connection)
        try:
            return _measure(engine, logs, tuple(metrics))
        except duckdb.Error as error:
            raise TableError(f"The logs can't be read: {str(error).splitlines()[0]}") from error


def _measure(engine: DuckDbEngine, logs: Logs, metrics: tuple[Metric, ...]) -> DataMeasurement:
    question = Question("logs", metrics, as_of_ms=0)
    fields = fields_of(question)
    columns = {"unit": logs.unit, "type": logs.type, **{f"text_{i}": name for i, name in enumerate(fields.texts)}}
    left_out = [
        *_keep(engine, "exposures", logs.exposures, logs.at, {"unit": logs.unit, "variation_id": logs.variation}),
        *_keep(
            engine, "events", logs.events, logs.at, columns, {f"number_{i}": n for i, n in enumerate(fields.numbers)}
        ),
    ]
    known = {row[0] for row in engine.run("SELECT DISTINCT type FROM events")}
    left_out += [
        f"Every event of {metric.name}: none is of type {' or '.join(selection.types)}."
        for metric in metrics
        for selection in metric.selections
        if known.isdisjoint(selection.types)
    ]
    variations = tuple(row[0] for row in engine.run("SELECT DISTINCT variation_id FROM exposures ORDER BY 1"))
    if len(variations) < 2:
        raise TableError(f"There is only one variation ({', '.join(variations) or 'none'}): nothing to compare.")
    ((as_of_ms,),) = engine.run(
        "SELECT MAX(ms) FROM (SELECT MAX(occurred_ms) AS ms FROM exposures UNION ALL SELECT MAX(occurred_ms) FROM events)"
    )
    measurement = measure(engine, replace(question, as_of_ms=as_of_ms))
    return DataMeasurement(measurement, metrics, variations, {metric.name: 1 for metric in metrics}, tuple(left_out))


def _keep(  # noqa: PLR0917
    engine: DuckDbEngine,
    name: str,
    path: str,
    at: str,
    texts: Mapping[str, str],
    numbers: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """Keep a relation of the text, its columns by name, and return what of the file is not in it."""
    engine.keep("source", f"SELECT * FROM {read_source(path)}")
    there = {row[0]: row[1] for row in engine.run("DESCRIBE source")}
    for wanted in (*texts.values(), *numbers.values(), at):
        if wanted not in there:
            near = difflib.get_close_matches(wanted, there, 1)
            hint = f" Did you mean {near[0]}?" if near else f" It has {', '.join(there)}."
            raise TableError(f"{path} has no column {wanted}.{hint}")
    parts = [f"CAST({as_name(column)} AS VARCHAR) AS {alias}" for alias, column in texts.items()]
    parts += [f"{_number(column)} AS {alias}" for alias, column in numbers.items()]
    parts += [f"{_milliseconds(at, there[at])} AS occurred_ms", "0 AS is_forced", "CAST(NULL AS BIGINT) AS kept_ms"]
    engine.keep("known", f"SELECT {', '.join(parts)} FROM source")
    needed = [*list(texts)[:2], "occurred_ms"]
    engine.keep(name, f"SELECT * FROM known WHERE {' AND '.join(f'{column} IS NOT NULL' for column in needed)}")
    ((rows, whole),) = engine.run(f"SELECT (SELECT COUNT(*) FROM known), (SELECT COUNT(*) FROM {name})")
    named = " or ".join([*list(texts.values())[:2], at])
    if not whole:
        raise TableError(f"{path} has no row with {named.replace(' or ', ' and ')}.")
    return [f"{count(rows - whole, 'row')} of {path} without {named}."] if rows > whole else []


def _milliseconds(column: str, kind: str) -> str:
    name = as_name(column)
    if kind.startswith(("TIMESTAMP", "DATE")):
        return f"epoch_ms(CAST({name} AS TIMESTAMP))"
    if kind == "VARCHAR":
        return f"epoch_ms(TRY_CAST({name} AS TIMESTAMP))"
    number = f"TRY_CAST({name} AS BIGINT)"
    return f"CASE WHEN abs({number}) < {SECONDS_MAX} THEN CAST(round(TRY_CAST({name} AS DOUBLE) * 1000) AS BIGINT) ELSE {number} END"


def _number(column: str) -> str:
    number = f"TRY_CAST({as_name(column)} AS DOUBLE)"
    return f"CASE WHEN {number} BETWEEN 0 AND {METRIC_VALUE_MAX} THEN CAST(floor({number} + 0.5) AS BIGINT) END"
