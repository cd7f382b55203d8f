"""Results as one table: a row for each metric, segment and variation. `pandas.DataFrame(list_rows(results))` takes it as it is."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.results import ArmResult, ComparisonResult, MetricResult, Results

Row = dict[str, Any]

COLUMNS = {
    "experiment_id": "VARCHAR",
    "metric": "VARCHAR",
    "role": "VARCHAR",
    "dimension": "VARCHAR",
    "segment": "VARCHAR",
    "variation_id": "VARCHAR",
    "variation_name": "VARCHAR",
    "is_control": "BOOLEAN",
    "units": "BIGINT",
    "total": "BIGINT",
    **{
        f"{number}{bound}": "DOUBLE"
        for number in ("value", "absolute_effect", "relative_effect")
        for bound in ("", "_ci_lower", "_ci_upper")
    },
    "p_value": "DOUBLE",
    "adjusted_p_value": "DOUBLE",
    "judgement": "VARCHAR",
    "method": "VARCHAR",
    "missing": "VARCHAR",
}
"""Every column with its type; what does not apply, or is missing, is None."""


def list_rows(results: Results) -> list[Row]:
    """Return the table."""
    return [row for metric in results.metrics for row in _rows_of(results, metric)]


def write_csv(results: Results) -> str:
    """Return the table as CSV, with a header."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(list_rows(results))
    return file.getvalue()


def write_parquet(results: Results, path: Path) -> None:
    """Write the table into a Parquet file.

    Raises:
        OSError: the file can't be written.
    """
    import duckdb  # noqa: PLC0415 only who writes Parquet pays for it

    rows = [[row[column] for column in COLUMNS] for row in list_rows(results)]
    with duckdb.connect() as connection:
        connection.execute(f"CREATE TABLE rows ({', '.join(f'{name} {type}' for name, type in COLUMNS.items())})")
        marks = ", ".join("?" * len(COLUMNS))
        if rows:
            connection.executemany(f"INSERT INTO rows VALUES ({marks})", rows)  # noqa: S608 nothing but question marks
        try:
            connection.execute("COPY rows TO ? (FORMAT parquet)", [str(path)])
        except duckdb.IOException as error:
            raise OSError(str(error)) from error


def _rows_of(results: Results, metric: MetricResult) -> Iterator[Row]:
    parts = [(None, None, metric.arms, metric.comparisons)]
    parts += [(s.dimension, s.value, s.arms, s.comparisons) for s in metric.segments]  # type: ignore[misc]
    for dimension, segment, arms, comparisons in parts:
        compared = {comparison.variation_id: comparison for comparison in comparisons}
        for arm in arms:
            place = {"dimension": dimension, "segment": segment}
            yield _row_of(results, metric, arm, compared.get(arm.variation_id)) | place


def _row_of(results: Results, metric: MetricResult, arm: ArmResult, comparison: ComparisonResult | None) -> Row:
    health = next(health for health in results.variations if health.variation_id == arm.variation_id)
    row: Row = dict.fromkeys(COLUMNS)
    row |= {
        "experiment_id": results.experiment_id,
        "metric": metric.metric.name,
        "role": str(metric.metric.role),
        "variation_id": arm.variation_id,
        "variation_name": health.name,
        "is_control": health.is_control,
        "units": arm.units,
        "total": arm.total,
        **_spread("value", arm.value),
    }
    if isinstance(arm.value, Missing):
        row["missing"] = str(arm.value.code)
    if comparison is None:
        return row
    row |= _spread("absolute_effect", comparison.absolute) | _spread("relative_effect", comparison.relative)
    for name in ("p_value", "adjusted_p_value"):
        found = getattr(comparison, name)
        row[name] = found.value if isinstance(found, PValue) else None
    judgement = comparison.judgement
    row["method"] = comparison.absolute.method if isinstance(comparison.absolute, Estimate) else None
    row["judgement"] = None if isinstance(judgement, Missing) else str(judgement)
    row["missing"] = str(judgement.code) if isinstance(judgement, Missing) else row["missing"]
    return row


def _spread(name: str, estimate: Estimate | Missing) -> Row:
    if isinstance(estimate, Missing):
        return {}
    return {name: estimate.value, f"{name}_ci_lower": estimate.ci_lower, f"{name}_ci_upper": estimate.ci_upper}
