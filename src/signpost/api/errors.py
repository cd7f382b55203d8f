"""The one table that says how each fact is told to a client: status, code, message."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from signpost.api.bodies import BodyInvalidError
from signpost.api.checkpoints import CheckpointInvalidError
from signpost.api.methods import methods_at
from signpost.api.validation import SENTENCES, describe_problem
from signpost.edge.asgi import keep_headers
from signpost.edge.errors import Refusal, render_error
from signpost.model import errors, limits
from signpost.model.errors import Blocker, BlockerCode, DomainError, Kind
from signpost.ports.measurements import MeasurementUnavailableError
from signpost.ports.store import StoreUnavailableError

E = TypeVar("E", bound=DomainError)
JSON_TYPE = "application/json; charset=utf-8"
RETRY_SECONDS = 5

NOUNS = {
    Kind.EXPERIMENT: "Experiment",
    Kind.FLAG: "Feature flag",
    Kind.VARIATION: "Variation",
    Kind.SEGMENT: "Segment",
    Kind.TENANT: "Tenant",
    Kind.CLIENT: "Client",
    Kind.OVERRIDE: "Override",
    Kind.HOLDOUT: "Holdout",
    Kind.METRIC: "Metric",
    Kind.LOG_STREAM: "Log stream",
    Kind.ACTION: "Action",
    Kind.PAGE_TEMPLATE: "Page template",
}
CODES = {kind: kind.value for kind in Kind}

BLOCKERS: Mapping[BlockerCode, str] = {
    BlockerCode.FLAG_NOT_ACTIVE: "The feature flag must be active.",
    BlockerCode.MISSING_ALLOCATIONS: "The experiment must have at least one allocation.",
    BlockerCode.VARIATION_NOT_FROM_FLAG: "Variation does not belong to the referenced feature flag.",
    BlockerCode.MISSING_CONTROL: "Exactly one allocation must be the control.",
    BlockerCode.INVALID_WEIGHTS: "Allocation weights must sum to 100.",
    BlockerCode.MISSING_DEFAULT: "Exactly one allocation must be the fallback.",
    BlockerCode.INVALID_SEGMENT_ALLOCATION: "Every other allocation must have an active segment and a priority of its own.",
    BlockerCode.INVALID_RAMP: "A ramp needs the percentage strategy and a treatment.",
    BlockerCode.ACTIVE_LIMIT_EXCEEDED: "Another experiment is active where only one may be.",
    BlockerCode.GROUP_FULL: "The exclusion group has not enough slots left.",
    BlockerCode.SALT_IN_USE: "Two experiments with one salt can't run at once unless one has `allow_shared_salt`.",
}


@dataclass(frozen=True, slots=True)
class Told:
    """How a fact is told."""

    status: int
    code: str
    message: str


def tell_blocker(blocker: Blocker) -> str:
    """Return a blocker's message: the rule, and what was found."""
    return f"{BLOCKERS[blocker.code]} {blocker.found}"


def _transition(error: errors.InvalidTransitionError) -> Told:
    if error.kind is Kind.EXPERIMENT and (error.current, error.target) == ("completed", "active"):
        return Told(400, "invalid_status_transition", "Completed experiments cannot be reactivated.")
    return Told(400, "invalid_status_transition", "Status transition is not allowed.")


def _not_ready(error: errors.NotReadyError) -> Told:
    code = error.blockers[0].code.value if len(error.blockers) == 1 else "experiment_not_ready"
    found = " ".join(map(tell_blocker, error.blockers))
    return Told(400, code, f"Experiment cannot be activated: validation failed. {found}")


def _exists(error: errors.NameTakenError) -> Told:
    noun = NOUNS[error.kind].lower()
    article = "An" if noun[0] in "aeiou" else "A"
    where = " on this feature flag" if error.kind is Kind.VARIATION else ""
    return Told(409, f"{CODES[error.kind]}_exists", f"{article} {noun} with this name already exists{where}.")


def _in_use(error: errors.InUseError) -> Told:
    by = "experiments" if error.kind is Kind.FLAG else "experiment allocations"
    message = f"{NOUNS[error.kind]} is in use by one or more non-archived {by} and cannot be deleted."
    return Told(409, f"{CODES[error.kind]}_in_use", message)


def _level_not_next(error: errors.LevelNotNextError) -> Told:
    where = f"the next level is {error.next_level}" if error.next_level is not None else "the ramp is at its last level"
    return Told(400, "ramp_level_not_next", f"The ramp cannot go to {error.target_level}: {where}.")


def _always(status: int, code: str, message: str) -> Callable[[Any], Told]:
    told = Told(status, code, message)
    return lambda _: told


TABLE: Mapping[type[DomainError], Callable[[Any], Told]] = {
    errors.NotFoundError: lambda e: Told(404, f"{CODES[e.kind]}_not_found", f"{NOUNS[e.kind]} not found."),
    errors.NameTakenError: _exists,
    errors.InUseError: _in_use,
    errors.NotModifiableError: lambda e: Told(
        403, f"{CODES[e.kind]}_not_modifiable", f"{NOUNS[e.kind]} cannot be modified."
    ),
    errors.InvalidTransitionError: _transition,
    errors.FieldNotEditableError: lambda e: Told(
        400,
        "experiment_field_not_editable",
        f"Field '{e.field}' cannot be modified while the experiment is {e.status}.",
    ),
    errors.FieldRefusedError: lambda e: Told(400, "invalid_body", f"Payload validation error: '{e.field}' {e.reason}."),
    errors.FieldUnknownError: lambda e: Told(
        400,
        "invalid_body",
        f"Payload validation error: '{SENTENCES['extra_forbidden']}' on property {e.field}.",
    ),
    errors.MetricInvalidError: lambda e: Told(
        400, "metric_invalid", f"Metric cannot be computed. {' '.join(e.faults)}"
    ),
    errors.MetricLimitError: lambda e: Told(
        400, "metric_limit_exceeded", f"A tenant may have at most {e.limit} metrics of its own."
    ),
    errors.ClientLimitError: lambda e: Told(
        400, "client_limit_exceeded", f"A tenant may have at most {e.limit} clients."
    ),
    errors.LogStreamLimitError: lambda e: Told(
        400, "log_stream_limit_exceeded", f"A tenant may have at most {e.limit} log streams."
    ),
    errors.ActionLimitError: lambda e: Told(
        400, "action_limit_exceeded", f"A tenant may have at most {e.limit} actions."
    ),
    errors.PlanInvalidError: lambda e: Told(
        400, "analysis_plan_invalid", f"Analysis plan cannot be followed. {' '.join(e.faults)}"
    ),
    errors.RequiresPauseError: _always(
        400, "experiment_requires_pause", "Allocations cannot be modified while the experiment is active."
    ),
    errors.ExperimentActiveError: _always(
        400,
        "experiment_active",
        "Active experiments cannot be deleted. Pause or complete the experiment first.",
    ),
    errors.NotReadyError: _not_ready,
    errors.InsufficientVariationsError: _always(
        400,
        "feature_flag_insufficient_variations",
        "Feature flag must have at least 2 variations to be activated.",
    ),
    errors.FlagArchivedError: _always(
        400, "feature_flag_not_active", "Feature flag is archived and cannot be used by a new experiment."
    ),
    errors.ParameterTypeMismatchError: _always(
        400, "parameter_type_mismatch", "Parameter value does not match the declared type."
    ),
    errors.ParameterValueTooLargeError: _always(
        400, "parameter_value_too_large", "Parameter value exceeds maximum size of 1KB."
    ),
    errors.OverrideKeyInvalidError: _always(400, "override_key_invalid", "Invalid override key."),
    errors.OverrideTypeMismatchError: _always(
        400, "override_type_mismatch", "Override value type does not match the parameter type."
    ),
    errors.OverrideEqualsDefaultError: _always(
        400, "override_equals_default", "Override value must differ from the feature flag parameter default value."
    ),
    errors.OverrideValueTooLargeError: _always(
        400, "override_value_too_large", "Override value exceeds maximum size of 1KB."
    ),
    errors.VariationLimitError: _always(400, "variation_limit_exceeded", "Feature flag variation limit exceeded."),
    errors.LastVariationError: _always(
        400,
        "variation_last",
        "Feature flag must have at least one variation. Cannot delete the last variation.",
    ),
    errors.AllocationLimitError: _always(
        400,
        "experiment_allocation_limit_exceeded",
        f"Experiments may have at most {limits.ALLOCATIONS_MAX} allocations.",
    ),
    errors.VariationNotFromFlagError: _always(
        400, "variation_not_from_flag", "Variation does not belong to the referenced feature flag."
    ),
    errors.AllocationSegmentNotFoundError: _always(400, "segment_not_found", "Segment not found."),
    errors.AllocationSegmentArchivedError: _always(
        400, "segment_archived", "Segment is archived and cannot be used in an allocation."
    ),
    errors.LevelNotNextError: _level_not_next,
    errors.RampNotRunningError: _always(
        409, "ramp_not_running", "Experiment has no ramp, or is neither active nor paused."
    ),
}


def tell(error: DomainError) -> Told:
    """Return how a fact is told."""
    return TABLE[type(error)](error)


def answer(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error reply."""
    return Response(render_error(status, code, message), status, headers, JSON_TYPE)


async def answer_domain_error(_: Request, error: Exception) -> Response:
    """Tell a fact."""
    if not isinstance(error, DomainError):
        raise error
    told = tell(error)
    return answer(told.status, told.code, told.message)


async def answer_refusal(request: Request, error: Exception) -> Response:
    """Tell who is not let in."""
    if not isinstance(error, Refusal):
        raise error
    keep_headers(request.scope, error.headers)
    return answer(error.status, error.code, error.message)


async def answer_invalid(_: Request, error: Exception) -> Response:
    """Tell what is wrong with a body, a query or a path."""
    if isinstance(error, BodyInvalidError):
        return answer(400, "invalid_body", str(error))
    if isinstance(error, CheckpointInvalidError):
        message = "Query validation error: 'from' is not a checkpoint that this list has given."
        return answer(400, "invalid_query_string", message)
    if not isinstance(error, RequestValidationError):
        raise error
    code, message = describe_problem(error.errors()[0])
    return answer(422 if code == "segment_too_large" else 400, code, message)


async def answer_unavailable(_: Request, __: Exception) -> Response:
    """Tell that the database does not answer."""
    message = f"The database does not answer; nothing was changed. Try again in {RETRY_SECONDS} seconds."
    return answer(503, "database_unavailable", message, {"Retry-After": str(RETRY_SECONDS)})


async def answer_unmeasured(_: Request, __: Exception) -> Response:
    """Tell that the events can't be measured."""
    message = f"The events can't be measured now; none of them is lost. Try again in {RETRY_SECONDS} seconds."
    return answer(503, "events_unavailable", message, {"Retry-After": str(RETRY_SECONDS)})


async def answer_http(request: Request, error: Exception) -> Response:
    """Tell that a route or a method does not exist; OPTIONS is told which methods do."""
    if not isinstance(error, HTTPException):
        raise error
    if error.status_code == 405:
        allowed = {"Allow": ", ".join(methods_at(request.app.state.routes, request.url.path))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        return answer(405, "method_not_allowed", f"This path takes only {allowed['Allow']}.", allowed)
    return answer(error.status_code, "not_found", "There is nothing at this path.", error.headers)


async def pass_on(_: Request, error: Exception) -> Response:
    """Leave what nobody foresaw to the envelope, which answers it in our form; the framework would answer in its own."""
    raise error


HANDLERS: Mapping[type[Exception], Any] = {
    DomainError: answer_domain_error,
    Refusal: answer_refusal,
    BodyInvalidError: answer_invalid,
    CheckpointInvalidError: answer_invalid,
    RequestValidationError: answer_invalid,
    MeasurementUnavailableError: answer_unmeasured,
    StoreUnavailableError: answer_unavailable,
    HTTPException: answer_http,
    Exception: pass_on,
}
