"""Statsig: `get_experiment`. Exposures: queued in its core, which has no network and so drops what its queue can't hold."""

import json
from collections.abc import Mapping, Sequence

from statsig_python_core import (
    DataStore,
    DataStoreResponse,
    ExperimentEvaluationOptions,
    Statsig,
    StatsigOptions,
    StatsigUser,
)

from bench.peers.jobs import ARMS, Job, Question, Rule

BUCKETS_PER_PERCENT = 10


class Shelf(DataStore):  # type: ignore[misc]
    """Gives the client its configuration."""

    document = ""

    def get(self, key: str) -> DataStoreResponse | None:
        return DataStoreResponse(result=self.document, time=1) if "download_config_specs" in key else None


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    shelf = Shelf()
    shelf.document = json.dumps(document_of(jobs))
    client = Statsig("secret-bench", StatsigOptions(data_store=shelf, disable_network=True, output_log_level="none"))
    client.initialize().wait()
    options = ExperimentEvaluationOptions(disable_exposure_logging=not exposures)
    names = {"client": client, "StatsigUser": StatsigUser, "options": options}
    return {
        job.name: Question(
            f"client.get_experiment(StatsigUser(unit, custom=attributes), {job.name!r}, options)",
            names,
            lambda experiment: dict(experiment.value),
        )
        for job in jobs
    }


def document_of(jobs: Sequence[Job]) -> object:
    conditions: dict[str, object] = {}
    experiments = {job.name: experiment_of(job, conditions) for job in jobs}
    return {
        "feature_gates": {},
        "dynamic_configs": experiments,
        "layer_configs": {},
        "condition_map": conditions,
        "experiment_to_layer": {},
        "has_updates": True,
        "time": 1,
    }


def experiment_of(job: Job, conditions: dict[str, object]) -> object:
    rules = [targeted(job, rule, conditions) for rule in job.rules]
    below = 0
    for arm, weight in job.weights.items():
        below += weight * BUCKETS_PER_PERCENT
        name = f"{job.name} below {below}"
        conditions[name] = condition("user_bucket", "lt", below, additionalValues={"salt": job.name})
        rules.append(rule_of(f"{job.name}-{arm}-split", arm, [name]))
    return {
        "type": "dynamic_config",
        "salt": job.name,
        "enabled": True,
        "defaultValue": {},
        "rules": rules,
        "idType": "userID",
        "entity": "experiment",
        "isActive": True,
        "hasSharedParams": False,
    }


def targeted(job: Job, rule: Rule, conditions: dict[str, object]) -> object:
    names = []
    for operator, wanted in (("any_case_sensitive", rule.match), ("none_case_sensitive", rule.not_match)):
        for attribute, values in wanted.items():
            name = f"{job.name} {rule.arm} {attribute}"
            conditions[name] = condition("user_field", operator, list(values), field=attribute)
            names.append(name)
    return rule_of(f"{job.name}-{rule.arm}", rule.arm, names)


def condition(type: str, operator: str, target: object, **more: object) -> object:
    return {"type": type, "operator": operator, "targetValue": target, "idType": "userID", **more}


def rule_of(id: str, arm: str, conditions: list[str]) -> object:
    return {
        "name": id,
        "id": id,
        "salt": id,
        "groupName": arm,
        "passPercentage": 100,
        "conditions": conditions,
        "returnValue": ARMS[arm],
        "idType": "userID",
        "isExperimentGroup": True,
    }
