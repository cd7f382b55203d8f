"""OFREP's part of the OpenAPI document: the protocol's own operations, as they are served here."""

from typing import Any

import msgspec

from signpost.assignment import FlagReason
from signpost.runtime.ofrep import wire
from signpost.runtime.ofrep.routes import FLAGS_PATH, SCOPE
from signpost.runtime.ofrep.streams import STREAM_PATH
from signpost.runtime.operations import ETAG, INTEGER, TEXT, as_json, describe_operation

_ERROR = {
    "type": "object",
    "description": "What is wrong. `errorCode` is OpenFeature's, where it has one.",
    "required": ["errorDetails"],
    "properties": {
        "key": TEXT,
        "errorCode": {**TEXT, "enum": [code.value for code in wire.ErrorCode]},
        "errorDetails": TEXT,
    },
}
_STREAM = {
    "type": "object",
    "required": ["type", "endpoint", "inactivityDelaySec"],
    "properties": {
        "type": {"const": "sse"},
        "endpoint": {"type": "object", "required": ["requestUri"], "properties": {"requestUri": TEXT}},
        "inactivityDelaySec": INTEGER,
    },
}
_KEY = {
    "name": "key",
    "in": "path",
    "required": True,
    "schema": TEXT,
    "description": "A flag's name, or `flag.parameter`.",
}
_KNOWN = {
    "name": "If-None-Match",
    "in": "header",
    "schema": TEXT,
    "description": "The ETag of the answer at hand.",
}
_ANNOUNCED = {
    "name": "flagConfigEtag",
    "in": "query",
    "schema": TEXT,
    "description": "What the stream has announced; the answer is not older.",
}
_STREAM_KEY = {
    "name": "key",
    "in": "query",
    "required": True,
    "schema": TEXT,
    "description": "From `eventStreams` of a bulk evaluation; it grants nothing else.",
}
_SINCE = {
    "name": "since",
    "in": "query",
    "schema": TEXT,
    "description": "The revision that was evaluated, from there, too; what has changed since is told at once.",
}


def describe_ofrep() -> dict[str, Any]:
    """Return `paths` and `components` of OFREP."""
    (request, success, failure), schemas = msgspec.json.schema_components(
        (wire.Request, wire.Success, wire.Failure), ref_template="#/components/schemas/Ofrep{name}"
    )
    named = {f"Ofrep{name}": schema for name, schema in schemas.items()} | {"OfrepError": _ERROR}
    named["OfrepSuccess"]["properties"]["reason"]["enum"] = [r.value for r in FlagReason if r is not FlagReason.DEFAULT]
    bulk = {
        "type": "object",
        "required": ["flags", "eventStreams"],
        "properties": {
            "flags": {"type": "array", "items": {"anyOf": [success, failure]}},
            "eventStreams": {"type": "array", "items": _STREAM},
        },
    }
    one = describe_operation(
        "evaluateFlag",
        "Evaluate a flag (OFREP)",
        "For OpenFeature's SDKs. The context's `targetingKey` is the unit; its `flow`, where it has one, names the"
        " authentication flow. An answer without `value` leaves the value to the caller. The exposure is recorded before the"
        " answer. The token may come as `X-API-Key`, too.",
        scope=SCOPE,
        parameters=[_KEY],
        body=as_json(request),
        replies={"200": {"content": as_json(success)}},
        errors="400 401 403 404 408 413 429 500",
        error="OfrepError",
    )
    every = describe_operation(
        "evaluateFlags",
        "Evaluate all flags (OFREP)",
        "Like one, for every key at once: for pages and apps, which keep the answer and ask again when a change is announced.",
        scope=SCOPE,
        parameters=[_ANNOUNCED, _KNOWN],
        body=as_json(request),
        replies={"200": {"content": as_json(bulk), "headers": ETAG}, "304": {"headers": ETAG}},
        errors="400 401 403 408 413 429 500",
        error="OfrepError",
    )
    stream = describe_operation(
        "announceChanges",
        "Hear of changes (OFREP)",
        "Server-sent events without end; each says that flags have changed and are to be evaluated again.",
        scope=None,
        parameters=[_STREAM_KEY, _SINCE],
        replies={"200": {"content": {"text/event-stream": {"schema": TEXT}}}},
        errors="401 429 500 503",
        error="OfrepError",
    )
    paths = {f"{FLAGS_PATH}/{{key}}": {"post": one}, FLAGS_PATH: {"post": every}, STREAM_PATH: {"get": stream}}
    return {"paths": paths, "components": {"schemas": named}}
