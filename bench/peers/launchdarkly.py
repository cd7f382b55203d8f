"""LaunchDarkly: `variation_detail`, with flags from a file. Exposures: an event processor that drops them.

It makes an event for each decision even where none are to be sent.
"""

import json
import tempfile
from collections.abc import Mapping, Sequence

from ldclient import Context, LDClient
from ldclient.config import Config
from ldclient.integrations import Files

from bench.peers.jobs import ARMS, Job, Question, Rule

WEIGHT_OF_PERCENT = 1_000


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"flags": {job.name: flag_of(job) for job in jobs}}, file)
        file.flush()
        source = Files.new_data_source(paths=[file.name])
        events = {"event_processor_class": Nowhere} if exposures else {"send_events": False}
        client = LDClient(Config("bench", update_processor_class=source, **events))
    names = {"client": client, "Context": Context, "nothing": {}}
    return {
        job.name: Question(
            f"client.variation_detail({job.name!r}, {context_for(job)}, nothing)", names, lambda detail: detail.value
        )
        for job in jobs
    }


class Nowhere:
    """Where LaunchDarkly sends its events."""

    def __init__(self, *_: object) -> None: ...

    def send_event(self, event: object) -> None: ...

    def flush(self) -> None: ...

    def stop(self) -> None: ...


def context_for(job: Job) -> str:
    return (
        "Context.from_dict({'kind': 'user', 'key': unit, **attributes})" if job.attributes else "Context.create(unit)"
    )


def flag_of(job: Job) -> object:
    arms = job.arms
    return {
        "key": job.name,
        "version": 1,
        "on": True,
        "salt": job.name,
        "variations": [ARMS[arm] for arm in arms],
        "offVariation": 0,
        "rules": [rule_of(rule, arms.index(rule.arm)) for rule in job.rules],
        "fallthrough": fall_through(job),
    }


def fall_through(job: Job) -> object:
    if len(job.weights) == 1:
        return {"variation": 0}
    variations = [
        {"variation": i, "weight": weight * WEIGHT_OF_PERCENT} for i, weight in enumerate(job.weights.values())
    ]
    return {"rollout": {"kind": "experiment", "contextKind": "user", "seed": 61, "variations": variations}}


def rule_of(rule: Rule, variation: int) -> object:
    clauses = [
        {"contextKind": "user", "attribute": name, "op": "in", "values": list(values), "negate": negate}
        for negate, wanted in ((False, rule.match), (True, rule.not_match))
        for name, values in wanted.items()
    ]
    return {"id": rule.arm, "clauses": clauses, "variation": variation}
