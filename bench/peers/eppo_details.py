"""Eppo: `get_json_assignment_details`, which says as well what was asked and why it was decided so."""

from collections.abc import Mapping, Sequence

from bench.peers.eppo import start
from bench.peers.jobs import Job, Question


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    names = {"client": start(jobs, exposures=exposures), "nothing": {}}
    return {
        job.name: Question(
            f"client.get_json_assignment_details({job.name!r}, unit, attributes, nothing)",
            names,
            lambda result: dict(result.variation),
        )
        for job in jobs
    }
