"""Eppo: `get_json_assignment`, which gives the settings alone. Exposures: allocations with `doLog`, to a logger that drops them."""

import json
from collections.abc import Mapping, Sequence

import eppo_client

from bench.peers.jobs import ARMS, Job, Question, Rule

SHARDS = 10_000
SHARDS_PER_PERCENT = SHARDS // 100


class NowhereLogger(eppo_client.AssignmentLogger):  # type: ignore[misc]
    """Takes each exposure, for which Eppo makes a dictionary, and drops it."""

    def log_assignment(self, event: object) -> None:
        pass


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    names = {"client": start(jobs, exposures=exposures), "nothing": {}}
    return {
        job.name: Question(f"client.get_json_assignment({job.name!r}, unit, attributes, nothing)", names, dict)
        for job in jobs
    }


def start(jobs: Sequence[Job], *, exposures: bool, type: str = "JSON") -> eppo_client.EppoClient:
    """Start a client that has its configuration and asks nobody for another."""
    document = {
        "createdAt": "2026-01-01T00:00:00Z",
        "format": "SERVER",
        "environment": {"name": "bench"},
        "flags": {job.name: flag_of(job, exposures=exposures, type=type) for job in jobs},
    }
    return eppo_client.init(
        eppo_client.ClientConfig(
            api_key="bench",
            assignment_logger=NowhereLogger(),
            poll_interval_seconds=None,
            initial_configuration=eppo_client.Configuration(flags_configuration=json.dumps(document).encode()),
        )
    )


def flag_of(job: Job, *, exposures: bool, type: str) -> object:
    values = {name: json.dumps(settings) if type == "JSON" else name for name, settings in ARMS.items()}
    allocations = [*map(targeted, job.rules), split(job)]
    return {
        "key": job.name,
        "enabled": True,
        "variationType": type,
        "variations": {name: {"key": name, "value": values[name]} for name in job.arms},
        "totalShards": SHARDS,
        "allocations": [{**allocation, "doLog": exposures} for allocation in allocations],
    }


def targeted(rule: Rule) -> dict[str, object]:
    conditions = [
        {"attribute": name, "operator": operator, "value": list(values)}
        for operator, conditions in (("ONE_OF", rule.match), ("NOT_ONE_OF", rule.not_match))
        for name, values in conditions.items()
    ]
    return {
        "key": f"to {rule.arm}",
        "rules": [{"conditions": conditions}],
        "splits": [{"variationKey": rule.arm, "shards": []}],
    }


def split(job: Job) -> dict[str, object]:
    splits: list[object] = []
    start = 0
    for arm, weight in job.weights.items():
        piece = {"start": start, "end": start + weight * SHARDS_PER_PERCENT}
        splits.append({"variationKey": arm, "shards": [{"salt": f"{job.name}-split", "ranges": [piece]}]})
        start = piece["end"]
    return {"key": "split", "rules": [], "splits": splits}
