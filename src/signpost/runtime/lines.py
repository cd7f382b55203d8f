"""A body of events taken apart: one object, an array of objects, or one object on each line."""

import msgspec

from signpost.authlogs.parsing import BodyInvalidError, parse_json

EVENTS_MAX = 1_000
LINE_TYPES = ("application/x-ndjson", "application/jsonl", "application/json-lines")

_array = msgspec.json.Decoder(list[msgspec.Raw])
_single = msgspec.json.Decoder(dict[str, msgspec.Raw])


def split_events(body: bytes, content_type: str | None) -> list[tuple[int, bytes]]:
    """Return each event with its number: its place in the array, or its line; from 1.

    The content decides: `[` begins an array. Anything else is one object if it can be read as one, and lines otherwise; or
    in any case when the content type says lines.

    Raises:
        BodyInvalidError: there is nothing, too much, or an array that can't be read.
    """
    content = body.strip()
    if not content:
        raise BodyInvalidError("'Expected an event, an array of events, or one event on each line, got nothing'")
    if is_lines(content_type):
        events = _lines_of(body)
    elif content.startswith(b"["):
        events = [(number, bytes(raw)) for number, raw in enumerate(parse_json(_array, content), 1)]
    elif b"\n" not in content or _is_one_object(content):
        events = [(1, content)]
    else:
        events = _lines_of(body)
    if len(events) > EVENTS_MAX:
        raise BodyInvalidError(f"'At most {EVENTS_MAX:,} events fit one request, got {len(events):,}'")
    return events


def is_lines(content_type: str | None) -> bool:
    """Return whether the content type says that each line is an event."""
    return (content_type or "").partition(";")[0].strip().lower() in LINE_TYPES


def _lines_of(body: bytes) -> list[tuple[int, bytes]]:
    return [(number, line) for number, line in enumerate(body.split(b"\n"), 1) if line.strip()]


def _is_one_object(content: bytes) -> bool:
    try:
        parse_json(_single, content)
    except BodyInvalidError:
        return False
    return True
