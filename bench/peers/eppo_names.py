"""Eppo: `get_string_assignment`, its fastest: the arm's name alone, so that the settings are the caller's own business."""

from collections.abc import Mapping, Sequence

from bench.peers.eppo import start
from bench.peers.jobs import ARMS, Job, Question


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    names = {"client": start(jobs, exposures=exposures, type="STRING")}
    return {
        job.name: Question(
            f"client.get_string_assignment({job.name!r}, unit, attributes, '')", names, lambda arm: ARMS[arm]
        )
        for job in jobs
    }
