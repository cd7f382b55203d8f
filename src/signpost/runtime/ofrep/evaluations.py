"""Evaluating one flag, or all of them, and recording who was exposed."""

from collections.abc import Awaitable, Iterable, Mapping
from enum import StrEnum

from signpost.assignment import Decision, FlagReason, Outcome, Plan, Resolution, Who
from signpost.assignment.flags import FlagKey
from signpost.authlogs.moments import Moments
from signpost.ports.clock import Clock
from signpost.requests.attributes import Attributes, Context
from signpost.runtime.answers import JSON, Answer
from signpost.runtime.changes import Changes
from signpost.runtime.etags import etag_of, is_known
from signpost.runtime.exposures import keep_attributes
from signpost.runtime.linked import LinkedUnits
from signpost.runtime.ofrep.contexts import Asked, read_context
from signpost.runtime.ofrep.streams import Streams
from signpost.runtime.ofrep.wire import TARGETING_KEY, ErrorCode, EvaluationError, Failure, encode, write_success
from signpost.runtime.recorder import Recorder
from signpost.runtime.replies import RECORDING_FAILED, Forms
from signpost.runtime.requests import Said, query_of, text_of
from signpost.usecases.catalog import TenantState

BEHIND_SECONDS = 1
"""How long this process may take to learn of a revision that another one has announced already."""
SEEN_MAX = 200_000
"""Exposures that are remembered; with more, all are forgotten, and recorded once more when their units come again."""
WRITTEN_MAX = 20_000

_Decided = tuple[str, Decision]
"""For which unit, and what."""

NO_UNIT = f"The context has no {TARGETING_KEY}, which an experiment needs to decide."


class Recorded(StrEnum):
    """Whose exposures are recorded, once per unit and plan."""

    ALL = "all"
    SINGLE = "single"
    """Not those of bulk evaluations, which come before anything is shown."""
    NONE = "none"


class Evaluations:
    """Evaluates flags. What is said of one outcome is written once, and is the same for every unit."""

    def __init__(
        self,
        attributes: Attributes,
        recorder: Recorder,
        clock: Clock,
        changes: Changes,
        streams: Streams,
        *,
        linked: LinkedUnits,
        recorded: Recorded,
    ) -> None:
        self._linked = linked
        self._attributes = attributes
        self._recorder = recorder
        self._moments = Moments(clock)
        self._changes = changes
        self._streams = streams
        self._recorded = recorded
        self._forms = Forms()
        self._seen: set[tuple[Outcome, str]] = set()
        self._written: dict[tuple[str, FlagKey, Outcome | None], bytes] = {}

    def answer_one(self, key: str, state: TenantState, body: bytes, _: Said) -> bytes | Awaitable[bytes]:
        """Return the value of a flag; when an exposure is to be recorded first, as something to wait for.

        Raises:
            EvaluationError: there is no such flag, or the request can't be used.
        """
        asked = read_context(body)
        flag = state.plan.flags.get(key)
        if flag is None:
            raise EvaluationError(ErrorCode.FLAG_NOT_FOUND, f"There is no flag {key!r}.")
        flow = flag.flow_in(asked.flow)
        if flow is None:
            return self._write(key, flag, None)
        if asked.unit is None:
            raise EvaluationError(ErrorCode.TARGETING_KEY_MISSING, NO_UNIT)
        if state.plan.is_by_device:
            return self._answer_one(key, state, asked, flow, Who(asked.unit))
        return self._find_and_answer_one(key, state, asked, flow)

    async def _find_and_answer_one(self, key: str, state: TenantState, asked: Asked, flow: str) -> bytes:
        answered = self._answer_one(key, state, asked, flow, await self._find_who(state, asked, (flow,)))
        return answered if isinstance(answered, bytes) else await answered

    def _answer_one(self, key: str, state: TenantState, asked: Asked, flow: str, who: Who) -> bytes | Awaitable[bytes]:
        flag = state.plan.flags[key]
        decided = self._decide(state.plan, flow, asked, who)
        unit, (outcome, _) = decided
        written = self._write(key, flag, outcome)
        is_counted = flag.is_exposed_by(outcome) and self._recorded is not Recorded.NONE
        if not is_counted or (outcome, unit) in self._seen:
            return written
        recording = self._record(state, asked, {flow: decided})
        return _answer_recorded(recording, written, _write_unrecorded(key, flag))

    async def answer_all(self, state: TenantState, body: bytes, said: Said) -> Answer:
        """Return the values of all flags, or that they are those which the caller has.

        Raises:
            EvaluationError: the request can't be used.
        """
        asked = read_context(body)
        announced = query_of(said, "flagConfigEtag") or ""
        if announced.isascii() and announced.isdigit() and int(announced[:18]) > state.revision:
            state = await self._changes.after(text_of(said, b"host"), state, BEHIND_SECONDS)
        flags = state.plan.flags
        decisions = await self._decide_all(state, asked)
        is_recorded = self._recorded is not Recorded.ALL or await self._record(state, asked, decisions)
        items = [self._item(key, flag, asked, decisions, is_recorded=is_recorded) for key, flag in flags.items()]
        streams = self._streams.describe(state.tenant.id, state.revision)
        reply = b'{"flags":[%b],"eventStreams":%b}' % (b",".join(items), streams)
        headers = [(b"etag", etag_of(state.revision, reply)), (b"cache-control", b"private, no-cache")]
        return Answer(b"", 304, headers) if is_known(headers[0][1], said) else Answer(reply, 200, [*JSON, *headers])

    def _decide(self, plan: Plan, flow: str, asked: Asked, who: Who) -> _Decided:
        context = self._attributes.of(asked.asker, plan.attributes_needed(flow))
        if plan.is_by_device:
            unit = who.device_id or ""
            return unit, plan.decide(flow, unit, context)
        return plan.decide_for(flow, who, context)

    async def _find_who(self, state: TenantState, asked: Asked, flows: Iterable[str]) -> Who:
        asker = (asked.unit, asked.asker.account_id)
        return (await self._linked.find(state.tenant.id, state.plan, flows, (asker,)))[asker]

    def _keep(self, plan: Plan, flow: str, asked: Asked, outcome: Outcome) -> Context | None:
        context = self._attributes.of(asked.asker, plan.attributes_needed(flow))
        return keep_attributes(plan, outcome, context)

    async def _decide_all(self, state: TenantState, asked: Asked) -> dict[str, _Decided]:
        """Decide once in each flow in which a flag varies."""
        if asked.unit is None:
            return {}
        plan = state.plan
        flows = sorted({flow for flag in plan.flags.values() if (flow := flag.flow_in(asked.flow)) is not None})
        who = Who(asked.unit) if plan.is_by_device else await self._find_who(state, asked, flows)
        return {flow: self._decide(plan, flow, asked, who) for flow in flows}

    def _item(
        self, key: str, flag: FlagKey, asked: Asked, decisions: Mapping[str, _Decided], *, is_recorded: bool
    ) -> bytes:
        flow = flag.flow_in(asked.flow)
        if flow is None:
            return self._write(key, flag, None)
        if flow not in decisions:
            return encode(Failure(ErrorCode.TARGETING_KEY_MISSING, NO_UNIT, key))
        outcome = decisions[flow][1][0]
        if flag.is_exposed_by(outcome) and not is_recorded:
            return _write_unrecorded(key, flag)
        return self._write(key, flag, outcome)

    async def _record(self, state: TenantState, asked: Asked, decisions: Mapping[str, _Decided]) -> bool:
        """Record the exposures that are new; return whether all of them are durable now."""
        moment = self._moments.now()
        new = {
            (outcome, unit): (flow, hashed)
            for flow, (unit, (outcome, hashed)) in decisions.items()
            if outcome.is_exposure
        }
        events = [
            form.exposure.fill(
                unit,
                hashed,
                asked.asker,
                moment,
                self._keep(state.plan, flow, asked, outcome),
                None if unit == asked.unit else asked.unit,
            )
            for (outcome, unit), (flow, hashed) in new.items()
            if (outcome, unit) not in self._seen
            and (form := self._forms.of(state.tenant.id, outcome, flow)).exposure is not None
        ]
        if events and not await self._recorder.record(events):
            return False
        if len(self._seen) >= SEEN_MAX:
            self._seen.clear()
        self._seen.update(new)
        return True

    def _write(self, key: str, flag: FlagKey, outcome: Outcome | None) -> bytes:
        written = self._written.get((key, flag, outcome))
        if written is None:
            if len(self._written) >= WRITTEN_MAX:
                self._written.clear()
            resolution = flag.baseline if outcome is None else flag.resolve(outcome)
            written = self._written[key, flag, outcome] = write_success(key, resolution)
        return written


async def _answer_recorded(recording: Awaitable[bool], written: bytes, baseline: bytes) -> bytes:
    return written if await recording else baseline


def _write_unrecorded(key: str, flag: FlagKey) -> bytes:
    """Return the baseline, because the exposure could not be kept."""
    rest = flag.baseline
    return write_success(key, Resolution(rest.value, FlagReason.UNKNOWN, rest.variant, {"reason": RECORDING_FAILED}))
