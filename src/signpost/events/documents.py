"""Exported rows as they come back: from documents to events."""

from typing import Annotated, Any

import msgspec

from signpost.ports.events import Attribution, Event

LINE_BYTES_MAX = 256 * 1024
TIME_MAX = 1 << 43

_Text = Annotated[str, msgspec.Meta(max_length=4096)]
_Required = Annotated[str, msgspec.Meta(min_length=1, max_length=4096)]


class Document(msgspec.Struct, frozen=True):
    """One row, as it was exported."""

    type: _Required
    occurred_ms: Annotated[int, msgspec.Meta(ge=0, le=TIME_MAX)]
    body: msgspec.Raw
    log_id: Annotated[str, msgspec.Meta(pattern=r"^\d{19}$")] | None = None
    unit: _Text | None = None
    session_id: _Text | None = None
    event_id: _Required | None = None
    is_exposure: bool = False
    experiment_id: _Text | None = None
    variation_id: _Text | None = None
    is_control: bool | None = None
    allocation_strategy: _Text | None = None
    segment_id: _Text | None = None
    is_forced: bool | None = None


class DocumentInvalidError(Exception):
    """A row that can't be taken in, and why."""


_decoder = msgspec.json.Decoder(Document)
_objects = msgspec.json.Decoder(dict[str, msgspec.Raw])


def read_line(line: bytes) -> Document:
    """Return the row that a line of NDJSON holds.

    Raises:
        DocumentInvalidError: it holds none.
    """
    if len(line) > LINE_BYTES_MAX:
        raise DocumentInvalidError(f"over {LINE_BYTES_MAX:,} bytes")
    try:
        return _check(_decoder.decode(line))
    except (msgspec.DecodeError, RecursionError) as error:
        raise DocumentInvalidError(str(error)) from error


def read_row(row: dict[str, Any]) -> Document:
    """Return a row of which the body is JSON text.

    Raises:
        DocumentInvalidError: fields are missing or hold something else.
    """
    body = row.get("body")
    if not isinstance(body, str):
        raise DocumentInvalidError("Expected JSON text as `body`")
    try:
        return _check(msgspec.convert(row | {"body": msgspec.Raw(body.encode())}, Document))
    except (msgspec.ValidationError, UnicodeEncodeError) as error:
        raise DocumentInvalidError(str(error)) from error


def make_event(tenant_id: str, document: Document) -> Event:
    """Return the event to keep. What has no sender's id gets one of its log id, so that it counts once, too."""
    to = None
    if document.experiment_id is not None:
        to = Attribution(
            document.experiment_id,
            document.variation_id or "",
            bool(document.is_control),
            document.allocation_strategy or "",
            document.segment_id,
            document.unit or "",
            document.occurred_ms,
            bool(document.is_forced),
        )
    return Event(
        tenant_id=tenant_id,
        type=document.type,
        occurred_ms=document.occurred_ms,
        body=bytes(document.body),
        event_id=document.event_id or f"log:{document.log_id}",
        unit=document.unit,
        session_id=document.session_id,
        attribution=to,
        is_exposure=document.is_exposure,
    )


def _check(document: Document) -> Document:
    try:
        _objects.decode(document.body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise DocumentInvalidError(f"`body` is no JSON object: {error}") from error
    if document.event_id is None and document.log_id is None:
        raise DocumentInvalidError("neither `event_id` nor `log_id`: it could not be told from what is there already")
    if document.is_exposure and (document.experiment_id is None or document.unit is None):
        raise DocumentInvalidError("an exposure without `experiment_id` or `unit`")
    return document
