"""GrowthBook: `await client.eval_feature` of its client for many users. Exposures: a callback that drops them.

Its rules that force a value make no exposure.
"""

import asyncio
from collections.abc import Mapping, Sequence

from growthbook import GrowthBookClient, Options, UserContext

from bench.peers.jobs import ARMS, Job, Question, Rule


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    client = GrowthBookClient(Options(on_experiment_viewed=drop if exposures else None))
    asyncio.get_event_loop().run_until_complete(client.set_features({job.name: feature_of(job) for job in jobs}))
    names = {"client": client, "UserContext": UserContext}
    return {
        job.name: Question(
            f"await client.eval_feature({job.name!r}, UserContext(attributes={{**attributes, 'id': unit}}))",
            names,
            lambda result: result.value,
        )
        for job in jobs
    }


def drop(experiment: object, result: object, user_context: object) -> None:
    pass


def feature_of(job: Job) -> object:
    rules = [force(rule) for rule in job.rules]
    if len(job.weights) > 1:
        rules.append(split(job))
    return {"defaultValue": ARMS[next(iter(job.weights))], "rules": rules}


def force(rule: Rule) -> object:
    wanted = {name: {"$in": list(values)} for name, values in rule.match.items()}
    unwanted = {name: {"$nin": list(values)} for name, values in rule.not_match.items()}
    return {"condition": wanted | unwanted, "force": ARMS[rule.arm]}


def split(job: Job) -> object:
    return {
        "key": job.name,
        "variations": [ARMS[arm] for arm in job.weights],
        "weights": [weight / 100 for weight in job.weights.values()],
        "hashAttribute": "id",
        "hashVersion": 2,
        "seed": job.name,
    }
