"""One evaluator in its own process and environment: `python -m bench.peers.worker MODULE DISTRIBUTION EXPOSURES`.

Checks that the evaluator does every job, then answers lines: `JOB CALLS` with the seconds that this many calls took.
"""

import asyncio
import importlib
import os
import sys
from collections.abc import Awaitable, Callable, Mapping
from importlib.metadata import version
from itertools import count
from time import perf_counter
from typing import Any, TextIO

from bench.peers.jobs import JOBS, Attributes, Job, Question, Request, Settings, check

BATCH = 200
"""Requests that are made, then timed: few enough to be still in the processor's cache, as a request is when it comes in."""

SOURCE = """
{kind} time_all(requests):
    began = perf_counter()
    for unit, attributes in requests:
        {expression}
    return perf_counter() - began

{kind} ask(unit, attributes):
    return {expression}
"""


class Evaluator:
    """An evaluator as one job asks it."""

    def __init__(self, job: Job, question: Question) -> None:
        self._job = job
        self._question = question
        self._next = count(0, BATCH)
        is_async = "await " in question.expression
        names: dict[str, Any] = {**question.names, "perf_counter": perf_counter}
        exec(SOURCE.format(kind="async def" if is_async else "def", expression=question.expression), names)
        self._time_all: Callable[[list[Request]], float] = finish(names["time_all"]) if is_async else names["time_all"]
        self._ask: Callable[[str, Attributes], object] = finish(names["ask"]) if is_async else names["ask"]

    def ask(self, unit: str, attributes: Attributes) -> Settings:
        return self._question.settings_of(self._ask(unit, attributes))

    def seconds(self, calls: int) -> float:
        return sum(
            self._time_all(self._job.requests(next(self._next), min(BATCH, calls - done)))
            for done in range(0, calls, BATCH)
        )


def finish(function: Callable[..., Awaitable[Any]]) -> Callable[..., Any]:
    """Return a coroutine function as one that is waited for, all in the same event loop."""
    loop = asyncio.get_event_loop()

    async def wait(arguments: tuple[Any, ...]) -> Any:
        return await function(*arguments)

    return lambda *arguments: loop.run_until_complete(wait(arguments))


def serve(evaluators: Mapping[str, Evaluator], commands: TextIO, answers: TextIO) -> None:
    for line in commands:
        name, calls = line.split()
        print(evaluators[name].seconds(int(calls)), file=answers, flush=True)


def main() -> None:
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # some evaluators print
    asyncio.set_event_loop(asyncio.new_event_loop())
    module, distribution, exposures = sys.argv[1:]
    peer = importlib.import_module(f"bench.peers.{module}")
    questions: Mapping[str, Question] = peer.prepare(JOBS, exposures=exposures == "exposures")
    evaluators = {job.name: Evaluator(job, questions[job.name]) for job in JOBS}
    for job in JOBS:
        check(job, evaluators[job.name].ask)
    print(version(distribution), file=answers, flush=True)
    serve(evaluators, sys.stdin, answers)
    answers.flush()
    os._exit(0)  # some evaluators would wait for the network first


if __name__ == "__main__":
    main()
