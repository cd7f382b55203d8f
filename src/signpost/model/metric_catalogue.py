"""The metrics that are there from the beginning, and the plan of an experiment that has none of its own.

The types are those of Auth0's tenant logs (auth0.com/docs/deploy-monitor/logs/log-event-type-codes): `s` and `f`, `fp`, `fu` a
sign-in that succeeded or failed, `ss` a sign-up, `gd_…` multi-factor authentication, `scpr` and `scp` a password reset asked for
and done, `limit_wc` an account blocked after too many failures. A passkey's enrolment is told as
auth0.com/docs/authenticate/database-connections/passkeys/monitor-passkey-events-in-tenant-logs has it. Auth0 has no type for a
transaction that nobody finished, and tells a sign-in by passkey in a list, where no path leads: for these a sender says
`transaction_abandoned`, and `details.method`.
"""

from dataclasses import replace

from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.experiments import Experiment
from signpost.model.metrics import (
    DAY_MS,
    Aggregation,
    Direction,
    FieldCondition,
    Metric,
    Role,
    Selection,
    Window,
)

SIGNED_IN = Selection(("s",))
FAILED = Selection(("f", "fp", "fu"))
COVARIATE_DAYS = 14


def _rate(
    name: str, description: str, *types: str, direction: Direction = Direction.INCREASE, margin: float = 0.05
) -> Metric:
    return Metric(name, description, Aggregation.CONVERSION, Selection(types), direction, margin=margin)


SIGN_IN_SUCCESS = replace(
    _rate("sign_in_success", "Units that signed in.", "s", margin=0.02), covariate_days=COVARIATE_DAYS
)
TIME_P50 = Metric(
    "time_to_sign_in_p50",
    "Median time from the first exposure to the first sign-in, of units that signed in within a day.",
    Aggregation.QUANTILE,
    SIGNED_IN,
    Direction.DECREASE,
    measure="ms",
    window=Window(0, DAY_MS),
    quantile=0.5,
    margin=0.1,
)
TIME_P90 = replace(
    TIME_P50,
    name="time_to_sign_in_p90",
    description="Time from the first exposure within which nine of ten sign in, of units that did within a day.",
    quantile=0.9,
)
ATTEMPTS = Metric(
    "attempts_per_success",
    "Sign-ins that were tried for each one that succeeded.",
    Aggregation.RATIO,
    Selection((*SIGNED_IN.types, *FAILED.types)),
    Direction.DECREASE,
    measure="attempts",
    base=SIGNED_IN,
    margin=0.1,
)
ABANDONMENT = _rate(
    "abandonment", "Units that began and left.", "transaction_abandoned", direction=Direction.DECREASE, margin=0.1
)
SIGN_UP = _rate("sign_up", "Units that signed up.", "ss")
MFA_ENROLMENT = _rate("mfa_enrolment", "Units that enrolled a second factor.", "gd_enrollment_complete")
MFA_CHALLENGE = Metric(
    "mfa_challenge_success",
    "Units that passed a second factor, of those that were asked for one.",
    Aggregation.FUNNEL_STEP,
    Selection(("gd_auth_succeed",)),
    Direction.INCREASE,
    base=Selection(("gd_start_auth", "gd_auth_failed", "gd_auth_rejected", "gd_auth_succeed")),
    margin=0.02,
)
PASSWORD_RESETS = _rate(
    "password_resets", "Units that asked for a new password.", "scpr", direction=Direction.DECREASE, margin=0.1
)
PASSWORD_RESET_SUCCESS = Metric(
    "password_reset_success",
    "Units that set a new password, of those that asked for it.",
    Aggregation.FUNNEL_STEP,
    Selection(("scp",)),
    Direction.INCREASE,
    base=Selection(("scpr",)),
    margin=0.02,
)
LOCKOUTS = _rate(
    "lockouts",
    "Units that were locked out of an account, or out of its second factor.",
    "limit_wc",
    "gd_otp_rate_limit_exceed",
    "gd_recovery_rate_limit_exceed",
    direction=Direction.DECREASE,
    margin=0.1,
)
PASSKEY_ENROLMENT = replace(
    _rate("passkey_enrolment", "Units that enrolled a passkey."),
    events=Selection(("gd_enrollment_complete",), (FieldCondition("details.authenticator.type", ("passkey",)),)),
)
PASSKEY_USE = replace(
    _rate("passkey_use", "Units that signed in with a passkey."),
    events=Selection(("s",), (FieldCondition("details.method", ("passkey",)),)),
)
RETURN_7D = Metric(
    "return_7d",
    "Units that signed in again on the second to seventh day after the exposure.",
    Aggregation.RETENTION,
    SIGNED_IN,
    Direction.INCREASE,
    window=Window(DAY_MS, 7 * DAY_MS),
    margin=0.05,
)

CATALOGUE = (
    SIGN_IN_SUCCESS,
    TIME_P50,
    TIME_P90,
    ATTEMPTS,
    ABANDONMENT,
    SIGN_UP,
    MFA_ENROLMENT,
    MFA_CHALLENGE,
    PASSWORD_RESETS,
    PASSWORD_RESET_SUCCESS,
    LOCKOUTS,
    PASSKEY_ENROLMENT,
    PASSKEY_USE,
    RETURN_7D,
)
"""Every metric that is there from the beginning."""

_DECIDED_BY = {
    "mfa_enrollment": MFA_ENROLMENT,
    "mfa_challenge": MFA_CHALLENGE,
    "password_reset": PASSWORD_RESET_SUCCESS,
    "passkey_enrollment": PASSKEY_ENROLMENT,
    "signup": SIGN_UP,
}
_SHOWN_WITH = {
    "mfa_enrollment": (MFA_CHALLENGE,),
    "passkey_enrollment": (PASSKEY_USE, TIME_P50),
    "signup": (RETURN_7D,),
}


def find_built_in(name: str) -> Metric | None:
    """Return the metric of this name that is there from the beginning."""
    return next((metric for metric in CATALOGUE if metric.name == name), None)


def plan_of(experiment: Experiment) -> AnalysisPlan:
    """Return the plan that an experiment is judged by: its own, or the usual one of its flow."""
    return experiment.analysis_plan or default_plan(experiment.flow)


def default_plan(flow: str) -> AnalysisPlan:
    """Return the plan of an experiment in this flow that has none: its success decides, and may be watched at any time.

    Another default is another way to judge experiments that run.
    """
    decision = _DECIDED_BY.get(flow, SIGN_IN_SUCCESS)
    guardrails = tuple(m for m in (SIGN_IN_SUCCESS, LOCKOUTS) if m is not decision)
    shown = _SHOWN_WITH.get(flow, (TIME_P50, TIME_P90, ATTEMPTS, PASSWORD_RESETS, RETURN_7D))
    return AnalysisPlan(
        metrics=(
            replace(decision, role=Role.DECISION),
            *(replace(metric, role=Role.GUARDRAIL) for metric in guardrails),
            *shown,
        )
    )
