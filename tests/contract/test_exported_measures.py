"""Measuring in a warehouse, by the contract of all that measure: what is kept is exported, loaded and measured there."""

import os
import pickle
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from signpost.events.files import FileEvents
from signpost.events.memory import MemoryEvents
from signpost.events.selections import Selection
from signpost.model.holdouts import HOLDOUT
from signpost.model.metrics import Selection as Selected
from signpost.ports.events import Event
from signpost.ports.measurements import Measurement, Question, UnitValues
from signpost.testing.events_contract import EXPERIMENT, TENANT, keep
from signpost.testing.measures_contract import RICH, SUCCESS, MeasuredEvents, MeasuresContract, random_events
from signpost.warehouses.exported import ExportedMeasures
from signpost.warehouses.postgres import PostgresEngine
from tests.conftest import miss
from tests.contract.test_events_adapters import SystemClock

ROOT = Path(__file__).parents[2]

TABLE = """
CREATE TEMP TABLE signpost_events (
  log_id TEXT, kept_ms BIGINT, type TEXT, occurred_ms BIGINT, unit TEXT, session_id TEXT, event_id TEXT, is_exposure BOOLEAN,
  experiment_id TEXT, variation_id TEXT, is_control BOOLEAN, allocation_strategy TEXT, segment_id TEXT, is_forced BOOLEAN, body TEXT)
"""


class ExportedEvents(FileEvents):
    """Keeps in files, and measures in PostgreSQL, where everything is loaded twice to begin with."""

    def __init__(self, folder: Path, connection: "psycopg.Connection[tuple[Any, ...]]") -> None:
        super().__init__(folder, SystemClock())
        self._connection = connection
        self._exported = ExportedMeasures(PostgresEngine(connection), "signpost_events")
        connection.execute(TABLE)

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        self._load(tenant_id)
        return self._exported.measure(tenant_id, question)

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        self._load(tenant_id)
        return self._exported.find_arms(tenant_id, experiment_id)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        self._load(tenant_id)
        return self._exported.list_units(tenant_id, question)

    def _load(self, tenant_id: str) -> None:
        self._connection.execute("TRUNCATE signpost_events")
        copy = self._connection.cursor().copy
        for _ in range(2):
            with self.exporting(tenant_id, Selection()) as export, copy("COPY signpost_events FROM STDIN") as loading:
                for rows in export.rows():
                    for row in rows:
                        loading.write_row(row)


class TestExportedMeasures(MeasuresContract):
    @pytest.fixture
    def events(self, tmp_path: Path, postgres_server: str) -> Iterator[MeasuredEvents]:
        with psycopg.connect(postgres_server) as connection:
            events = ExportedEvents(tmp_path / "events", connection)
            yield events
            events.close()
            connection.rollback()

    @pytest.fixture
    def in_memory(self) -> MeasuredEvents:
        return MemoryEvents(SystemClock())


EVENTS = st.lists(random_events(TENANT, (EXPERIMENT, "exp_other", HOLDOUT)), min_size=30, max_size=60)


@given(kept=EVENTS)
@settings(max_examples=3, deadline=None, phases=[Phase.generate], suppress_health_check=[*HealthCheck])
def test_clickhouse_gives_what_is_measured_where_events_are_kept(
    kept: list[Event], tmp_path_factory: pytest.TempPathFactory
) -> None:
    python = ROOT / ".venv-chdb" / "bin" / "python"
    if not python.exists():
        miss("chDB (run 'make .venv-chdb/ready')")
    events = FileEvents(tmp_path_factory.mktemp("kept") / "events", SystemClock())
    keep(events, *kept)
    with events.exporting(TENANT, Selection()) as export:
        rows = [row for rows in export.rows() for row in rows]
    hostile = replace(SUCCESS, events=Selected(("s\\' OR 1 = 1 --", "s")))
    questions = [RICH, replace(RICH, experiment_id=HOLDOUT), replace(RICH, metrics=(hostile,), cluster=None)]

    done = subprocess.run(
        [str(python), str(ROOT / "tests" / "sql" / "measure_exported.py")],
        input=pickle.dumps((rows, questions)),
        check=False,
        capture_output=True,
        timeout=240,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )

    assert done.returncode == 0, done.stderr.decode()
    found = pickle.loads(done.stdout)
    exposed = {
        e.attribution.variation_id
        for e in kept
        if e.is_exposure and e.attribution and e.attribution.experiment_id == EXPERIMENT
    }
    assert [answer[:2] for answer in found] == [
        (events.measure(TENANT, q), events.list_units(TENANT, q)) for q in questions
    ]
    assert exposed >= set(found[0][2])
    events.close()
