"""Measures experiments in a warehouse that holds exported events, all in one table."""

from collections.abc import Mapping

from signpost.cells import Engine, fields_of, list_units, measure, translate, types_of
from signpost.cells.literals import is_one_of, text
from signpost.model.experiments import Subject
from signpost.model.holdouts import EXPERIMENTS, HOLDOUT
from signpost.ports.measurements import Measurement, Question, UnitValues
from signpost.warehouses.bodies import BODIES


class ExportedMeasures:
    """See `Measures`. The table has the columns that `signpost events export` writes, and one tenant's rows.

    A row that was loaded twice counts once. `engine` speaks one of the dialects that `BODIES` has.
    """

    def __init__(self, engine: Engine, table: str) -> None:
        self._engine = engine
        self._table = table
        self._bodies = BODIES[engine.dialect]

    def measure(self, _: str, question: Question) -> Measurement:
        """Return the sums of an experiment; see `Measures.measure`."""
        self._prepare(question)
        return measure(self._engine, question)

    def list_units(self, _: str, question: Question) -> UnitValues:
        """Return the units themselves; see `Measures.list_units`."""
        self._prepare(question)
        return list_units(self._engine, question)

    def find_arms(self, _: str, experiment_id: str) -> Mapping[str, bool]:
        """Return the variations of an experiment; see `Measures.find_arms`."""
        rows = self._engine.run(
            f"SELECT variation_id, MAX(CASE WHEN is_control THEN 1 ELSE 0 END) FROM {self._table}"
            f" WHERE is_exposure AND experiment_id = {self._literals(text(experiment_id))} GROUP BY variation_id ORDER BY variation_id"
        )
        return {variation_id: bool(is_control) for variation_id, is_control in rows}

    def _prepare(self, question: Question) -> None:
        """Keep the relations that the text reads."""
        places = {"cluster": question.cluster} if question.cluster else {}
        places |= {f"dimension_{i}": path for i, path in enumerate(question.dimensions)}
        asked = "".join(f", NULLIF({self._bodies.text_at(path)}, '') AS {name}" for name, path in places.items())
        is_holdout = question.experiment_id == HOLDOUT
        variation = f"CASE WHEN experiment_id = '{HOLDOUT}' THEN '{HOLDOUT}' ELSE '{EXPERIMENTS}' END"
        self._engine.keep(
            "exposures",
            f"SELECT DISTINCT log_id, unit, {variation if is_holdout else 'variation_id'} AS variation_id,"
            f" CASE WHEN is_forced THEN 1 ELSE 0 END AS is_forced, occurred_ms, kept_ms{asked} FROM {self._table}"
            f" WHERE is_exposure AND unit IS NOT NULL"
            + ("" if is_holdout else f" AND experiment_id = {self._literals(text(question.experiment_id))}"),
        )
        has_unit = "unit IS NOT NULL" if question.subject is Subject.DEVICE else "1 = 1"
        fields = fields_of(question)
        contents = "".join(f", {self._bodies.text_at(path)} AS text_{i}" for i, path in enumerate(fields.texts))
        contents += "".join(f", {self._bodies.number_at(path)} AS number_{i}" for i, path in enumerate(fields.numbers))
        self._engine.keep(
            "events",
            f"SELECT DISTINCT log_id, unit, type, occurred_ms, kept_ms{contents} FROM {self._table}"
            f" WHERE NOT is_exposure AND {has_unit} AND (is_forced IS NULL OR NOT is_forced)"
            f" AND {self._literals(is_one_of('type', types_of(question)))}",
        )

    def _literals(self, sql: str) -> str:
        """Return SQL with its texts as the engine writes them: to some a backslash says something."""
        return translate(sql, self._engine.dialect)
