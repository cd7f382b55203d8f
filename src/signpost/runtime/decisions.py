"""`POST /runtime/v1/decisions`: decide, record the exposure durably, answer."""

from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import msgspec
from msgspec import UNSET

from signpost.assignment import Who
from signpost.authlogs.moments import Moment, Moments
from signpost.authlogs.parsing import BodyInvalidError, parse_json
from signpost.ports.clock import Clock
from signpost.ports.events import Event
from signpost.requests.attributes import Attributes, Context
from signpost.runtime import wire
from signpost.runtime.exposures import ExposureForm, keep_attributes
from signpost.runtime.linked import Asker, LinkedUnits
from signpost.runtime.overrides import Asked, OverrideIgnored, Overrides
from signpost.runtime.recorder import Recorder
from signpost.runtime.replies import Form, Forms, with_unit
from signpost.runtime.requests import Said
from signpost.runtime.secrets import AssignmentSecrets
from signpost.runtime.tokens import Signer, Signers
from signpost.usecases.catalog import TenantState

_decoder = msgspec.json.Decoder(wire.DecisionRequest)
_Subject = wire.DecisionRequest | wire.BatchItem
_Known = Mapping[Asker, Who]


class _Decided(NamedTuple):
    form: Form
    unit: str
    hashed: int
    attributes: Context | None

    def make_event(self, exposure: ExposureForm, device_id: str, asker: wire.Asker, moment: Moment) -> Event:
        other = None if self.unit == device_id else device_id
        return exposure.fill(self.unit, self.hashed, asker, moment, self.attributes, other)


class Decisions:
    """Decides for one unit, or for many with one durable commit."""

    def __init__(
        self,
        attributes: Attributes,
        recorder: Recorder,
        secrets: AssignmentSecrets,
        clock: Clock,
        linked: LinkedUnits,
    ) -> None:
        self._linked = linked
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
        if request.unit is UNSET and request.units is UNSET:
            raise BodyInvalidError("'Required property is missing' on property unit, or units")
        if request.unit is not UNSET and request.units is not UNSET:
            raise BodyInvalidError("'Expected either unit or units, got both' on property units")
        asked = None if request.override is None else self._overrides.read(state, request.override)
        if state.plan.is_by_device:
            return self._answer(state, request, asked, None)
        return self._find_and_answer(state, request, asked)

    async def _find_and_answer(self, state: TenantState, request: wire.DecisionRequest, asked: Asked | None) -> bytes:
        """Find out who asks before deciding."""
        items = () if request.units is UNSET else request.units
        askers: list[Asker] = [(item.unit, item.account_id or request.account_id) for item in items]
        if request.unit is not UNSET:
            askers = [(request.unit, request.account_id)]
        override = None if asked is None else asked.override
        known = await self._linked.find(state.tenant.id, state.plan, (request.flow,), askers, override)
        answered = self._answer(state, request, asked, known)
        return answered if isinstance(answered, bytes) else await answered

    def _answer(
        self, state: TenantState, request: wire.DecisionRequest, asked: Asked | None, known: _Known | None
    ) -> bytes | Awaitable[bytes]:
        unit = request.unit
        if unit is UNSET:
            return self._answer_many(state, request, () if request.units is UNSET else request.units, asked, known)
        decided = self._decide(state, request, request, unit, asked, known)
        if not request.record or decided.form.exposure is None:
            return decided.form.reply()
        event = decided.make_event(decided.form.exposure, unit, request, self._moments.now())
        return self._record(event, decided.form, self._signers.of(state.tenant.id))

    async def _record(self, event: Event, form: Form, signer: Signer) -> bytes:
        is_recorded = await self._recorder.record((event,))
        return _reply_to(form, event, signer, is_recorded=is_recorded)

    async def _answer_many(
        self,
        state: TenantState,
        request: wire.DecisionRequest,
        items: Sequence[wire.BatchItem],
        asked: Asked | None,
        known: _Known | None,
    ) -> bytes:
        moment = self._moments.now()
        signer = self._signers.of(state.tenant.id)
        answers: list[tuple[str, Form, Event | None]] = []
        for item in items:
            subject = _merge(request, item)
            decided = self._decide(state, request, subject, item.unit, asked, known)
            exposure = decided.form.exposure if request.record else None
            event = None if exposure is None else decided.make_event(exposure, item.unit, subject, moment)
            answers.append((item.unit, decided.form, event))
        events = [event for _, _, event in answers if event is not None]
        is_recorded = not events or await self._recorder.record(events)
        replies = (
            with_unit(_reply_to(form, event, signer, is_recorded=is_recorded), unit) for unit, form, event in answers
        )
        return b'{"decisions":[%b]}' % b",".join(replies)

    def _decide(  # noqa: PLR0917 a request, and what was found out before
        self,
        state: TenantState,
        request: wire.DecisionRequest,
        subject: _Subject,
        device_id: str,
        asked: Asked | None,
        known: _Known | None,
    ) -> _Decided:
        """Return what is said of the decision, for whom it is, and what is to be kept with its exposure."""
        plan, flow = state.plan, request.flow
        needed = plan.attributes_needed(flow)
        who = None if known is None else known[device_id, subject.account_id]
        if asked is None:
            context = self._attributes.of(subject, needed)
            unit, (outcome, hashed) = (
                (device_id, plan.decide(flow, device_id, context))
                if who is None
                else plan.decide_for(flow, who, context)
            )
            form = self._forms.of(state.tenant.id, outcome, flow)
            return _Decided(form, unit, hashed, keep_attributes(plan, outcome, context))
        forced = plan.experiments.get(asked.override.experiment_id or "")
        if forced is not None:
            needed |= forced.attributes
        context = self._attributes.of(subject, needed)
        unit, (outcome, hashed) = plan.decide_for(flow, who or Who(device_id), context, asked.override)
        if outcome.is_override_ignored:
            asked = replace(asked, ignored=OverrideIgnored.TARGET_NOT_FOUND)
        # What is said of an override is said once, so its form is not kept.
        form = Form(state.tenant.id, outcome, flow, asked)
        return _Decided(form, unit, hashed, keep_attributes(plan, outcome, context))


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
