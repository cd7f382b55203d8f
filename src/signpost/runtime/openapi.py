"""The runtime routes' part of the OpenAPI document."""

from typing import Any

import msgspec

from signpost.runtime import wire
from signpost.runtime.app import DECISIONS_PATH, EVENTS_PATH

_BEARER = "bearer"
_MEANINGS = {
    "400": "The request is not right; the message says where.",
    "401": "There is no valid token.",
    "403": "The token lacks the scope.",
    "408": "The body did not arrive in time.",
    "413": "The body is over 1 MB.",
    "429": "Too many requests.",
    "500": "Something went wrong on our side.",
    "503": "The events could not be stored, none of them was; send them again later.",
}
_RATE = {
    "X-RateLimit-Limit": "Requests in a minute.",
    "X-RateLimit-Remaining": "Requests left in this minute.",
    "X-RateLimit-Reset": "When the minute ends, in Unix seconds.",
}
_INTEGER = {"type": "integer"}
_TEXT = {"type": "string"}
_ERROR = {
    "type": "object",
    "required": ["statusCode", "error", "message", "errorCode"],
    "properties": {"statusCode": _INTEGER, "error": _TEXT, "message": _TEXT, "errorCode": _TEXT},
}
_EVENT = {
    "title": "AuthEvent",
    "description": (
        "An auth event in the shape of a tenant log. Fields that are not named here may hold anything, and are kept as they"
        " are. `details.experiment` is written by the server: from `assignment_token`, or else from the last exposure of the"
        " session, or else from that of the unit."
    ),
    "type": "object",
    "required": ["type"],
    "properties": {
        "type": {**_TEXT, "minLength": 1, "maxLength": wire.TEXT_MAX, "description": "Such as `s`, a success."},
        "date": {
            "oneOf": [{**_TEXT, "format": "date-time"}, {"type": "number"}],
            "description": "ISO 8601, UTC unless it says otherwise, or milliseconds since the epoch; from 2000 on, at most"
            " 5 minutes ahead; left out: now.",
        },
        "event_id": {
            **_TEXT,
            "maxLength": wire.TEXT_MAX,
            "description": "The sender's own; the same one twice counts once.",
        },
        "log_id": {**_TEXT, "maxLength": wire.TEXT_MAX, "description": "Taken for `event_id` where there is none."},
        "_id": {**_TEXT, "maxLength": wire.TEXT_MAX, "description": "Taken for `event_id` where there is none."},
        "session_id": {**_TEXT, "maxLength": wire.TEXT_MAX, "description": "Also found as `details.session_id`."},
        "unit": {**_TEXT, "maxLength": wire.UNIT_MAX, "description": "The device id."},
        "assignment_token": {**_TEXT, "description": "What the decision gave; it is not kept."},
        "details": {"type": "object"},
    },
    "additionalProperties": True,
}


def describe_runtime() -> dict[str, Any]:
    """Return `paths` and `components` of the runtime routes, to be merged into the whole document."""
    bodies = (wire.DecisionRequest, wire.Decision, wire.Decisions, wire.EventsReply)
    (request, decision, decisions, accepted), schemas = msgspec.json.schema_components(
        bodies, ref_template="#/components/schemas/Runtime{name}"
    )
    named = {f"Runtime{name}": schema for name, schema in schemas.items()}
    named["RuntimeDecisionRequest"]["oneOf"] = [{"required": ["unit"]}, {"required": ["units"]}]
    named |= {"RuntimeAuthEvent": _EVENT, "RuntimeError": _ERROR}
    event = {"$ref": "#/components/schemas/RuntimeAuthEvent"}
    decide = _operation(
        "decide",
        "Decide for a unit, or for up to 1,000",
        "Records the exposure durably before it answers. When it can't, the answer is the baseline: `experiment` is null"
        " and `reason` is `recording_failed`.",
        scope="decide:experimentation",
        content={"application/json": {"schema": request}},
        reply={"oneOf": [decision, decisions]},
        errors="400 401 403 408 413 429 500",
    )
    send = _operation(
        "sendEvents",
        "Send auth events",
        "One object, an array, or one object on each line; at most 1,000, each at most 64 KB. Those that can't be taken are"
        " reported by their line or place, from 1; the others are kept durably. When all are bad, the status is 400.",
        scope="create:events",
        content={
            "application/json": {"schema": {"oneOf": [event, {"type": "array", "items": event, "maxItems": 1_000}]}},
            "application/x-ndjson": {"schema": _TEXT},
        },
        reply=accepted,
        errors="400 401 403 408 413 429 500 503",
    )
    return {"paths": {DECISIONS_PATH: {"post": decide}, EVENTS_PATH: {"post": send}}, "components": {"schemas": named}}


def _operation(
    name: str, summary: str, text: str, *, scope: str, content: dict[str, Any], reply: dict[str, Any], errors: str
) -> dict[str, Any]:
    error = {"application/json": {"schema": {"$ref": "#/components/schemas/RuntimeError"}}}
    responses = {
        status: {"description": _MEANINGS[status], "headers": _headers(status), "content": error}
        for status in errors.split()
    }
    ok = {"description": "Done.", "headers": _headers("200"), "content": {"application/json": {"schema": reply}}}
    return {
        "operationId": name,
        "tags": ["runtime"],
        "summary": summary,
        "description": text,
        "security": [{_BEARER: [scope]}],
        "requestBody": {"required": True, "content": content},
        "responses": {"200": ok} | responses,
    }


def _headers(status: str) -> dict[str, Any]:
    headers = {name: {"description": text, "schema": _INTEGER} for name, text in _RATE.items()}
    if status in {"429", "503"}:
        headers["Retry-After"] = {"description": "Seconds to wait.", "schema": _INTEGER}
    if status in {"401", "403"}:
        headers["WWW-Authenticate"] = {"description": "How to authenticate.", "schema": _TEXT}
    return headers
