"""PlanOut: `get_params` of an experiment that interprets a script. Exposures: a log that drops them."""

import collections
import collections.abc
from collections.abc import Iterable, Mapping, Sequence

from bench.peers.jobs import ARMS, SETTINGS, Job, Question, Rule

collections.MutableMapping = collections.abc.MutableMapping  # type: ignore[attr-defined]  # its name until Python 3.10

from planout.experiment import SimpleInterpretedExperiment  # noqa: E402


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    return {
        job.name: Question(
            "Asked(unit=unit, **attributes).get_params()", {"Asked": experiment_of(job, exposures=exposures)}, dict
        )
        for job in jobs
    }


def experiment_of(job: Job, *, exposures: bool) -> type:
    class Asked(SimpleInterpretedExperiment):  # type: ignore[misc]
        script = script_of(job)

        def setup(self) -> None:
            self.name = job.name
            self.set_auto_exposure_logging(exposures)

        def configure_logger(self) -> None:
            pass

        def log(self, data: object) -> None:
            pass

    return Asked


def script_of(job: Job) -> dict[str, object]:
    """Set what all arms have in common; then choose what they differ in."""
    same = {name: value for name, value in SETTINGS.items() if all(ARMS[arm][name] == value for arm in job.arms)}
    differing = SETTINGS.keys() - same.keys()
    branches = [{"if": condition(rule), "then": settings(job, {rule.arm: 100}, differing)} for rule in job.rules]
    otherwise = {"if": True, "then": settings(job, job.weights, differing)}
    return seq([*(set_to(*setting) for setting in same.items()), {"op": "cond", "cond": [*branches, otherwise]}])


def settings(job: Job, weights: Mapping[str, int], names: Iterable[str]) -> object:
    return seq(
        [set_to(name, choice(job, {ARMS[arm][name]: weight for arm, weight in weights.items()})) for name in names]
    )


def choice(job: Job, weights: Mapping[str, int]) -> object:
    if len(weights) == 1:
        return next(iter(weights))
    return {
        "op": "weightedChoice",
        "choices": array(weights.keys()),
        "weights": array(weights.values()),
        "unit": {"op": "get", "var": "unit"},
        "salt": job.name,
    }


def condition(rule: Rule) -> object:
    wanted = [equals_any(name, values) for name, values in rule.match.items()]
    unwanted = [{"op": "not", "value": equals_any(name, values)} for name, values in rule.not_match.items()]
    return {"op": "and", "values": wanted + unwanted}


def equals_any(name: str, values: Sequence[str]) -> object:
    equals = [{"op": "equals", "left": {"op": "get", "var": name}, "right": value} for value in values]
    return equals[0] if len(equals) == 1 else {"op": "or", "values": equals}


def set_to(name: str, value: object) -> object:
    return {"op": "set", "var": name, "value": value}


def seq(steps: list[object]) -> dict[str, object]:
    return {"op": "seq", "seq": steps}


def array(values: Iterable[object]) -> object:
    return {"op": "array", "values": list(values)}
