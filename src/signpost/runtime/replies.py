"""Replies of decisions, and exposures: each outcome is written once, and filled in for each unit."""

import msgspec
from msgspec import UNSET

from signpost.assignment.decisions import Outcome
from signpost.runtime import wire
from signpost.runtime.exposures import ExposureForm
from signpost.runtime.overrides import NOT_ASKED, Asked

FORMS_MAX = 10_000
"""Outcomes whose forms are kept; with more, all are forgotten. Each new revision of a tenant has new ones."""
RECORDING_FAILED = "recording_failed"
"""The reason of a baseline that is shown because the exposure could not be kept."""

_encode = msgspec.json.Encoder().encode


class Form:
    """What is said of one outcome in one flow. There is nothing to record where nobody is enrolled and nothing was ignored."""

    def __init__(self, tenant_id: str, outcome: Outcome, flow: str, asked: Asked = NOT_ASKED) -> None:
        is_recorded = outcome.is_exposure or asked.ignored is not None
        self.exposure = ExposureForm(tenant_id, outcome, flow, asked) if is_recorded else None
        self._reply = _encode(_reply_of(outcome, asked))
        self._failure = _encode(wire.Decision(None, RECORDING_FAILED, outcome.revision))

    def reply(self, token: str | None = None) -> bytes:
        """Return the reply, with the assignment token of a recorded exposure."""
        # A token has no character that JSON would have to escape.
        return self._reply if token is None else b'%b,"assignment_token":"%b"}' % (self._reply[:-1], token.encode())

    def failure(self) -> bytes:
        """Return the reply when the exposure could not be kept."""
        return self._failure


class Forms:
    """Keeps the forms of outcomes. An outcome is an object of its plan, and stands for itself only."""

    def __init__(self) -> None:
        self._forms: dict[tuple[Outcome, str], Form] = {}

    def of(self, tenant_id: str, outcome: Outcome, flow: str) -> Form:
        """Return the form of an outcome in a flow."""
        form = self._forms.get((outcome, flow))
        if form is None:
            if len(self._forms) >= FORMS_MAX:
                self._forms.clear()
            form = self._forms[outcome, flow] = Form(tenant_id, outcome, flow)
        return form


def with_unit(reply: bytes, unit: str) -> bytes:
    """Return the reply as it stands in a batch."""
    return b'%b,"unit":%b}' % (reply[:-1], _encode(unit))


def _reply_of(outcome: Outcome, asked: Asked) -> wire.Decision:
    ignored = UNSET if asked.ignored is None else asked.ignored.value
    if not outcome.is_enrolled:
        return wire.Decision(None, outcome.reason, outcome.revision, override_ignored=ignored)
    experiment = wire.ExperimentContext(
        outcome.experiment_id or "",
        outcome.variation_id or "",
        outcome.variation_name or "",
        outcome.config or {},
        outcome.is_control,
    )
    is_forced = outcome.is_forced or UNSET
    return wire.Decision(experiment, outcome.reason, outcome.revision, is_forced=is_forced, override_ignored=ignored)
