"""Auth events as they come in, in the shape of tenant logs."""

from dataclasses import dataclass
from typing import Any

import msgspec

from signpost.authlogs.details import ExperimentDetails
from signpost.authlogs.moments import Moment, parse_moment
from signpost.authlogs.parsing import BodyInvalidError, parse_json
from signpost.model.limits import JSON_DEPTH_MAX, TEXT_MAX, UNIT_MAX
from signpost.ports.events import Attribution, Event

EVENT_BYTES_MAX = 64 * 1024
TOKEN_FIELD = "assignment_token"  # noqa: S105 a field's name
SKEW_MS = 2_000
"""How much earlier than its exposure an event may be dated, as senders' clocks differ and some dates are cut to seconds."""

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_anything: msgspec.json.Decoder[Any] = msgspec.json.Decoder()
_encode = msgspec.json.Encoder().encode
_ID_FIELDS = ("event_id", "log_id", "_id")


@dataclass(frozen=True, slots=True)
class AuthEvent:
    """An event that can be kept. `fields` are those of its body as they were sent, each as JSON."""

    type: str
    moment: Moment
    event_id: str | None
    session_id: str | None
    unit: str | None
    token: str | None
    fields: dict[str, msgspec.Raw]
    details: dict[str, msgspec.Raw]


def read_event(line: bytes, now: Moment) -> AuthEvent:
    """Return the event that a line holds. Fields that nobody here needs may hold anything, and are kept as they are.

    Raises:
        BodyInvalidError: it is none that can be kept.
    """
    _, fields = open_event(line)
    known = {name: _anything.decode(raw) for name, raw in fields.items() if name in _KNOWN}
    said = known.get("details") or {}
    if not isinstance(said, dict):
        raise BodyInvalidError("'Expected object' on property details")
    details = _fields.decode(fields["details"]) if said else {}
    kind = _text_of(known, "type", TEXT_MAX)
    if kind is None:
        raise BodyInvalidError("'Required property is missing' on property type")
    session_id = _text_of(known, "session_id", TEXT_MAX)
    if session_id is None:
        session_id = _text_of({"details.session_id": said.get("session_id")}, "details.session_id", TEXT_MAX)
    return AuthEvent(
        type=kind,
        moment=now if known.get("date") is None else parse_date(known["date"], now),
        event_id=next((text for name in _ID_FIELDS if (text := _text_of(known, name, TEXT_MAX)) is not None), None),
        session_id=session_id,
        unit=_text_of(known, "unit", UNIT_MAX),
        token=_text_of(known, TOKEN_FIELD, None),
        fields=fields,
        details=details,
    )


def open_event(line: bytes) -> tuple[Any, dict[str, msgspec.Raw]]:
    """Return the value that a line holds, and the fields of the object that it is, each as JSON.

    Raises:
        BodyInvalidError: it is no JSON object, too long, or nested too deeply.
    """
    if len(line) > EVENT_BYTES_MAX:
        raise BodyInvalidError(f"over {EVENT_BYTES_MAX:,} bytes")
    value = parse_json(_anything, line)
    # Brackets are quicker counted than values walked through.
    if line.count(b"{") + line.count(b"[") >= JSON_DEPTH_MAX and _depth_of(value) > JSON_DEPTH_MAX:
        raise BodyInvalidError("nested too deeply")
    return value, parse_json(_fields, line)


def parse_date(value: object, now: Moment) -> Moment:
    """Return the moment that an event's date names.

    Raises:
        BodyInvalidError: it names none, or one that is too far away.
    """
    try:
        return parse_moment(value, now.epoch_ms)
    except ValueError as error:
        raise BodyInvalidError(f"'The date {error}' on property date") from error


def make_event(tenant_id: str, sent: AuthEvent, to: Attribution | None, *, keeps_unit: bool = False) -> Event:
    """Return the event to keep, with the experiment that it belongs to.

    Its unit is that of the exposure; with `keeps_unit` it is the sender's own where there is one: of an experiment on accounts,
    so that the event is one of the device to all others.

    It counts as not before its exposure, whatever its date says; the date itself stays as it was sent, in our form.
    """
    details = dict(sent.details)
    if to is not None:
        experiment = ExperimentDetails(
            to.experiment_id, to.variation_id, to.is_control, to.allocation_strategy, to.segment_id, to.is_forced
        )
        details["experiment"] = msgspec.Raw(_encode(experiment))
    body = {"date": msgspec.Raw(_encode(sent.moment.text))} | {
        name: raw for name, raw in sent.fields.items() if name not in _REPLACED
    }
    if sent.event_id is not None:
        body["event_id"] = msgspec.Raw(_encode(sent.event_id))
    if details or "details" in sent.fields:
        body["details"] = msgspec.Raw(_encode(details))
    return Event(
        tenant_id=tenant_id,
        type=sent.type,
        occurred_ms=sent.moment.epoch_ms if to is None else max(sent.moment.epoch_ms, to.exposed_ms),
        body=_encode(body),
        event_id=sent.event_id,
        unit=sent.unit if to is None or (keeps_unit and sent.unit is not None) else to.unit,
        session_id=sent.session_id,
        attribution=to,
    )


_KNOWN = frozenset({"type", "date", "session_id", "unit", TOKEN_FIELD, "details", *_ID_FIELDS})
_REPLACED = frozenset({"date", "details", TOKEN_FIELD, *_ID_FIELDS})


def _text_of(known: dict[str, Any], name: str, length_max: int | None) -> str | None:
    value = known.get(name)
    if value is None:
        return None
    if not isinstance(value, str) or not value:
        raise BodyInvalidError(f"'Expected a string that is not empty' on property {name}")
    if length_max is not None and len(value) > length_max:
        raise BodyInvalidError(f"'Must have at most {length_max} characters' on property {name}")
    return value


def _depth_of(value: object) -> int:
    """Return how deeply a value is nested; level by level, so that depth itself can't hurt."""
    depth = 0
    level = [value]
    while level:
        level = [
            child
            for parent in level
            for child in (parent.values() if isinstance(parent, dict) else parent if isinstance(parent, list) else ())
        ]
        depth += 1
    return depth
