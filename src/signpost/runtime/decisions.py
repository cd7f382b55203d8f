"""`POST /runtime/v1/decisions`: decide, record the exposure durably, answer."""

from collections.abc import Awaitable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import UNSET

from signpost.assignment import Decision, Override, Plan, Reason
from signpost.assignment.decisions import Outcome
from signpost.ports.clock import Clock
from signpost.ports.events import Attribution, Event
from signpost.runtime import wire
from signpost.runtime.attributes import Attributes, Context
from signpost.runtime.exposures import make_exposure
from signpost.runtime.moments import Moments
from signpost.runtime.parsing import BodyInvalidError, parse_json
from signpost.runtime.recorder import Recorder
from signpost.runtime.secrets import AssignmentSecrets
from signpost.runtime.tokens import seal
from signpost.usecases.catalog import TenantState

RECORDING_FAILED = "recording_failed"
"""The reason of a baseline that is shown because the exposure could not be kept."""

_decoder = msgspec.json.Decoder(wire.DecisionRequest)
_encode = msgspec.json.Encoder().encode
_NO_CONFIG: Mapping[str, Any] = {}
_Subject = wire.DecisionRequest | wire.BatchItem


class Decisions:
    """Decides for one unit, or for many with one durable commit."""

    def __init__(self, attributes: Attributes, recorder: Recorder, secrets: AssignmentSecrets, clock: Clock) -> None:
        self._attributes = attributes
        self._recorder = recorder
        self._secrets = secrets
        self._moments = Moments(clock)

    def answer(self, state: TenantState, body: bytes) -> bytes | Awaitable[bytes]:
        """Return the reply to a request's body; when exposures are to be recorded first, as something to wait for.

        Raises:
            BodyInvalidError: it is no request for a decision.
        """
        request = parse_json(_decoder, body)
        unit, units = request.unit, request.units
        if unit is UNSET:
            if units is UNSET:
                raise BodyInvalidError("'Required property is missing' on property unit, or units")
            return self._answer_many(state, request, units)
        if units is not UNSET:
            raise BodyInvalidError("'Expected either unit or units, got both' on property units")
        decision = self._decide(state.plan, request, request, unit)
        if request.record and decision[0].variation_id is not None:
            return self._record_one(state, request, decision, unit)
        return _encode(wire.Decision(*_reply(decision[0], None)))

    async def _record_one(
        self, state: TenantState, request: wire.DecisionRequest, decision: Decision, unit: str
    ) -> bytes:
        moment = self._moments.now()
        event, attribution = make_exposure(state.tenant.id, decision, unit, request.flow, request, moment=moment)
        if not await self._recorder.record([event]):
            return _encode(wire.Decision(None, RECORDING_FAILED, decision[0].revision))
        return _encode(wire.Decision(*_reply(decision[0], self._seal(state, attribution))))

    async def _answer_many(
        self, state: TenantState, request: wire.DecisionRequest, items: Sequence[wire.BatchItem]
    ) -> bytes:
        subjects = [_merge(request, item) for item in items]
        decisions = [self._decide(state.plan, request, subject, subject.unit) for subject in subjects]
        moment = self._moments.now()
        events: list[Event] = []
        tokens: dict[int, str] = {}
        if request.record:
            for index, (subject, decision) in enumerate(zip(subjects, decisions, strict=True)):
                if decision[0].variation_id is not None:
                    event, to = make_exposure(
                        state.tenant.id, decision, subject.unit, request.flow, subject, moment=moment
                    )
                    events.append(event)
                    tokens[index] = self._seal(state, to)
        is_recorded = not events or await self._recorder.record(events)
        replies = [
            wire.UnitDecision(*_reply(decision[0], tokens.get(index)), unit=subject.unit)
            if is_recorded or index not in tokens
            else wire.UnitDecision(None, RECORDING_FAILED, decision[0].revision, unit=subject.unit)
            for index, (subject, decision) in enumerate(zip(subjects, decisions, strict=True))
        ]
        return _encode(wire.Decisions(replies))

    def _decide(self, plan: Plan, request: wire.DecisionRequest, subject: _Subject, unit: str) -> Decision:
        override = request.override
        needed = plan.attributes_needed(request.flow)
        if override is None:
            return plan.decide(request.flow, unit, self._attributes.of(subject, needed))
        forced = plan.experiments.get(override.experiment_id or "")
        if forced is not None:
            needed |= forced.attributes
        context: Context = self._attributes.of(subject, needed)
        asked = Override(override.experiment_id, override.variation_id, override.segment_id)
        return plan.decide_forced(request.flow, unit, context, asked)

    def _seal(self, state: TenantState, attribution: Attribution) -> str:
        tenant_id = state.tenant.id
        return seal(attribution, tenant_id, self._secrets.assignment_secret(tenant_id))


def _reply(
    outcome: Outcome, token: str | None
) -> tuple[wire.ExperimentContext | None, Reason, int, str | msgspec.UnsetType, bool | msgspec.UnsetType]:
    """Return the fields of a reply."""
    if outcome.variation_id is None:
        return None, outcome.reason, outcome.revision, UNSET, UNSET
    experiment = wire.ExperimentContext(
        outcome.experiment_id or "",
        outcome.variation_id,
        outcome.variation_name or "",
        outcome.config or _NO_CONFIG,
        outcome.is_control,
    )
    return experiment, outcome.reason, outcome.revision, token or UNSET, outcome.is_forced or UNSET


def _merge(request: wire.DecisionRequest, item: wire.BatchItem) -> wire.BatchItem:
    """Return the item with what the request says for all, where the item says nothing itself."""
    changes = {name: value for name in wire.Asker.__struct_fields__ if (value := getattr(request, name)) is not None}
    said = {name: value for name in wire.Asker.__struct_fields__ if (value := getattr(item, name)) is not None}
    if request.context is not None and item.context is not None:
        said["context"] = request.context | item.context
    return wire.BatchItem(unit=item.unit, **{**changes, **said})
