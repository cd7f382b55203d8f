"""Anybody's table of units in a file: a column that names the unit, one that names its variation, and columns to measure."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signpost.cells import Statements, measure_units
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.model.metrics import Aggregation, Metric
from signpost.ports.measurements import Health, Question
from signpost.warehouses.duckdb import OFFLINE, DuckDbEngine
from signpost.warehouses.files import DataMeasurement, TableError, as_name, count, read_source

DECIMALS_MAX = 6


@dataclass(frozen=True, slots=True)
class Column:
    """What is measured: the metric, the column of its values, a ratio's denominator, and what each unit had before."""

    metric: Metric
    value: str
    denominator: str | None = None
    before: str | None = None


def measure_table(path: str, unit: str, variation: str, columns: Sequence[Column]) -> DataMeasurement:
    """Return the sums of a table in a Parquet, CSV or JSON file, also compressed; `-` is CSV from standard input.

    Several rows of one unit are one unit: numbers are added up, of a rate one success is enough. A unit in two variations has drifted.

    Raises:
        TableError: it can't be read, has no such columns, or nothing in it can be compared.
    """
    import duckdb  # noqa: PLC0415 only who measures pays for it

    with duckdb.connect(config=OFFLINE) as connection:
        engine = DuckDbEngine(connection)
        try:
            _read(engine, path, unit, variation, columns)
        except duckdb.Error as error:
            raise TableError(f"{path} can't be read: {str(error).splitlines()[0]}") from error
        return _measure(engine, columns)


def _read(engine: DuckDbEngine, path: str, unit: str, variation: str, columns: Sequence[Column]) -> None:
    """Keep a table `rows` with what is needed, every value a number or null."""
    engine.keep("source", f"SELECT * FROM {read_source(path)}")
    there = {row[0]: row[1] for row in engine.run("DESCRIBE source")}
    asked = [unit, variation, *(name for c in columns for name in (c.value, c.denominator, c.before) if name)]
    for name in asked:
        if name not in there:
            near = difflib.get_close_matches(name, there, 1)
            hint = f" Did you mean {near[0]}?" if near else f" It has {', '.join(there)}."
            raise TableError(f"{path} has no column {name}.{hint}")
    numbers = "".join(
        f", TRY_CAST({as_name(column)} AS DOUBLE) AS {letter}_{i}"
        for i, c in enumerate(columns)
        for letter, column in (("v", c.value), ("d", c.denominator), ("k", c.before))
        if column
    )
    raw = "".join(f", CAST({as_name(c.value)} AS VARCHAR) AS raw_{i}" for i, c in enumerate(columns))
    engine.keep(
        "rows",
        f"SELECT CAST({as_name(unit)} AS VARCHAR) AS unit, CAST({as_name(variation)} AS VARCHAR) AS variation_id{numbers}{raw}"
        " FROM source",
    )


def _measure(engine: DuckDbEngine, columns: Sequence[Column]) -> DataMeasurement:
    left_out = []
    ((rows, nameless),) = engine.run(
        "SELECT COUNT(*), SUM(CASE WHEN unit IS NULL OR variation_id IS NULL THEN 1 ELSE 0 END) FROM rows"
    )
    if not rows:
        raise TableError("The table is empty.")
    if nameless:
        left_out.append(f"{count(nameless, 'row')} without a unit or a variation.")
    scales, metrics, inner, outer = {}, [], [], []
    for i, column in enumerate(columns):
        metric, scale, sentences = _look_at(engine, i, column)
        metrics.append(metric)
        scales[metric.name] = scale
        left_out += sentences
        add = "MAX" if metric.is_proportion else "SUM"
        for letter in "vdk":
            if letter == "v" or (letter == "d" and column.denominator) or (letter == "k" and column.before):
                own = scale if letter != "d" else 1
                is_there = f"isfinite({letter}_{i}) AND isfinite(v_{i})"
                number = f"CAST(round({letter}_{i} * {own}) AS BIGINT)"
                inner.append(
                    f"{add if letter == 'v' else 'SUM'}(CASE WHEN {is_there} THEN {number} END) AS {letter}_{i}"
                )
                outer.append(f"CAST({letter}_{i} AS BIGINT) AS {letter}_{i}")
    engine.keep(
        "first_exposures",
        f"SELECT unit, MIN(variation_id) AS variation_id, MAX(variation_id) AS other_id, {', '.join(inner)} FROM rows"
        " WHERE unit IS NOT NULL AND variation_id IS NOT NULL GROUP BY unit",
    )
    engine.keep(
        "units",
        f"SELECT unit, variation_id, 0 AS phase, 0 AS day_ms, 0 AS is_automated, {', '.join(outer)}"
        " FROM first_exposures WHERE variation_id = other_id",
    )
    drifted = dict(
        engine.run(
            "SELECT variation_id, COUNT(*) FROM first_exposures WHERE variation_id <> other_id GROUP BY 1 ORDER BY 1"
        )
    )
    question = Question("table", tuple(metrics), as_of_ms=0)
    statements = Statements(question, partial=frozenset(metric.name for metric in metrics))
    measurement = measure_units(engine, statements, Health(drifted, {}, None, None))
    variations = tuple(sorted({cell.variation_id for cell in measurement.cells}))
    if len(variations) < 2:
        raise TableError(f"There is only one variation ({', '.join(variations) or 'none'}): nothing to compare.")
    return DataMeasurement(measurement, tuple(metrics), variations, scales, tuple(left_out))


def _look_at(engine: DuckDbEngine, i: int, column: Column) -> tuple[Metric, int, list[str]]:
    """Return the metric as its values are, the scale on which they are integers, and what of them is left out."""
    metric = column.metric
    ((known, other, odd, largest),) = engine.run(
        f"SELECT COUNT(v_{i}), SUM(CASE WHEN v_{i} NOT IN (0, 1) THEN 1 ELSE 0 END),"
        f" SUM(CASE WHEN raw_{i} IS NOT NULL AND (v_{i} IS NULL OR NOT isfinite(v_{i})) THEN 1 ELSE 0 END),"
        f" MAX(CASE WHEN isfinite(v_{i}) THEN abs(v_{i}) END) FROM rows"
    )
    if not known or largest is None:
        raise TableError(f"{column.value} has no number in it.")
    sentences = (
        [f"{count(odd, 'value')} of {column.value} that {'is' if odd == 1 else 'are'} no finite number."] if odd else []
    )
    if column.denominator:
        return metric, 1, sentences
    if not other:
        return replace(metric, aggregation=Aggregation.CONVERSION), 1, sentences
    metric = replace(metric, aggregation=Aggregation.SUM)
    scale = _find_scale(engine, i, largest)
    if largest * scale > METRIC_VALUE_MAX:
        raise TableError(f"{column.value} has values over {METRIC_VALUE_MAX:,}: measure it in a larger unit.")
    return metric, scale, sentences


def _find_scale(engine: DuckDbEngine, i: int, largest: float) -> int:
    """Return the least power of ten that makes all values integers, or the largest that there is room for."""
    scale = 1
    while scale < 10**DECIMALS_MAX and largest * scale * 10 <= METRIC_VALUE_MAX:
        ((rest,),) = engine.run(
            f"SELECT MAX(abs(v_{i} * {scale} - round(v_{i} * {scale}))) FROM rows WHERE isfinite(v_{i})"
        )
        if rest < 1e-6:
            break
        scale *= 10
    return scale
