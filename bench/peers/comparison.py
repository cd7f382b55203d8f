"""Evaluators side by side: each in a process of its own, taking turns, so that a busy machine slows all of them alike."""

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from statistics import median

from bench.peers.environments import ROOT, python_of
from bench.peers.jobs import JOBS

ROUNDS = 31
ROUND_SECONDS = 0.005
FIRST_CALLS = 1_000


@dataclass(frozen=True)
class Row:
    """One way to ask one evaluator."""

    name: str
    module: str
    distribution: str
    environment: str | None = None
    """Signpost's own where it is None."""
    exposures: bool = False


@dataclass(frozen=True)
class Timing:
    seconds: float
    ratio: float
    """To the first row; the median of each round's own."""


@dataclass(frozen=True)
class Timed:
    row: Row
    version: str
    timings: Mapping[str, Timing]
    """By job."""


class Worker:
    def __init__(self, row: Row, process: "subprocess.Popen[str]") -> None:
        self.row = row
        self._process = process
        self.version = self._read()
        self._calls = {
            job.name: max(1, int(FIRST_CALLS * ROUND_SECONDS / self._time(job.name, FIRST_CALLS))) for job in JOBS
        }

    def seconds(self, job: str) -> float:
        """Return the seconds that one call takes, as many as fit into a round."""
        return self._time(job, self._calls[job]) / self._calls[job]

    def _time(self, job: str, calls: int) -> float:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{job} {calls}\n")
        self._process.stdin.flush()
        return float(self._read())

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.row.name} gave up; what it said stands above")
        return line.strip()


def compare(rows: Sequence[Row], *, rounds: int = ROUNDS) -> list[Timed]:
    """Time every row at every job; the first row is asked again right before each other one, and is their measure."""
    with ExitStack() as stack:
        base, *others = [stack.enter_context(working(row)) for row in rows]
        timings = {job.name: take_turns(base, others, job.name, rounds) for job in JOBS}
    return [
        Timed(worker.row, worker.version, {job.name: timings[job.name][i] for job in JOBS})
        for i, worker in enumerate((base, *others))
    ]


def take_turns(base: Worker, others: Sequence[Worker], job: str, rounds: int) -> list[Timing]:
    taken = [[(base.seconds(job), other.seconds(job)) for other in others] for _ in range(rounds)]
    of_base = median(first for turn in taken for first, _ in turn)
    return [
        Timing(of_base, 1.0),
        *(
            Timing(median(second for _, second in turns), median(second / first for first, second in turns))
            for turns in zip(*taken, strict=True)
        ),
    ]


@contextmanager
def working(row: Row) -> Iterator[Worker]:
    python = python_of(row.environment) if row.environment else sys.executable
    arguments = [row.module, row.distribution, "exposures" if row.exposures else "alone"]
    process = subprocess.Popen(
        [python, "-m", "bench.peers.worker", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    try:
        yield Worker(row, process)
    finally:
        process.kill()
        process.wait()
