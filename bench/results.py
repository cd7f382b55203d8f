"""Ten million exposures and three million outcomes to results with ten metrics, against tea-tasting on DuckDB with those that it has."""

import gc
import resource
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import numpy as np

from signpost.analysis.fixed import two_sided
from signpost.analysis.means import centre_all, contrast
from signpost.cells import measure
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.model.metrics import Aggregation, Direction, Metric, Role, Selection, Window
from signpost.ports.measurements import Question
from signpost.usecases.conclusions import Subject, conclude
from signpost.warehouses.duckdb import DuckDbEngine

EXPOSURES, OUTCOMES, ROUNDS = 10_000_000, 3_000_000, 3
SUCCESS = Metric("success", "", Aggregation.CONVERSION, Selection(("s",)), Direction.INCREASE, Role.DECISION)
FAILED = Selection(("f",))
METRICS = (
    SUCCESS,
    replace(SUCCESS, name="failed", events=FAILED, role=Role.GUARDRAIL, margin=0.1, direction=Direction.DECREASE),
    replace(SUCCESS, name="within_an_hour", window=Window(0, 3_600_000), role=Role.EXPLORATORY),
    replace(SUCCESS, name="within_a_day", window=Window(0, 86_400_000), role=Role.EXPLORATORY),
    replace(SUCCESS, name="failures", aggregation=Aggregation.COUNT, events=FAILED, role=Role.EXPLORATORY),
    replace(SUCCESS, name="successes", aggregation=Aggregation.COUNT, role=Role.EXPLORATORY),
    replace(
        SUCCESS, name="attempts", aggregation=Aggregation.COUNT, events=Selection(("s", "f")), role=Role.EXPLORATORY
    ),
    replace(SUCCESS, name="time", aggregation=Aggregation.DURATION, role=Role.EXPLORATORY),
    replace(
        SUCCESS,
        name="attempts_per_success",
        aggregation=Aggregation.RATIO,
        events=Selection(("s", "f")),
        base=Selection(("s",)),
        role=Role.EXPLORATORY,
    ),
    replace(SUCCESS, name="median_time", aggregation=Aggregation.QUANTILE, quantile=0.5, role=Role.EXPLORATORY),
)

UNITS = """
WITH first AS (SELECT unit, MIN(variation_id) AS variation_id, MIN(occurred_ms) AS ms FROM exposures GROUP BY unit),
matched AS (
  SELECT f.unit,
    SUM(CASE WHEN e.type = 's' THEN 1 ELSE 0 END) AS successes,
    SUM(CASE WHEN e.type = 'f' THEN 1 ELSE 0 END) AS failures,
    COUNT(*) AS attempts,
    MAX(CASE WHEN e.type = 's' AND e.occurred_ms < f.ms + 3600000 THEN 1 ELSE 0 END) AS within_an_hour,
    MAX(CASE WHEN e.type = 's' AND e.occurred_ms < f.ms + 86400000 THEN 1 ELSE 0 END) AS within_a_day,
    MIN(CASE WHEN e.type = 's' THEN e.occurred_ms - f.ms END) AS time
  FROM first f JOIN events e ON e.unit = f.unit AND e.occurred_ms >= f.ms AND e.type IN ('s', 'f') GROUP BY f.unit
)
SELECT f.variation_id AS variant, COALESCE(m.successes, 0) AS successes, COALESCE(m.failures, 0) AS failures,
  COALESCE(m.attempts, 0) AS attempts, COALESCE(m.within_an_hour, 0) AS within_an_hour,
  COALESCE(m.within_a_day, 0) AS within_a_day, COALESCE(m.time, 0) AS time,
  CASE WHEN COALESCE(m.successes, 0) > 0 THEN 1 ELSE 0 END AS success,
  CASE WHEN COALESCE(m.failures, 0) > 0 THEN 1 ELSE 0 END AS failed
FROM first f LEFT JOIN matched m ON m.unit = f.unit
"""


def make(folder: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"""COPY (SELECT 'device-' || (i * 7919 % {EXPOSURES}) AS unit, CASE WHEN hash(i * 7919 % {EXPOSURES}) % 2 = 0
            THEN 'a' ELSE 'b' END AS variation_id, 0 AS is_forced, 1700000000000 + i * 100 AS occurred_ms,
            CAST(NULL AS BIGINT) AS kept_ms FROM range({EXPOSURES}) t(i)) TO '{folder}/exposures.parquet' (COMPRESSION zstd)"""
        )
        connection.execute(
            f"""COPY (SELECT 'device-' || (i * 104729 % {EXPOSURES}) AS unit, CASE WHEN i % 4 = 0 THEN 'f' ELSE 's' END AS type,
            1701100000000 + hash(i) % 90000000 AS occurred_ms, CAST(NULL AS BIGINT) AS kept_ms
            FROM range({OUTCOMES}) t(i)) TO '{folder}/events.parquet' (COMPRESSION zstd)"""
        )


def connect(folder: Path) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": 1})
    for name in ("exposures", "events"):
        connection.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder}/{name}.parquet'")
    return connection


def ours(folder: Path) -> None:
    plan = AnalysisPlan(METRICS, Looking.FIXED, planned_units=EXPOSURES)
    subject = Subject(
        "exp",
        "exp",
        ExperimentStatus.ACTIVE,
        Strategy.PERCENTAGE,
        "",
        {"a": "a", "b": "b"},
        "a",
        [{"a": 1, "b": 1}],
        plan,
        has_own_plan=True,
    )
    with connect(folder) as connection:
        measured = measure(DuckDbEngine(connection), Question("exp", METRICS, 1 << 45))
    results = conclude(subject, measured, datetime.now(UTC))
    assert results.units == EXPOSURES


def theirs(folder: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import tea_tasting as tt  # noqa: PLC0415
    means = ("success", "failed", "within_an_hour", "within_a_day", "failures", "successes", "attempts", "time")
    metrics = {name: tt.Mean(name) for name in means}
    ratio = tt.RatioOfMeans("attempts", "successes")
    experiment = tt.Experiment({**metrics, "attempts_per_success": ratio, "sample_ratio": tt.SampleRatio()})
    with connect(folder) as connection:
        experiment.analyze(connection.sql(UNITS), control="a")


def seconds(work: Callable[[Path], None], folder: Path) -> float:
    gc.collect()
    began = time.perf_counter()
    work(folder)
    return time.perf_counter() - began


def cells_per_second(cells: int = 100_000) -> float:
    rng = np.random.default_rng(1)
    n, x = rng.integers(100, 10_000, cells), rng.integers(1_000, 100_000, cells)
    xx = x * x // n + rng.integers(1, 1_000_000, cells)
    columns = [column.tolist() for column in (n, x, xx)]
    began = time.perf_counter()
    samples = centre_all(*columns)
    two_sided(contrast(samples, samples).absolute())
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make(folder)
        pairs = [(seconds(ours, folder), seconds(theirs, folder)) for _ in range(ROUNDS)]
    us, them = (statistics.median(of) for of in zip(*pairs, strict=True))
    print(f"{EXPOSURES:,} exposures, {OUTCOMES:,} outcomes, ten metrics, one thread, median of {ROUNDS}")
    print(f"  Signpost, to a verdict with guardrail, median and health   {us:6.1f} s")
    print(f"  tea-tasting 1.14, eight means, a ratio, the sample ratio   {them:6.1f} s   {us / them:.2f} (mark 1.0)")
    print(f"100,000 cells through the mean family: {min(cells_per_second() for _ in range(5)):.3f} s (mark 0.1)")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    main()
