"""One operation of the OpenAPI document, and what those of the runtime have in common."""

from collections.abc import Mapping, Sequence
from typing import Any

Schema = Mapping[str, Any]

INTEGER: Schema = {"type": "integer"}
TEXT: Schema = {"type": "string"}
ETAG: Schema = {
    "ETag": {"description": "Names this answer; the next request may send it as If-None-Match.", "schema": TEXT}
}

_BEARER = "bearer"
_MEANINGS = {
    "304": "It is what the request says it has.",
    "400": "The request is not right; the message says where.",
    "401": "There is no valid token.",
    "403": "The token lacks the scope.",
    "404": "There is no such thing.",
    "408": "The body did not arrive in time.",
    "413": "The body is over 1 MB.",
    "429": "Too many requests.",
    "500": "Something went wrong on our side.",
    "503": "It can't be done now; ask again later.",
}
_RATE = {
    "X-RateLimit-Limit": "Requests in a minute.",
    "X-RateLimit-Remaining": "Requests left in this minute.",
    "X-RateLimit-Reset": "When the minute ends, in Unix seconds.",
}


def describe_operation(
    name: str,
    summary: str,
    text: str,
    *,
    scope: str | None,
    replies: Mapping[str, Schema],
    errors: str,
    error: str = "RuntimeError",
    body: Schema | None = None,
    parameters: Sequence[Schema] = (),
) -> dict[str, Any]:
    """Return an operation.

    Args:
        name: Its id.
        summary: What it does, in a few words.
        text: What else is to be known.
        scope: What the token must have; None: no token.
        replies: By status: the response's own `content` and `headers`.
        errors: The statuses of the others, separated by spaces.
        error: The schema of their bodies.
        body: The request's `content`.
        parameters: In the path, the query, or the headers.
    """
    content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{error}"}}}
    good = {
        status: {
            "description": _MEANINGS.get(status, "Done."),
            **reply,
            "headers": {**_headers(status), **reply.get("headers", {})},
        }
        for status, reply in replies.items()
    }
    bad = {
        status: {"description": _MEANINGS[status], "headers": _headers(status), "content": content}
        for status in errors.split()
    }
    return {
        "operationId": name,
        "tags": ["runtime"],
        "summary": summary,
        "description": text,
        "security": [] if scope is None else [{_BEARER: [scope]}],
        **({"parameters": list(parameters)} if parameters else {}),
        **({"requestBody": {"required": True, "content": body}} if body else {}),
        "responses": good | bad,
    }


def as_json(schema: Schema) -> dict[str, Any]:
    """Return the `content` of JSON."""
    return {"application/json": {"schema": schema}}


def _headers(status: str) -> dict[str, Any]:
    headers: dict[str, Any] = {name: {"description": text, "schema": INTEGER} for name, text in _RATE.items()}
    if status in {"429", "503"}:
        headers["Retry-After"] = {"description": "Seconds to wait.", "schema": INTEGER}
    if status in {"401", "403"}:
        headers["WWW-Authenticate"] = {"description": "How to authenticate.", "schema": TEXT}
    return headers
