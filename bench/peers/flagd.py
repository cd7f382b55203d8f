"""flagd: `get_object_details` of OpenFeature, its provider deciding in-process from a file. It makes no exposures."""

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from openfeature import api
from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

from bench.peers.jobs import ARMS, Job, Question, Rule

LOOKS_AGAIN_AFTER_MS = 86_400_000


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    if exposures:
        raise NotImplementedError("flagd makes no exposures")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "flags.json")
        path.write_text(json.dumps({"flags": {job.name: flag_of(job) for job in jobs}}))
        api.set_provider_and_wait(
            FlagdProvider(
                resolver_type=ResolverType.FILE, offline_flag_source_path=str(path), deadline_ms=LOOKS_AGAIN_AFTER_MS
            )
        )
    names = {"client": api.get_client(), "EvaluationContext": EvaluationContext, "nothing": {}}
    return {
        job.name: Question(
            f"client.get_object_details({job.name!r}, nothing, EvaluationContext(unit, attributes))",
            names,
            lambda details: details.value,
        )
        for job in jobs
    }


def flag_of(job: Job) -> object:
    return {
        "state": "ENABLED",
        "variants": {arm: ARMS[arm] for arm in job.arms},
        "defaultVariant": next(iter(job.weights)),
        "targeting": target(job) if job.rules else {"fractional": [list(share) for share in job.weights.items()]},
    }


def target(job: Job) -> object:
    branches = [part for rule in job.rules for part in (condition(rule), rule.arm)]
    return {"if": [*branches, *job.weights]}


def condition(rule: Rule) -> object:
    wanted: list[object] = [{"in": [{"var": name}, list(values)]} for name, values in rule.match.items()]
    unwanted = [{"!": [{"in": [{"var": name}, list(values)]}]} for name, values in rule.not_match.items()]
    return {"and": wanted + unwanted}
