"""Engines that live in environments of their own: a process each, asked through its pipes.

A question goes in as a pickle of tables and of what is asked about them: a `Question` to be measured, a query, or in ClickHouse
`Logs` with their metrics. The answer comes out as another: the measurement, or the query's rows.
"""

import os
import pickle
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from tests.conftest import miss
from tests.unit.cells.engines import Table

ROOT = Path(__file__).parents[2]


class Elsewhere:
    def __init__(self, questions: IO[bytes], answers: IO[bytes], complaints: Path) -> None:
        self.questions = questions
        self.answers = answers
        self.complaints = complaints

    def ask(self, tables: tuple[Table, ...], asked: object) -> Any:
        try:
            pickle.dump((tables, asked), self.questions)
            self.questions.flush()
            return pickle.load(self.answers)
        except (BrokenPipeError, EOFError):
            raise AssertionError(self.complaints.read_text(encoding="utf-8")) from None


@contextmanager
def start(environment: str, script: str, what: str, folder: Path) -> Iterator[Elsewhere]:
    """Start a script of this folder with an environment's Python, and end it at the end."""
    python = ROOT / environment / "bin" / "python"
    if not python.exists():
        miss(f"{what} (run 'make {environment}/ready')")
    complaints = folder / "stderr"
    with (
        complaints.open("wb") as stderr,
        subprocess.Popen(
            [str(python), str(Path(__file__).with_name(script))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        ) as process,
    ):
        assert process.stdin is not None
        assert process.stdout is not None
        yield Elsewhere(process.stdin, process.stdout, complaints)
        process.stdin.close()
