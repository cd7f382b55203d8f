"""`POST /runtime/v1/decisions`: decide, record the exposure durably, answer."""

from collections.abc import Awaitable, Sequence
from dataclasses import replace

import msgspec
from msgspec import UNSET

from signpost.authlogs.moments import Moments
from signpost.authlogs.parsing import BodyInvalidError, parse_json
from signpost.ports.clock import Clock
from signpost.ports.events import Event
from signpost.requests.attributes import Attributes, Context
from signpost.runtime import wire
from signpost.runtime.exposures import keep_attributes
from signpost.runtime.overrides import Asked, OverrideIgnored, Overrides
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
        self._overrides = Overrides(secrets, clock)
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
        asked = None if request.override is None else self._overrides.read(state, request.override)
        form, hashed, attributes = self._decide(state, request, request, unit, asked)
        if not request.record or form.exposure is None:
            return form.reply()
        event = form.exposure.fill(unit, hashed, request, self._moments.now(), attributes)
        return self._record(event, form, self._signers.of(state.tenant.id))

    async def _record(self, event: Event, form: Form, signer: Signer) -> bytes:
        is_recorded = await self._recorder.record((event,))
        return _reply_to(form, event, signer, is_recorded=is_recorded)

    async def _answer_many(
        self, state: TenantState, request: wire.DecisionRequest, items: Sequence[wire.BatchItem]
    ) -> bytes:
        moment = self._moments.now()
        signer = self._signers.of(state.tenant.id)
        asked = None if request.override is None else self._overrides.read(state, request.override)
        decided: list[tuple[str, Form, Event | None]] = []
        for item in items:
            subject = _merge(request, item)
            form, hashed, attributes = self._decide(state, request, subject, item.unit, asked)
            if request.record and form.exposure is not None:
                decided.append((item.unit, form, form.exposure.fill(item.unit, hashed, subject, moment, attributes)))
            else:
                decided.append((item.unit, form, None))
        events = [event for _, _, event in decided if event is not None]
        is_recorded = not events or await self._recorder.record(events)
        replies = (
            with_unit(_reply_to(form, event, signer, is_recorded=is_recorded), unit) for unit, form, event in decided
        )
        return b'{"decisions":[%b]}' % b",".join(replies)

    def _decide(
        self, state: TenantState, request: wire.DecisionRequest, subject: _Subject, unit: str, asked: Asked | None
    ) -> tuple[Form, int, Context | None]:
        """Return what is said of the decision, its hash, and the attributes that are to be kept with its exposure."""
        plan, flow = state.plan, request.flow
        needed = plan.attributes_needed(flow)
        if asked is None:
            context = self._attributes.of(subject, needed)
            outcome, hashed = plan.decide(flow, unit, context)
            return self._forms.of(state.tenant.id, outcome, flow), hashed, keep_attributes(plan, outcome, context)
        forced = plan.experiments.get(asked.override.experiment_id or "")
        if forced is not None:
            needed |= forced.attributes
        context = self._attributes.of(subject, needed)
        outcome, hashed = plan.decide_forced(flow, unit, context, asked.override)
        if outcome.is_override_ignored:
            asked = replace(asked, ignored=OverrideIgnored.TARGET_NOT_FOUND)
        # What is said of an override is said once, so its form is not kept.
        return Form(state.tenant.id, outcome, flow, asked), hashed, keep_attributes(plan, outcome, context)


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
