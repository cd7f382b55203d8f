"""`POST /runtime/v1/decisions`: decide, record the exposure durably, answer."""

from collections.abc import Awaitable, Sequence

import msgspec
from msgspec import UNSET

from signpost.assignment import Outcome, Override, Plan
from signpost.model.experiments import Strategy
from signpost.ports.clock import Clock
from signpost.ports.events import Event
from signpost.requests.attributes import Attributes, Context
from signpost.runtime import wire
from signpost.runtime.moments import Moments
from signpost.runtime.parsing import BodyInvalidError, parse_json
from signpost.runtime.recorder import Recorder
from signpost.runtime.replies import Form, Forms, with_unit
from signpost.runtime.requests import Said
from signpost.runtime.secrets import AssignmentSecrets
from signpost.runtime.tokens import Signer, Signers
from signpost.usecases.catalog import TenantState

_decoder = msgspec.json.Decoder(wire.DecisionRequest)
_Subject = wire.DecisionRequest | wire.BatchItem


class Decisions:
    """Decides for one unit, or for many with one durable commit."""

    def __init__(self, attributes: Attributes, recorder: Recorder, secrets: AssignmentSecrets, clock: Clock) -> None:
        self._attributes = attributes
        self._recorder = recorder
        self._signers = Signers(secrets)
        self._moments = Moments(clock)
        self._forms = Forms()

    def answer(self, state: TenantState, body: bytes, _: Said) -> bytes | Awaitable[bytes]:
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
        outcome, hashed, attributes = self._decide(state.plan, request, request, unit)
        tenant_id = state.tenant.id
        form = self._forms.of(tenant_id, outcome, request.flow)
        if not request.record or form.exposure is None:
            return form.reply()
        event = form.exposure.fill(unit, hashed, request, self._moments.now(), attributes)
        return self._record(event, form, self._signers.of(tenant_id))

    async def _record(self, event: Event, form: Form, signer: Signer) -> bytes:
        if await self._recorder.record((event,)) and event.attribution is not None:
            return form.reply(signer.seal(event.attribution))
        return form.failure()

    async def _answer_many(
        self, state: TenantState, request: wire.DecisionRequest, items: Sequence[wire.BatchItem]
    ) -> bytes:
        tenant_id, moment = state.tenant.id, self._moments.now()
        signer = self._signers.of(tenant_id)
        asked: list[tuple[str, Form, Event | None]] = []
        for item in items:
            subject = _merge(request, item)
            outcome, hashed, attributes = self._decide(state.plan, request, subject, item.unit)
            form = self._forms.of(tenant_id, outcome, request.flow)
            if request.record and form.exposure is not None:
                asked.append((item.unit, form, form.exposure.fill(item.unit, hashed, subject, moment, attributes)))
            else:
                asked.append((item.unit, form, None))
        events = [event for _, _, event in asked if event is not None]
        is_recorded = not events or await self._recorder.record(events)
        replies = (
            with_unit(_reply_to(form, event, signer, is_recorded=is_recorded), unit) for unit, form, event in asked
        )
        return b'{"decisions":[%b]}' % b",".join(replies)

    def _decide(
        self, plan: Plan, request: wire.DecisionRequest, subject: _Subject, unit: str
    ) -> tuple[Outcome, int, Context | None]:
        """Return the decision, and the attributes that are to be kept with its exposure."""
        override = request.override
        needed = plan.attributes_needed(request.flow)
        if override is None:
            context = self._attributes.of(subject, needed)
            outcome, hashed = plan.decide(request.flow, unit, context)
        else:
            forced = plan.experiments.get(override.experiment_id or "")
            if forced is not None:
                needed |= forced.attributes
            asked = Override(override.experiment_id, override.variation_id, override.segment_id)
            context = self._attributes.of(subject, needed)
            outcome, hashed = plan.decide_forced(request.flow, unit, context, asked)
        return outcome, hashed, _keep(plan, outcome, context) if outcome.strategy is Strategy.SEGMENT else None


def _keep(plan: Plan, outcome: Outcome, context: Context) -> Context:
    """Return what the experiment's segments ask for, and nothing else that is known of who asks."""
    experiment = plan.experiments.get(outcome.experiment_id or "")
    needed = experiment.attributes if experiment is not None else ()
    return {name: context[name] for name in sorted(needed) if name in context}


def _reply_to(form: Form, event: Event | None, signer: Signer, *, is_recorded: bool) -> bytes:
    if event is None or event.attribution is None:
        return form.reply()
    return form.reply(signer.seal(event.attribution)) if is_recorded else form.failure()


def _merge(request: wire.DecisionRequest, item: wire.BatchItem) -> wire.BatchItem:
    """Return the item with what the request says for all, where the item says nothing itself."""
    shared = {name: value for name in wire.Asker.__struct_fields__ if (value := getattr(request, name)) is not None}
    if not shared:
        return item
    said = {name: value for name in wire.Asker.__struct_fields__ if (value := getattr(item, name)) is not None}
    if request.context is not None and item.context is not None:
        said["context"] = request.context | item.context
    return wire.BatchItem(unit=item.unit, **{**shared, **said})
