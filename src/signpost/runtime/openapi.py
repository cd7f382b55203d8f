"""The runtime routes' part of the OpenAPI document."""

from typing import Any

import msgspec

from signpost.exchange.exposures import Exposure
from signpost.model.limits import TEXT_MAX, UNIT_MAX
from signpost.runtime import wire
from signpost.runtime.app import DECISIONS_PATH, EVENTS_PATH, EXPOSURES_PATH, LINKS_PATH, LOG_STREAM_PATH, PLAN_PATH
from signpost.runtime.ofrep.openapi import describe_ofrep
from signpost.runtime.operations import ETAG, INTEGER, TEXT, Schema, as_json, describe_operation
from signpost.runtime.plan import WAIT_SECONDS_MAX

_ERROR = {
    "type": "object",
    "required": ["statusCode", "error", "message", "errorCode"],
    "properties": {"statusCode": INTEGER, "error": TEXT, "message": TEXT, "errorCode": TEXT},
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
        "type": {**TEXT, "minLength": 1, "maxLength": TEXT_MAX, "description": "Such as `s`, a success."},
        "date": {
            "oneOf": [{**TEXT, "format": "date-time"}, {"type": "number"}],
            "description": "ISO 8601, UTC unless it says otherwise, or milliseconds since the epoch; from 2000 on, at most"
            " 5 minutes ahead; left out: now.",
        },
        "event_id": {
            **TEXT,
            "maxLength": TEXT_MAX,
            "description": "The sender's own; the same one twice counts once.",
        },
        "log_id": {**TEXT, "maxLength": TEXT_MAX, "description": "Taken for `event_id` where there is none."},
        "_id": {**TEXT, "maxLength": TEXT_MAX, "description": "Taken for `event_id` where there is none."},
        "session_id": {**TEXT, "maxLength": TEXT_MAX, "description": "Also found as `details.session_id`."},
        "unit": {**TEXT, "maxLength": UNIT_MAX, "description": "The device id."},
        "user_id": {"description": "Whose account it is: what experiments on accounts find their outcomes by."},
        "assignment_token": {**TEXT, "description": "What the decision gave; it is not kept."},
        "details": {"type": "object"},
    },
    "additionalProperties": True,
}


_LINES = (
    "One object, an array, or one object on each line; at most 1,000, each at most 64 KB. Those that can't be taken are"
    " reported by their line or place, from 1; the others are kept durably. When all are bad, the status is 400."
)
_PLAN = {
    "type": "object",
    "description": "The configuration, as `signpost export` writes it: for the clients that decide by themselves.",
    "required": ["format", "configuration"],
    "properties": {
        "format": {**INTEGER, "description": "Grows when an older reader would misunderstand the document."},
        "configuration": {"type": "object"},
    },
}
_WAIT = {
    "name": "wait",
    "in": "query",
    "schema": {**INTEGER, "minimum": 0, "maximum": WAIT_SECONDS_MAX},
    "description": "Seconds to hold the answer back while it is the one that If-None-Match names.",
}
_STREAM_QUERY = (
    {
        "name": "unit",
        "in": "query",
        "schema": {**TEXT, "default": "session"},
        "description": "What the unit is where an entry has no `unit`: session, user, device, or a field such as"
        " details.account_id.",
    },
    {
        "name": "exposures",
        "in": "query",
        "schema": {**TEXT, "enum": ["assignments", "first-events"], "default": "assignments"},
        "description": "What counts as exposure: assignment entries, or also the first event of a unit.",
    },
)


def describe_runtime() -> dict[str, Any]:
    """Return `paths` and `components` of the runtime routes, to be merged into the whole document."""
    bodies = (
        wire.DecisionRequest,
        wire.Decision,
        wire.Decisions,
        wire.EventsReply,
        Exposure,
        wire.LogStreamReply,
        wire.Link,
        wire.LinkReply,
    )
    (request, decision, decisions, accepted, exposure, taken, linking, linked), schemas = (
        msgspec.json.schema_components(bodies, ref_template="#/components/schemas/Runtime{name}")
    )
    named = {f"Runtime{name}": schema for name, schema in schemas.items()}
    named["RuntimeDecisionRequest"]["oneOf"] = [{"required": ["unit"]}, {"required": ["units"]}]
    named |= {"RuntimeAuthEvent": _EVENT, "RuntimeError": _ERROR, "RuntimePlan": _PLAN}
    decide = describe_operation(
        "decide",
        "Decide for a unit, or for up to 1,000",
        "Records the exposure durably before it answers. When it can't, the answer is the baseline: `experiment` is null"
        " and `reason` is `recording_failed`.",
        scope="decide:experimentation",
        body=as_json(request),
        replies={"200": {"content": as_json({"oneOf": [decision, decisions]})}},
        errors="400 401 403 408 413 429 500",
    )
    send = describe_operation(
        "sendEvents",
        "Send auth events",
        _LINES,
        scope="create:events",
        body=_lines_of({"$ref": "#/components/schemas/RuntimeAuthEvent"}),
        replies={"200": {"content": as_json(accepted)}},
        errors="400 401 403 408 413 429 500 503",
    )
    report = describe_operation(
        "sendExposures",
        "Send exposures",
        f"For the clients that decide by themselves; each is checked against the configuration. {_LINES}",
        scope="create:events",
        body=_lines_of(exposure),
        replies={"200": {"content": as_json(accepted)}},
        errors="400 401 403 408 413 429 500 503",
    )
    link = describe_operation(
        "linkDevice",
        "Link an account to the device that it has signed in on",
        "Send it after each sign-in. The account keeps the unit of its first link, and so its variation in experiments on the"
        " first touch, on every device. Sent again it changes nothing.",
        scope="create:events",
        body=as_json(linking),
        replies={"200": {"content": as_json(linked)}},
        errors="400 401 403 408 413 429 500 503",
    )
    stream = describe_operation(
        "sendLogs",
        "Send log entries as Auth0's log streams do",
        "In any of the content formats of a custom webhook, or as the event buses wrap them; at most 10,000, each at most 64"
        " KB. Sent again they count once, by their log ids. What is malformed is counted and left out, so that nobody repeats"
        " it for ever. The token may also be a key of `signpost tenants log-stream-key`.",
        scope="create:events",
        parameters=_STREAM_QUERY,
        body=_lines_of({"type": "object"}),
        replies={"200": {"content": as_json(taken)}},
        errors="400 401 403 408 413 429 500 503",
    )
    plan = describe_operation(
        "getPlan",
        "Get the configuration",
        "Everything that decides, at one revision. Sent with the ETag as If-None-Match, and with `wait`, it is a long poll.",
        scope="read:plan",
        parameters=[_WAIT],
        replies={
            "200": {"content": as_json({"$ref": "#/components/schemas/RuntimePlan"}), "headers": ETAG},
            "304": {"headers": ETAG},
        },
        errors="400 401 403 408 413 429 500",
    )
    ofrep = describe_ofrep()
    paths = {
        DECISIONS_PATH: {"post": decide},
        EVENTS_PATH: {"post": send},
        EXPOSURES_PATH: {"post": report},
        LINKS_PATH: {"post": link},
        LOG_STREAM_PATH: {"post": stream},
        PLAN_PATH: {"get": plan},
    }
    return {
        "paths": paths | ofrep["paths"],
        "components": {"schemas": named | ofrep["components"]["schemas"]},
    }


def _lines_of(schema: Schema) -> dict[str, Any]:
    several = {"oneOf": [schema, {"type": "array", "items": schema, "maxItems": 1_000}]}
    return {**as_json(several), "application/x-ndjson": {"schema": TEXT}}
