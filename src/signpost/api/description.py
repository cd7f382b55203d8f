"""What the OpenAPI document says of every route alike."""

from typing import Any

from signpost.api.wire.common import ErrorReply

MEANINGS = {
    400: "The request is not right; `errorCode` says how.",
    401: "There is no valid token.",
    403: "The token lacks the scope, or the thing belongs to the server.",
    404: "There is no such thing.",
    408: "The body did not arrive in time.",
    409: "It is in the way of something that exists.",
    413: "The body is over 1 MB.",
    422: "The rules are too large.",
    429: "Too many requests.",
    500: "Something went wrong on our side.",
    503: "The database does not answer, or the events can't be read.",
}
ALWAYS = (400, 401, 403, 408, 413, 429, 500, 503)
RATE_HEADERS = {
    "X-RateLimit-Limit": "Requests in a minute.",
    "X-RateLimit-Remaining": "Requests left in this minute.",
    "X-RateLimit-Reset": "When the minute ends, in Unix seconds.",
}
OTHER_HEADERS = {
    "X-Request-Id": "Names this exchange, here and in the server's log.",
    "X-Correlation-ID": "What the request had under this name, if it had one of at most 64 characters.",
}
CORRELATION = {
    "name": "X-Correlation-ID",
    "in": "header",
    "description": "Comes back in the reply.",
    "schema": {"type": "string", "maxLength": 64},
}
RETRY_AFTER = {"Retry-After": {"description": "Seconds to wait.", "schema": {"type": "integer"}}}
CHALLENGE = {"WWW-Authenticate": {"description": "How to authenticate.", "schema": {"type": "string"}}}
EXTRA_HEADERS = {401: CHALLENGE, 403: CHALLENGE, 429: RETRY_AFTER, 503: RETRY_AFTER}


def replies(ok: dict[int, Any], *errors: int) -> dict[int | str, dict[str, Any]]:
    """Return the description of a route's replies: the good ones, those that every route has, and these errors."""
    described: dict[int | str, dict[str, Any]] = {}
    for status, model in ok.items():
        described[status] = {"headers": _headers(status)}
        if model is not None:
            described[status]["model"] = model
        described[status]["description"] = "Done." if model is None else (model.__doc__ or "Done.")
    for status in sorted({*ALWAYS, *errors}):
        described[status] = {"model": ErrorReply, "description": MEANINGS[status], "headers": _headers(status)}
    return described


def _headers(status: int) -> dict[str, Any]:
    numbers = {name: {"description": text, "schema": {"type": "integer"}} for name, text in RATE_HEADERS.items()}
    texts = {name: {"description": text, "schema": {"type": "string"}} for name, text in OTHER_HEADERS.items()}
    return numbers | texts | EXTRA_HEADERS.get(status, {})
