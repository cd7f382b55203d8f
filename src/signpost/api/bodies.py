"""Reading request bodies: JSON or a form, within limits, and nothing in it that could not be stored or sent back."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from signpost.model.limits import JSON_DEPTH_MAX

FORM_FIELDS_MAX = 100
FORM_TYPE = "application/x-www-form-urlencoded"
STRUCTURED = frozenset(
    {
        "allocations",
        "allowed_logout_urls",
        "analysis_plan",
        "assignment_config",
        "callbacks",
        "filters",
        "grant_types",
        "levels",
        "overrides",
        "parameters",
        "rules",
        "sink",
        "supported_triggers",
        "target_level",
        "webhook",
        "web_origins",
    }
)
"""The fields of a form whose value is JSON; all others are text."""


class BodyInvalidError(Exception):
    """The body can't be read, and why."""


def read_body(body: bytes, content_type: str) -> Any:
    """Return the value of a JSON body or of a form.

    A form's text that begins with a brace is JSON whatever its content type says: that is how `curl -d` sends it.

    Raises:
        BodyInvalidError: it is neither, too deep, or holds text that is none.
    """
    if content_type.startswith(FORM_TYPE) and body.lstrip()[:1] not in {b"{", b"["}:
        value: Any = _read_form(body)
    else:
        value = _read_json(body)
    _check(value, 1)
    return value


def _read_json(body: bytes, what: str = "the body") -> Any:
    if not body.strip():
        raise BodyInvalidError(f"Payload validation error: {what} is empty.")
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, ValueError) as error:
        raise BodyInvalidError(f"Payload validation error: {what} is not valid JSON.") from error


def _read_form(body: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=FORM_FIELDS_MAX)
    except ValueError as error:
        raise BodyInvalidError("Payload validation error: the body is not a valid form.") from error
    if len({name for name, _ in pairs}) < len(pairs):
        raise BodyInvalidError("Payload validation error: a field of the form is given twice.")
    return {
        name: _read_json(text.encode(errors="surrogatepass"), name) if name in STRUCTURED else text
        for name, text in pairs
    }


def _check(value: Any, level: int) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, dict | list):
        if level > JSON_DEPTH_MAX:
            what = f"the body is nested deeper than {JSON_DEPTH_MAX} levels"
            raise BodyInvalidError(f"Payload validation error: {what}.")
        for item in value:
            _check(item, level + 1)
        if isinstance(value, dict):
            for item in value.values():
                _check(item, level + 1)


def _check_text(text: str) -> None:
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text if character >= "\ud800"):
        raise BodyInvalidError("Payload validation error: a text holds a NUL or half of a surrogate pair.")
