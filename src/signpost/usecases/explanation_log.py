"""What the log says of a decision, and where that differs from what is recomputed."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from signpost.assignment import Outcome, Reason
from signpost.assignment.hashing import exposure_of, split_of
from signpost.model.holdouts import HOLDOUT
from signpost.ports.events import EXPOSURE_TYPE, EventLog
from signpost.usecases.recomputation import Recomputed


@dataclass(frozen=True, slots=True)
class LoggedDecision:
    """An exposure as the log has it. `attributes` is None where it was not kept what segments asked for."""

    log_id: str
    date: str
    experiment_id: str
    variation_id: str
    segment_id: str | None
    is_control: bool
    strategy: str
    is_forced: bool
    unit: str
    flow: str
    reason: str
    recipe: int | None
    """None where the unit was held out."""
    revision: int
    split: int
    exposure: int
    attributes: Mapping[str, str] | None
    override_id: str | None
    """Of a signed override that decided."""
    held_out_of: str | None = None
    """The experiment that would have enrolled a unit that was held out."""


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that the log says otherwise; None: nothing."""

    field: str
    logged: object
    recomputed: object


@dataclass(eq=False)
class LogEntryNotFoundError(Exception):
    """The tenant's log has no such entry."""

    log_id: str


@dataclass(eq=False)
class NoExposureError(Exception):
    """The log entry is of another type, so no decision is behind it."""

    log_id: str
    type: str


@dataclass(eq=False)
class ExposureUnreadableError(Exception):
    """The log entry lacks something that every exposure has, or it is of another type."""

    log_id: str
    field: str


def read_decision(log: EventLog, tenant_id: str, log_id: str) -> LoggedDecision:
    """Return the decision behind an exposure.

    Raises:
        LogEntryNotFoundError: there is no such entry.
        NoExposureError: it is none.
        ExposureUnreadableError: it is not as exposures are.
    """
    entry = log.get(tenant_id, log_id)
    if entry is None:
        raise LogEntryNotFoundError(log_id)
    body = json.loads(entry.body)
    if body.get("type") != EXPOSURE_TYPE:
        raise NoExposureError(log_id, str(body.get("type")))
    found = _Body(log_id, body)
    attributes = found.look_up("details.assignment.attributes", dict, is_optional=True)
    held_out_of = found.look_up("details.assignment.held_out_of", str, is_optional=True)
    return LoggedDecision(
        log_id=log_id,
        date=found.look_up("date", str),
        experiment_id=found.look_up("details.experiment.experiment_id", str),
        variation_id=found.look_up("details.experiment.variation_id", str),
        segment_id=found.look_up("details.experiment.segment_id", str, is_optional=True),
        is_control=found.look_up("details.experiment.is_control", bool),
        strategy=found.look_up("details.experiment.allocation_strategy", str),
        is_forced=bool(found.look_up("details.assignment.is_forced", bool, is_optional=True)),
        unit=found.look_up("details.assignment.unit", str),
        flow=found.look_up("details.assignment.flow", str),
        reason=found.look_up("details.assignment.reason", str),
        recipe=found.look_up("details.assignment.recipe", int, is_optional=held_out_of is not None),
        revision=found.look_up("details.assignment.revision", int),
        split=found.look_up("details.assignment.split", int),
        exposure=found.look_up("details.assignment.exposure", int),
        attributes={k: v for k, v in attributes.items() if isinstance(v, str)} if attributes is not None else None,
        override_id=found.look_up("details.assignment.override.id", str, is_optional=True),
        held_out_of=held_out_of,
    )


def compare(logged: LoggedDecision, found: Recomputed, *, is_override_known: bool) -> Iterator[Difference]:
    """Return where the log differs; of what the variation has to do with only when it can be told."""
    outcome, experiment, coordinates = found.decision[0], found.candidate.experiment, found.coordinates
    if outcome.reason is Reason.HOLDOUT:
        yield from _differ(logged, _expect_held_out(outcome, found.decision[1]))
        return
    expected: dict[str, object] = {
        "revision": outcome.revision,
        "recipe": experiment.recipe_version,
        "split": coordinates and coordinates.split,
        "exposure": coordinates and coordinates.exposure,
        "experiment_id": outcome.experiment_id,
        "strategy": experiment.strategy,
    }
    if found.is_told:
        is_exact = is_override_known or not outcome.is_forced
        is_control, segment_id = (outcome.is_control, outcome.segment_id) if is_exact else _allow(logged, found)
        expected |= {
            "variation_id": outcome.variation_id,
            "is_control": is_control,
            "segment_id": segment_id,
            "reason": outcome.reason,
            "is_forced": outcome.is_forced,
        }
    yield from _differ(logged, expected | {"held_out_of": None})


def _expect_held_out(outcome: Outcome, hashed: int) -> dict[str, object]:
    return {
        "revision": outcome.revision,
        "split": split_of(hashed),
        "exposure": exposure_of(hashed),
        "experiment_id": HOLDOUT,
        "variation_id": HOLDOUT,
        "reason": outcome.reason,
        "held_out_of": outcome.declined_by,
    }


def _differ(logged: LoggedDecision, expected: Mapping[str, object]) -> Iterator[Difference]:
    for field, recomputed in expected.items():
        if getattr(logged, field) != recomputed:
            yield Difference(field, getattr(logged, field), recomputed)


def _allow(logged: LoggedDecision, found: Recomputed) -> tuple[bool, str | None]:
    """Return what the log has to say of control and segment when it is not known what the override named.

    When the variation is allocated more than once, any of its allocations may have been meant.
    """
    outcome = found.decision[0]
    said = (logged.is_control, logged.segment_id)
    allocations = [a for a in found.candidate.experiment.allocations if a.variation_id == outcome.variation_id]
    is_possible = said in {(a.is_control, None if a.is_fallback else a.segment_id) for a in allocations}
    return said if is_possible else (outcome.is_control, outcome.segment_id)


class _Body:
    """The body of a log entry, which anything may have happened to."""

    def __init__(self, log_id: str, body: Mapping[str, Any]) -> None:
        self._log_id = log_id
        self._body = body

    def look_up(self, path: str, kind: type[Any], *, is_optional: bool = False) -> Any:
        value: Any = self._body
        for name in path.split("."):
            value = value.get(name) if isinstance(value, dict) else None
        if value is None and is_optional:
            return None
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise ExposureUnreadableError(self._log_id, path)
        return value
