"""Exposures: the event that says that a unit was shown a variation, in the shape of a tenant log.

Also the event that says that an override was ignored where no variation was shown.
"""

import msgspec

from signpost.assignment import Outcome, Plan, Reason
from signpost.authlogs.details import ExperimentDetails
from signpost.authlogs.moments import Moment, moment_of
from signpost.model.experiments import Strategy
from signpost.model.holdouts import HOLDOUT
from signpost.ports.events import EXPOSURE_TYPE, Attribution, Event
from signpost.requests.attributes import Context, user_agent_of
from signpost.runtime.overrides import NOT_ASKED, Asked
from signpost.runtime.wire import Asker

IGNORED_TYPE = "experiment_override_ignored"
_DESCRIPTIONS = {EXPOSURE_TYPE: "Unit assigned to an experiment", IGNORED_TYPE: "Override ignored"}


class _Override(msgspec.Struct, frozen=True):
    id: str
    reason: str
    made_by: str
    expires_at: str


class _Assignment(msgspec.Struct, frozen=True, omit_defaults=True):
    flow: str
    reason: str
    revision: int
    recipe: int | None = None
    is_forced: bool = False
    held_out_of: str | None = None
    override: _Override | None = None
    override_ignored: str | None = None


class _Details(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    experiment: ExperimentDetails | None = None
    assignment: _Assignment


class _Outcome(msgspec.Struct, frozen=True):
    type: str
    description: str
    details: _Details


class _Request(msgspec.Struct, frozen=True, omit_defaults=True):
    date: str
    client_id: str | None = None
    connection: str | None = None
    organization_id: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    session_id: str | None = None
    user_id: str | None = None


_encode = msgspec.json.Encoder().encode


class ExposureForm:
    """The exposures of one outcome in one flow: written once but for what differs from unit to unit."""

    def __init__(self, tenant_id: str, outcome: Outcome, flow: str, asked: Asked = NOT_ASKED) -> None:
        self._tenant_id = tenant_id
        self._experiment = _experiment_of(outcome)
        self._is_exposure = outcome.is_exposure
        self._is_forced = outcome.is_forced
        self._type = EXPOSURE_TYPE if self._is_exposure else IGNORED_TYPE
        assignment = _Assignment(
            flow,
            outcome.reason,
            outcome.revision,
            outcome.recipe_version,
            outcome.is_forced,
            outcome.declined_by if outcome.reason is Reason.HOLDOUT else None,
            _override_of(asked),
            asked.ignored and asked.ignored.value,
        )
        experiment = ExperimentDetails(*self._experiment, outcome.is_forced) if self._is_exposure else None
        details = _Details(experiment=experiment, assignment=assignment)
        # It ends within `details.assignment`, where the unit's own fields are put in.
        self._body = b"," + _encode(_Outcome(self._type, _DESCRIPTIONS[self._type], details))[1 : -len(b"}}}")]

    def fill(  # noqa: PLR0917 all that differs from one exposure to the next
        self,
        unit: str,
        hashed: int,
        asker: Asker,
        moment: Moment,
        attributes: Context | None = None,
        device_id: str | None = None,
    ) -> Event:
        """Return the exposure of a unit, with what later events of it are attributed to.

        `attributes` are those that the experiment's segments asked for, as far as they were there: all that it takes to
        recompute a decision by segment. None, which leaves them out, where no segment was asked. `device_id` is given
        where the unit is not the device that asks.
        """
        to = Attribution(*self._experiment, unit, moment.epoch_ms, self._is_forced) if self._is_exposure else None
        request = _Request(
            moment.text,
            asker.client_id,
            asker.connection,
            asker.organization_id,
            asker.ip,
            user_agent_of(asker),
            asker.session_id,
            asker.account_id,
        )
        body = b'%b%b,"unit":%b,"split":%d,"exposure":%d%b%b}}}' % (
            _encode(request)[:-1],
            self._body,
            _encode(unit),
            hashed >> 32,
            hashed & 0xFFFF_FFFF,
            b"" if attributes is None else b',"attributes":' + _encode(attributes),
            b"" if device_id is None else b',"device_id":' + _encode(device_id),
        )
        return Event(
            self._tenant_id,
            self._type,
            moment.epoch_ms,
            body,
            None,
            unit,
            asker.session_id,
            to,
            self._is_exposure,
        )


def keep_attributes(plan: Plan, outcome: Outcome, context: Context) -> Context | None:
    """Return what is kept with an exposure: what the experiment's segments ask for, and nothing else of who asks."""
    if outcome.strategy is not Strategy.SEGMENT:
        return None
    experiment = plan.experiments.get(outcome.experiment_id or "")
    needed = experiment.attributes if experiment is not None else ()
    return {name: context[name] for name in sorted(needed) if name in context}


def _experiment_of(outcome: Outcome) -> tuple[str, str, bool, str, str | None]:
    """Return the first fields of what is attributed. Held-out units are the control of all experiments together."""
    if outcome.reason is Reason.HOLDOUT:
        return HOLDOUT, HOLDOUT, True, HOLDOUT, None
    return (
        outcome.experiment_id or "",
        outcome.variation_id or "",
        outcome.is_control,
        outcome.strategy or "",
        outcome.segment_id,
    )


def _override_of(asked: Asked) -> _Override | None:
    signed = asked.signed
    if signed is None:
        return None
    return _Override(signed.id, signed.reason, signed.made_by, moment_of(signed.expires_at).text)
