"""Measures experiments: gathers what is needed of all files into DuckDB, in memory, and sums there."""

import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from signpost.cells import Engine, fields_of, list_units, measure, types_of
from signpost.events.files.readers import Readers
from signpost.events.files.schema import EXPOSURE
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.ports.measurements import Measurement, MeasurementUnavailableError, Question, UnitValues
from signpost.warehouses.duckdb import OFFLINE, DuckDbEngine, Options

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

MEMORY = "1GB"
"""What a question may take of memory; DuckDB goes on in files when it is not enough."""

T = TypeVar("T")
_BATCH = 100_000
_KEPT_MS = "id >> 21"
"""When an event was kept: the upper bits of its log id."""

_ARMS = """
FROM tenants t JOIN arms a ON a.tenant = t.no
CROSS JOIN events e ON e.tenant = a.tenant AND e.fact = :exposure AND e.arm = a.no
WHERE t.tenant_id = :tenant_id AND (:is_holdout OR a.experiment_id = :experiment_id)
"""
_VARIATION = f"CASE WHEN NOT :is_holdout THEN a.variation_id WHEN a.experiment_id = '{HOLDOUT}' THEN '{HOLDOUT}' ELSE '{EXPERIMENTS}' END"
_EXPOSURES = f"SELECT e.id, e.event_id, e.unit, {_VARIATION}, a.is_forced, e.occurred_ms, {{body}} {_ARMS}"
_EVENTS = """
SELECT e.id, e.event_id, e.unit, e.type, e.occurred_ms, {body}
FROM tenants t CROSS JOIN events e ON e.tenant = t.no LEFT JOIN arms a ON a.no = e.arm
WHERE t.tenant_id = :tenant_id AND e.unit IS NOT NULL AND e.type IN ({types})
AND (e.fact IS NULL OR e.fact <> :exposure) AND COALESCE(a.is_forced, 0) = 0
"""
_IDS = """
SELECT e.id, e.event_id FROM tenants t CROSS JOIN events e ON e.tenant = t.no
WHERE t.tenant_id = :tenant_id AND e.event_id IS NOT NULL
"""
"""One event may have come to several writers: that with the smallest id counts."""

_FOUND_ARMS = """
SELECT a.variation_id, MAX(a.is_control) FROM tenants t JOIN arms a ON a.tenant = t.no
WHERE t.tenant_id = :tenant_id AND a.experiment_id = :experiment_id GROUP BY a.variation_id
"""
_COLUMNS = {
    "exposures": {
        "id": "BIGINT",
        "event_id": "VARCHAR",
        "unit": "VARCHAR",
        "variation_id": "VARCHAR",
        "is_forced": "INTEGER",
        "occurred_ms": "BIGINT",
        "body": "VARCHAR",
    },
    "events": {
        "id": "BIGINT",
        "event_id": "VARCHAR",
        "unit": "VARCHAR",
        "type": "VARCHAR",
        "occurred_ms": "BIGINT",
        "body": "VARCHAR",
    },
}


class FileMeasures:
    """See `Measures`."""

    def __init__(self, folder: Path, readers: Readers) -> None:
        self._folder = folder
        self._readers = readers

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        """Return the sums that answer the question; see `Measures.measure`."""
        return self._ask(tenant_id, question, measure)

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        """Return the variations of an experiment; see `Measures.find_arms`."""
        found: dict[str, bool] = {}
        with self._readers.open_all() as connections:
            for connection in connections.values():
                rows = connection.execute(_FOUND_ARMS, {"tenant_id": tenant_id, "experiment_id": experiment_id})
                found.update((variation_id, bool(is_control)) for variation_id, is_control in rows)
        return dict(sorted(found.items()))

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        """Return the units themselves; see `Measures.list_units`."""
        return self._ask(tenant_id, question, list_units)

    def _ask(self, tenant_id: str, question: Question, answer: Callable[[Engine, Question], T]) -> T:
        import duckdb  # noqa: PLC0415 only who measures pays for it

        config: Options = OFFLINE | {
            "threads": 1,
            "memory_limit": MEMORY,
            "temp_directory": str(self._folder / "spill"),
        }
        try:
            with self._readers.open_all() as connections, duckdb.connect(config=config) as duck:
                _gather(duck, connections, tenant_id, question)
                return answer(DuckDbEngine(duck), question)
        except (duckdb.Error, sqlite3.Error) as error:
            raise MeasurementUnavailableError(str(error)) from error


def _gather(
    duck: "DuckDBPyConnection", connections: Mapping[int, sqlite3.Connection], tenant_id: str, question: Question
) -> None:
    """Make the relations of `cells.Engine`."""
    fields = fields_of(question)
    types = types_of(question)
    arguments: dict[str, Any] = {
        "tenant_id": tenant_id,
        "experiment_id": question.experiment_id,
        "is_holdout": question.experiment_id == HOLDOUT,
        "exposure": EXPOSURE,
    } | {f"type_{i}": type for i, type in enumerate(types)}
    asked = {"cluster": question.cluster} if question.cluster else {}
    asked |= {f"dimension_{i}": dimension for i, dimension in enumerate(question.dimensions)}
    exposures = _EXPOSURES.format(body=_body(is_needed=bool(asked)))
    events = _EVENTS.format(body=_body(is_needed=any(fields)), types=", ".join(f":type_{i}" for i in range(len(types))))
    for name, sql in (("exposures", exposures), ("events", events)):
        columns = _COLUMNS[name]
        duck.execute(f"CREATE TABLE all_{name} ({', '.join(f'{column} {type}' for column, type in columns.items())})")
        for connection in connections.values():
            _copy(connection.execute(sql, arguments), duck, f"all_{name}", columns)
    is_once = "TRUE"
    if len(connections) > 1:
        duck.execute("CREATE TABLE ids (id BIGINT, event_id VARCHAR)")
        for connection in connections.values():
            _copy(connection.execute(_IDS, arguments), duck, "ids", {"id": "BIGINT", "event_id": "VARCHAR"})
        is_once = "event_id IS NULL OR id IN (SELECT MIN(id) FROM ids GROUP BY event_id)"
    texts = {f"text_{i}": _text_at(path) for i, path in enumerate(fields.texts)}
    texts |= {f"number_{i}": _number_at(path) for i, path in enumerate(fields.numbers)}
    places = {column: f"NULLIF({_text_at(path)}, '')" for column, path in asked.items()}
    for name, wanted in (("exposures", places), ("events", texts)):
        further = "".join(f", {sql} AS {column}" for column, sql in wanted.items())
        duck.execute(
            f"CREATE VIEW {name} AS SELECT * EXCLUDE (id, event_id, body), {_KEPT_MS} AS kept_ms{further} FROM all_{name}"
            f" WHERE {is_once}"
        )


def _body(*, is_needed: bool) -> str:
    return "CAST(e.body AS TEXT)" if is_needed else "NULL"


def _copy(source: sqlite3.Cursor, duck: "DuckDBPyConnection", table: str, columns: Mapping[str, str]) -> None:
    import numpy as np  # noqa: PLC0415 only who measures pays for it

    casts = ", ".join(f"CAST({name} AS {type})" for name, type in columns.items())
    while rows := source.fetchmany(_BATCH):
        arrays = {
            name: np.array(values, dtype=object if type == "VARCHAR" else np.int64)
            for (name, type), values in zip(columns.items(), zip(*rows, strict=True), strict=True)
        }
        duck.register("batch", arrays)
        duck.execute(f"INSERT INTO {table} SELECT {casts} FROM batch")
        duck.unregister("batch")


def _path(path: str) -> str:
    return "'$." + ".".join(f'"{name}"' for name in path.split(".")) + "'"


def _text_at(path: str) -> str:
    is_scalar = f"json_type(body, {_path(path)}) IN ('VARCHAR', 'BIGINT', 'UBIGINT', 'DOUBLE', 'BOOLEAN')"
    return f"CASE WHEN {is_scalar} THEN json_extract_string(body, {_path(path)}) END"


def _number_at(path: str) -> str:
    number = f"CAST(json_extract(body, {_path(path)}) AS DOUBLE)"
    is_number = f"json_type(body, {_path(path)}) IN ('BIGINT', 'UBIGINT', 'DOUBLE')"
    is_sane = f"CASE WHEN {is_number} THEN {number} BETWEEN 0 AND {METRIC_VALUE_MAX} ELSE FALSE END"
    return f"CASE WHEN {is_sane} THEN CAST(floor({number} + 0.5) AS BIGINT) END"
