"""What happens at a sign-in, as events in the shape of a tenant log, each with the experiment on it.

The types are Auth0's (auth0.com/docs/deploy-monitor/logs/log-event-type-codes) where it has one; of what it does not log,
`transaction_started`, `transaction_screen`, `transaction_abandoned`, and what became of an assignment, the names are ours.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from signpost.authlogs.details import ExperimentDetails
from signpost.authlogs.moments import moment_of
from signpost.model.accounts import Account, Journey
from signpost.model.tenants import Client
from signpost.ports.events import Attribution, Event
from signpost.signin.visits import Visit

_encode = msgspec.json.Encoder().encode


class Step(StrEnum):
    """Log types."""

    STARTED = "transaction_started"
    SCREEN = "transaction_screen"
    ABANDONED = "transaction_abandoned"
    DELIVERED = "experiment_variation_delivered"
    NOT_DELIVERED = "experiment_variation_not_delivered"
    SIGNED_IN = "s"
    FAILED = "f"
    WRONG_PASSWORD = "fp"  # noqa: S105 no password
    UNKNOWN_USER = "fu"
    LOCKED_OUT = "limit_wc"
    SIGNED_UP = "ss"
    SIGN_UP_FAILED = "fs"
    ENROLMENT_STARTED = "gd_start_enroll"
    ENROLLED = "gd_enrollment_complete"
    CHALLENGED = "gd_start_auth"
    CHALLENGE_PASSED = "gd_auth_succeed"
    CHALLENGE_FAILED = "gd_auth_failed"
    CODES_TRIED_TOO_OFTEN = "gd_otp_rate_limit_exceed"
    RECOVERED = "gd_recovery_succeed"
    RECOVERY_FAILED = "gd_recovery_failed"
    RECOVERY_TRIED_TOO_OFTEN = "gd_recovery_rate_limit_exceed"
    RESET_ASKED = "scpr"
    RESET_REFUSED = "fcpr"
    PASSWORD_CHANGED = "scp"  # noqa: S105 no password
    PASSWORD_NOT_CHANGED = "fcp"  # noqa: S105 no password
    EMAIL_VERIFIED = "sv"
    SIGNED_OUT = "slo"


DESCRIPTIONS: Mapping[Step, str] = {
    Step.STARTED: "Sign-in begun",
    Step.SCREEN: "Screen shown",
    Step.ABANDONED: "Sign-in not finished",
    Step.DELIVERED: "Variation shown",
    Step.NOT_DELIVERED: "Variation not shown, the page was as it is without",
    Step.SIGNED_IN: "Successful sign-in",
    Step.FAILED: "Sign-in refused",
    Step.WRONG_PASSWORD: "Wrong password",
    Step.UNKNOWN_USER: "No such account",
    Step.LOCKED_OUT: "Too many wrong passwords",
    Step.SIGNED_UP: "Successful sign-up",
    Step.SIGN_UP_FAILED: "Sign-up refused",
    Step.ENROLMENT_STARTED: "Second factor or passkey offered",
    Step.ENROLLED: "Second factor or passkey enrolled",
    Step.CHALLENGED: "Second factor asked for",
    Step.CHALLENGE_PASSED: "Second factor right",
    Step.CHALLENGE_FAILED: "Second factor wrong",
    Step.CODES_TRIED_TOO_OFTEN: "Too many wrong codes",
    Step.RECOVERED: "Recovery code right",
    Step.RECOVERY_FAILED: "Recovery code wrong",
    Step.RECOVERY_TRIED_TOO_OFTEN: "Too many wrong recovery codes",
    Step.RESET_ASKED: "New password asked for",
    Step.RESET_REFUSED: "New password asked for an account that is not there",
    Step.PASSWORD_CHANGED: "Password changed",
    Step.PASSWORD_NOT_CHANGED: "Password not changed",
    Step.EMAIL_VERIFIED: "E-mail address confirmed",
    Step.SIGNED_OUT: "Signed out",
}


class _Body(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    date: str
    type: str
    description: str
    client_id: str | None = None
    client_name: str | None = None
    connection: str | None = None
    ip: str | None = None
    user_agent: str | None = None
    hostname: str | None = None
    user_id: str | None = None
    user_name: str | None = None
    session_id: str | None = None
    unit: str | None = None
    event_id: str | None = None
    details: Mapping[str, Any] | None = None


def record_of(
    step: Step,
    at: datetime,
    tenant_id: str,
    *,
    unit: str | None,
    visit: Visit | None = None,
    journey: Journey | None = None,
    client: Client | None = None,
    account: Account | None = None,
    to: Attribution | None = None,
    details: Mapping[str, Any] | None = None,
    event_id: str | None = None,
) -> Event:
    """Return what is kept of a step. `unit` is the device, and `to` the experiment that it belongs to.

    With an `event_id` it is kept once, however often it is noted.
    """
    moment = moment_of(at)
    said = dict(details or {})
    if to is not None:
        said["experiment"] = ExperimentDetails(
            to.experiment_id, to.variation_id, to.is_control, to.allocation_strategy, to.segment_id, to.is_forced
        )
    session_id = journey.transaction_id if journey is not None else None
    body = _Body(
        date=moment.text,
        type=step.value,
        description=DESCRIPTIONS[step],
        client_id=journey.client_id if journey is not None else client.id if client is not None else None,
        client_name=client.name if client is not None else None,
        ip=visit.address if visit is not None else None,
        user_agent=visit.user_agent if visit is not None else None,
        hostname=visit.hostname if visit is not None else None,
        user_id=account.id if account is not None else None,
        user_name=account.email if account is not None else None,
        session_id=session_id,
        unit=unit,
        event_id=event_id,
        details=said or None,
    )
    return Event(
        tenant_id=tenant_id,
        type=step.value,
        occurred_ms=moment.epoch_ms if to is None else max(moment.epoch_ms, to.exposed_ms),
        body=_encode(body),
        event_id=event_id,
        unit=unit,
        session_id=session_id,
        attribution=to,
    )
