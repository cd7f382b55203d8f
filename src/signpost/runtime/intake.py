"""`POST /runtime/v1/events`: take auth events, find the experiment of each, keep them durably."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from signpost.authlogs.events import SKEW_MS, AuthEvent, make_event, read_event
from signpost.authlogs.moments import Moment, Moments
from signpost.authlogs.parsing import BodyInvalidError
from signpost.model.experiments import Subject
from signpost.ports.clock import Clock
from signpost.ports.events import Attribution, Event, EventLog, EventSink
from signpost.runtime.lines import split_events
from signpost.runtime.requests import Said, text_of
from signpost.runtime.secrets import AssignmentSecrets
from signpost.runtime.tokens import Signers, TokenInvalidError
from signpost.runtime.wire import EventsReply, LineProblem
from signpost.usecases.catalog import TenantState

PROBLEMS_SHOWN = 5
BAD_TOKEN = "assignment_token is not one of this tenant's; the event was kept without an experiment"  # noqa: S105

_encode = msgspec.json.Encoder().encode


class Events(EventSink, EventLog, Protocol):
    """Where events are kept, and exposures are found."""


@dataclass(frozen=True, slots=True)
class _Read:
    events: Sequence[Event]
    rejected: list[LineProblem]
    warnings: list[LineProblem]


class Intake:
    """Takes events in. What is wrong with one of them does not keep the others out."""

    def __init__(self, events: Events, secrets: AssignmentSecrets, clock: Clock) -> None:
        self._events = events
        self._signers = Signers(secrets)
        self._moments = Moments(clock)

    async def answer(self, state: TenantState, body: bytes, said: Said) -> bytes:
        """Return the reply to a body of events; they are durable then.

        Raises:
            BodyInvalidError: there is no event in it that could be kept.
            EventsRejectedError: they could not be kept; none of them was.
        """
        read = await asyncio.to_thread(self._read, state, body, text_of(said, b"content-type"))
        if read.rejected and not read.events:
            shown = "; ".join(f"line {problem.line}: {problem.message}" for problem in read.rejected[:PROBLEMS_SHOWN])
            raise BodyInvalidError(f"no event could be accepted: {shown}")
        accepted = await asyncio.wrap_future(self._events.append(read.events))
        return _encode(EventsReply(accepted, len(read.events) - accepted, read.rejected, read.warnings))

    def _read(self, state: TenantState, body: bytes, content_type: str | None) -> _Read:
        tenant_id = state.tenant.id
        now = self._moments.now()
        read = _Read([], [], [])
        events: list[Event] = []
        for number, line in split_events(body, content_type):
            try:
                sent = read_event(line, now)
            except BodyInvalidError as error:
                read.rejected.append(LineProblem(number, str(error)))
                continue
            try:
                to = self._attribute(tenant_id, sent)
            except TokenInvalidError:
                read.warnings.append(LineProblem(number, BAD_TOKEN))
                to = None
            keeps_unit = to is not None and not state.plan.is_by_device and _is_on_accounts(state, to)
            events.append(make_event(tenant_id, sent, to, keeps_unit=keeps_unit))
        return _Read(events, read.rejected, read.warnings)

    def _attribute(self, tenant_id: str, sent: AuthEvent) -> Attribution | None:
        """Return what the event belongs to: by its token, or else by its session, or else by its unit."""
        if sent.token is not None:
            return self._signers.of(tenant_id).unseal(sent.token)
        return self._events.latest_attribution(
            tenant_id, session_id=sent.session_id, unit=sent.unit, before_ms=_latest_exposure_ms(sent.moment)
        )


def _is_on_accounts(state: TenantState, to: Attribution) -> bool:
    experiment = state.plan.experiments.get(to.experiment_id)
    return experiment is not None and experiment.subject is not Subject.DEVICE


def _latest_exposure_ms(moment: Moment) -> int:
    return moment.epoch_ms + SKEW_MS
