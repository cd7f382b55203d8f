"""The form of an error, the same on every route."""

from http import HTTPStatus

import msgspec

Headers = list[tuple[bytes, bytes]]
"""Response headers as ASGI has them; names in lower case."""


PHRASES = {413: "Request Entity Too Large", 422: "Unprocessable Entity"}
"""Those that the standard library says in other words since Python 3.13."""


class ErrorBody(msgspec.Struct, rename="camel", omit_defaults=True):
    """The body of an error reply."""

    status_code: int
    error: str
    message: str
    error_code: str


def render_error(status: int, code: str, message: str) -> bytes:
    """Return the JSON body of an error; `error` is the status' reason phrase."""
    phrase = PHRASES.get(status) or HTTPStatus(status).phrase
    return msgspec.json.encode(ErrorBody(status, phrase, message, code))


class Refusal(Exception):  # noqa: N818 a refusal is what it is
    """A request that is not let in, as it is to be answered."""

    def __init__(self, status: int, code: str, message: str, headers: Headers) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers
