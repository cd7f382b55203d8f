"""Unleash: `get_variant`, its engine deciding in-process. Exposures: impression events, to a callback that drops them."""

import json
from collections.abc import Mapping, Sequence

from UnleashClient import UnleashClient
from UnleashClient.cache import BaseCache
from UnleashClient.constants import FEATURES_URL

from bench.peers.jobs import ARMS, Job, Question, Rule, Settings

WEIGHT_OF_PERCENT = 10


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    cache = Shelf()
    cache.set(
        FEATURES_URL, json.dumps({"version": 2, "features": [feature_of(job, exposures=exposures) for job in jobs]})
    )
    client = UnleashClient(
        "http://127.0.0.1:9",
        "bench",
        cache=cache,
        disable_metrics=True,
        disable_registration=True,
        event_callback=drop if exposures else None,
    )
    client.initialize_client(fetch_toggles=False)
    names = {"client": client}
    return {
        job.name: Question(
            f"client.get_variant({job.name!r}, {{'userId': unit, 'properties': attributes}})", names, settings_of
        )
        for job in jobs
    }


class Shelf(BaseCache):  # type: ignore[misc]
    """Gives the client its configuration."""

    bootstrapped = True

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

    def set(self, key: str, value: object) -> None:
        self._values[key] = value

    def mset(self, data: dict[str, object]) -> None:
        self._values |= data

    def get(self, key: str, default: object = None) -> object:
        return self._values.get(key, default)

    def exists(self, key: str) -> bool:
        return key in self._values

    def destroy(self) -> None:
        self._values.clear()


def drop(event: object) -> None:
    pass


def settings_of(variant: Mapping[str, Mapping[str, str]]) -> Settings:
    settings: Settings = json.loads(variant["payload"]["value"])
    return settings


def feature_of(job: Job, *, exposures: bool) -> object:
    rules = [strategy(job, {rule.arm: 100}, conditions_of(rule)) for rule in job.rules]
    return {
        "name": job.name,
        "enabled": True,
        "impressionData": exposures,
        "strategies": [*rules, strategy(job, job.weights, [])],
    }


def strategy(job: Job, weights: Mapping[str, int], constraints: list[object]) -> object:
    return {
        "name": "flexibleRollout",
        "parameters": {"groupId": job.name, "rollout": "100", "stickiness": "userId"},
        "constraints": constraints,
        "variants": [
            {
                "name": arm,
                "weight": weight * WEIGHT_OF_PERCENT,
                "stickiness": "userId",
                "payload": {"type": "json", "value": json.dumps(ARMS[arm])},
            }
            for arm, weight in weights.items()
        ],
    }


def conditions_of(rule: Rule) -> list[object]:
    return [
        {"contextName": name, "operator": operator, "values": list(values)}
        for operator, wanted in (("IN", rule.match), ("NOT_IN", rule.not_match))
        for name, values in wanted.items()
    ]
