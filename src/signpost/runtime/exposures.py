"""Exposures: the event that says that a unit was shown a variation, in the shape of a tenant log."""

import msgspec

from signpost.assignment import Decision
from signpost.ports.events import EXPOSURE_TYPE, Attribution, Event
from signpost.runtime.attributes import user_agent_of
from signpost.runtime.moments import Moment
from signpost.runtime.wire import Asker

_DESCRIPTION = "Unit assigned to an experiment"


class ExperimentDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """`details.experiment` of every event that belongs to an experiment."""

    experiment_id: str
    variation_id: str
    is_control: bool
    allocation_strategy: str
    segment_id: str | None = None
    is_forced: bool = False


class _AssignmentDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    unit: str
    flow: str
    reason: str
    split: int
    exposure: int
    recipe: int | None
    revision: int
    is_forced: bool = False


class _Details(msgspec.Struct, frozen=True):
    experiment: ExperimentDetails
    assignment: _AssignmentDetails


class _Body(msgspec.Struct, frozen=True, omit_defaults=True):
    date: str
    type: str
    description: str
    details: _Details
    client_id: str | None = None
    connection: str | None = None
    organization_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    session_id: str | None = None


_encode = msgspec.json.Encoder().encode


def make_exposure(
    tenant_id: str, decision: Decision, unit: str, flow: str, asker: Asker, *, moment: Moment
) -> tuple[Event, Attribution]:
    """Return the event of an enrolled decision, and what later events of the unit are attributed to."""
    outcome, hashed = decision
    experiment_id, variation_id = outcome.experiment_id or "", outcome.variation_id or ""
    strategy = outcome.strategy or ""
    experiment = ExperimentDetails(
        experiment_id, variation_id, outcome.is_control, strategy, outcome.segment_id, outcome.is_forced
    )
    assignment = _AssignmentDetails(
        unit,
        flow,
        outcome.reason,
        hashed >> 32,
        hashed & 0xFFFF_FFFF,
        outcome.recipe_version,
        outcome.revision,
        outcome.is_forced,
    )
    body = _Body(
        moment.text,
        EXPOSURE_TYPE,
        _DESCRIPTION,
        _Details(experiment, assignment),
        asker.client_id,
        asker.connection,
        asker.organization_id,
        asker.ip,
        user_agent_of(asker),
        asker.session_id,
    )
    attribution = Attribution(
        experiment_id,
        variation_id,
        outcome.is_control,
        strategy,
        outcome.segment_id,
        unit,
        moment.epoch_ms,
        outcome.is_forced,
    )
    event = Event(
        tenant_id,
        EXPOSURE_TYPE,
        moment.epoch_ms,
        _encode(body),
        None,
        unit,
        asker.session_id,
        attribution,
        is_exposure=True,
    )
    return event, attribution
