"""Signpost's client: the whole decision as applications get it, with its exposure queued."""

from collections import deque
from collections.abc import Mapping, Sequence

from bench.peers.jobs import Job, Question, Settings
from bench.peers.signpost_plan import FLOW, configuration_of
from signpost import Client, Decision

QUEUED_MAX = 1_000
"""As many as a batch has; in a server a thread takes them away."""


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    record = "" if exposures else ", record=False"
    return {
        job.name: Question(
            f"decide(flow, unit, attributes{record})", {"decide": client_of(job).decide, "flow": FLOW}, settings_of
        )
        for job in jobs
    }


def client_of(job: Job) -> Client:
    return Client.from_configuration(configuration_of(job), deque(maxlen=QUEUED_MAX))


def settings_of(decision: Decision) -> Settings:
    return {name: str(value) for name, value in decision.config.items()}
