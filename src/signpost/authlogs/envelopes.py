"""What log entries come wrapped in: Auth0's log streams, and the event buses that they go through."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from signpost.authlogs.parsing import parse_json

LAYERS_MAX = 4

_NOTHING = msgspec.Raw(b"")


class _Envelope(msgspec.Struct):
    """The fields by which an envelope is known. A webhook and Event Grid have `data`, EventBridge `detail` around that.

    Lists under one name are of collectors: `logs`, or `records` as Event Hubs capture them.
    """

    type: msgspec.Raw = _NOTHING
    date: msgspec.Raw = _NOTHING
    log_id: msgspec.Raw = _NOTHING
    detail: msgspec.Raw = _NOTHING
    data: msgspec.Raw = _NOTHING
    logs: msgspec.Raw = _NOTHING
    records: msgspec.Raw = _NOTHING


_envelope = msgspec.json.Decoder(_Envelope)
_list = msgspec.json.Decoder(list[msgspec.Raw])
_anything: msgspec.json.Decoder[object] = msgspec.json.Decoder()


class Unwrapped(NamedTuple):
    """An object that is no envelope, and the log id that stood on the one around it."""

    content: bytes
    log_id: str | None


def unwrap(content: bytes, log_id: str | None = None, layers: int = LAYERS_MAX) -> Iterator[Unwrapped]:
    """Give what is in an envelope; what is none is given as it is.

    Raises:
        BodyInvalidError: it is no JSON object.
    """
    envelope = parse_json(_envelope, content)
    if layers == 0 or (_is_there(envelope.type) and _is_there(envelope.date)):
        yield Unwrapped(content, log_id)
        return
    if _is_there(envelope.log_id):
        log_id = _text_of(envelope.log_id) or log_id
    inner = _first_of(b"{", envelope.detail, envelope.data)
    several = _first_of(b"[", envelope.logs, envelope.records)
    if inner is not None:
        yield from unwrap(inner, log_id, layers - 1)
    elif several is not None:
        for raw in parse_json(_list, several):
            yield from unwrap(bytes(raw), None, layers - 1)
    else:
        yield Unwrapped(content, log_id)


def _first_of(opening: bytes, *raws: msgspec.Raw) -> bytes | None:
    return next((content for raw in raws if (content := bytes(raw)).startswith(opening)), None)


def _is_there(raw: msgspec.Raw) -> bool:
    return raw is not _NOTHING


def _text_of(raw: msgspec.Raw) -> str | None:
    value = parse_json(_anything, bytes(raw))
    return value if isinstance(value, str) else None
