"""`POST /runtime/v1/exposures`: take the exposures of those who decide for themselves, checked against the configuration."""

import asyncio
from collections.abc import Sequence

import msgspec

from signpost.assignment import Outcome, Reason
from signpost.assignment.hashing import exposure_of, hash_unit, split_of
from signpost.authlogs.moments import Moment, Moments, parse_moment
from signpost.authlogs.parsing import BodyInvalidError, parse_json
from signpost.exchange.exposures import Exposure
from signpost.model.holdouts import HOLDOUT
from signpost.ports.clock import Clock
from signpost.ports.events import Event, EventSink
from signpost.runtime.exposures import ExposureForm
from signpost.runtime.lines import split_events
from signpost.runtime.requests import Said, text_of
from signpost.runtime.wire import Asker, EventsReply, LineProblem
from signpost.usecases.catalog import TenantState

PROBLEMS_SHOWN = 5
REASONS = frozenset(Reason)

_decoder = msgspec.json.Decoder(Exposure)
_encode = msgspec.json.Encoder().encode


class Reports:
    """Takes exposures in. What is wrong with one of them does not keep the others out."""

    def __init__(self, events: EventSink, clock: Clock) -> None:
        self._events = events
        self._moments = Moments(clock)

    async def answer(self, state: TenantState, body: bytes, said: Said) -> bytes:
        """Return the reply to a body of exposures; they are durable then.

        Raises:
            BodyInvalidError: there is none in it that could be kept.
            EventsRejectedError: they could not be kept; none of them was.
        """
        events, rejected = await asyncio.to_thread(self._read, state, body, text_of(said, b"content-type"))
        if rejected and not events:
            shown = "; ".join(f"line {problem.line}: {problem.message}" for problem in rejected[:PROBLEMS_SHOWN])
            raise BodyInvalidError(f"no exposure could be accepted: {shown}")
        accepted = await asyncio.wrap_future(self._events.append(events))
        return _encode(EventsReply(accepted, len(events) - accepted, rejected, []))

    def _read(
        self, state: TenantState, body: bytes, content_type: str | None
    ) -> tuple[Sequence[Event], list[LineProblem]]:
        now = self._moments.now()
        events: list[Event] = []
        rejected: list[LineProblem] = []
        for number, line in split_events(body, content_type):
            try:
                events.append(_make_event(state, parse_json(_decoder, line), now))
            except BodyInvalidError as error:
                rejected.append(LineProblem(number, str(error)))
        return events, rejected


def _make_event(state: TenantState, sent: Exposure, now: Moment) -> Event:
    """Return the exposure as the server itself would have recorded it.

    Raises:
        BodyInvalidError: it says what this tenant's configuration can't have said.
    """
    if sent.reason not in REASONS:
        raise BodyInvalidError("'Not a reason' on property reason")
    outcome, salt = _holdout_of(state, sent) if sent.experiment_id == HOLDOUT else _enrolment_of(state, sent)
    hashed = hash_unit(salt, sent.unit)
    if (sent.split, sent.exposure) != (split_of(hashed), exposure_of(hashed)):
        raise BodyInvalidError("'Not the points of this unit in this experiment' on property split, or exposure")
    try:
        moment = parse_moment(sent.date, now.epoch_ms)
    except ValueError as error:
        raise BodyInvalidError(f"'The date {error}' on property date") from error
    form = ExposureForm(state.tenant.id, outcome, sent.flow)
    asker = Asker(session_id=sent.session_id)
    return form.fill(sent.unit, hashed, asker, moment, sent.attributes)._replace(event_id=sent.id)


def _enrolment_of(state: TenantState, sent: Exposure) -> tuple[Outcome, str]:
    """Return what was decided, and the salt by which it was."""
    experiment = state.plan.experiments.get(sent.experiment_id)
    if experiment is None:
        raise BodyInvalidError("'There is no such experiment' on property experiment_id")
    if sent.reason == Reason.HOLDOUT:
        raise BodyInvalidError("'Not the reason of who is enrolled' on property reason")
    forced = experiment.variations.get(sent.variation_id)
    if forced is None:
        raise BodyInvalidError("'Not a variation of the experiment' on property variation_id")
    outcome = Outcome(
        reason=Reason(sent.reason),
        revision=sent.revision,
        experiment_id=sent.experiment_id,
        variation_id=sent.variation_id,
        is_control=forced.is_control,
        strategy=forced.strategy,
        segment_id=sent.segment_id,
        recipe_version=forced.recipe_version,
        is_forced=sent.is_forced,
    )
    return outcome, experiment.salt


def _holdout_of(state: TenantState, sent: Exposure) -> tuple[Outcome, str]:
    """Return that the unit was held out, and the salt by which it was."""
    holdout = state.configuration.holdout
    if holdout is None:
        raise BodyInvalidError("'There is no holdout' on property experiment_id")
    if sent.reason != Reason.HOLDOUT or sent.declined_by not in state.plan.experiments:
        raise BodyInvalidError("'Not the experiment that the unit is held out of' on property declined_by")
    return Outcome(Reason.HOLDOUT, sent.revision, declined_by=sent.declined_by), holdout.salt
