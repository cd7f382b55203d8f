"""Measures experiments: opens sealed and open rows as relations of DuckDB, in memory, and sums there."""

import sqlite3
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from signpost.cells import Engine, fields_of, list_units, measure, types_of
from signpost.events.files.readers import Readers
from signpost.events.files.relations import EVENTS, EXPOSURES, Relations
from signpost.model.experiments import Subject
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.model.limits import METRIC_VALUE_MAX
from signpost.ports.events import EventsDamagedError
from signpost.ports.measurements import Measurement, MeasurementUnavailableError, Question, UnitValues
from signpost.warehouses.duckdb import DuckDbEngine

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

T = TypeVar("T")

_VARIATION_OF_HOLDOUT = f"CASE WHEN experiment_id = '{HOLDOUT}' THEN '{HOLDOUT}' ELSE '{EXPERIMENTS}' END"


_FOUND_ARMS = """
SELECT a.variation_id, MAX(a.is_control) FROM tenants t JOIN arms a ON a.tenant = t.no
WHERE t.tenant_id = :tenant_id AND a.experiment_id = :experiment_id GROUP BY a.variation_id
"""
"""Of what is sealed, too: a file keeps its arms."""


class FileMeasures:
    """See `Measures`."""

    def __init__(self, readers: Readers, relations: Relations) -> None:
        self._readers = readers
        self._relations = relations

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

        is_holdout = question.experiment_id == HOLDOUT
        try:
            with self._relations.open(
                tenant_id,
                None if is_holdout else question.experiment_id,
                types_of(question),
                with_exposure_bodies=bool(question.cluster or question.dimensions),
                with_event_bodies=any(fields_of(question)),
                with_users=question.subject is not Subject.DEVICE,
            ) as duck:
                _create_views(duck, question, variation=_VARIATION_OF_HOLDOUT if is_holdout else "variation_id")
                return answer(DuckDbEngine(duck), question)
        except (duckdb.Error, sqlite3.Error, EventsDamagedError) as error:
            raise MeasurementUnavailableError(str(error)) from error


def _create_views(duck: "DuckDBPyConnection", question: Question, variation: str) -> None:
    """Make the relations of `cells.Engine`."""
    fields = fields_of(question)
    asked = {"cluster": question.cluster} if question.cluster else {}
    asked |= {f"dimension_{i}": dimension for i, dimension in enumerate(question.dimensions)}
    places = "".join(f", NULLIF({_text_at(path)}, '') AS {column}" for column, path in asked.items())
    contents = "".join(f", {_text_at(path)} AS text_{i}" for i, path in enumerate(fields.texts))
    contents += "".join(f", {_number_at(path)} AS number_{i}" for i, path in enumerate(fields.numbers))
    duck.execute(
        f"CREATE TEMP VIEW exposures AS SELECT unit, {variation} AS variation_id, is_forced, occurred_ms, kept_ms{places}"
        f" FROM {EXPOSURES}"
    )
    duck.execute(f"CREATE TEMP VIEW events AS SELECT unit, type, occurred_ms, kept_ms{contents} FROM {EVENTS}")


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
