"""Entries of tenant logs, as Auth0 writes them, made into the events that are kept."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from xxhash import xxh3_128_hexdigest

from signpost.authlogs.details import ExperimentDetails
from signpost.authlogs.envelopes import Unwrapped, unwrap
from signpost.authlogs.events import AuthEvent, make_event, open_event, parse_date
from signpost.authlogs.moments import Moment
from signpost.authlogs.parsing import BodyInvalidError
from signpost.authlogs.units import UnitField
from signpost.model.experiments import Strategy
from signpost.model.limits import TEXT_MAX, UNIT_MAX
from signpost.ports.events import EXPOSURE_TYPE, Attribution, Event

_OWN_UNIT = UnitField("unit", (("unit",),))
_SESSION = UnitField("session_id", (("session_id",), ("details", "session_id")))
_ID_FIELDS = ("log_id", "_id", "event_id")

_fields = msgspec.json.Decoder(dict[str, msgspec.Raw])
_Id = Annotated[str, msgspec.Meta(min_length=1, max_length=TEXT_MAX)]


class _Claim(msgspec.Struct):
    """`details.experiment` as others write it: early ones leave out the strategy."""

    experiment_id: _Id
    variation_id: _Id
    is_control: bool = False
    allocation_strategy: _Id | None = None
    segment_id: _Id | None = None
    is_forced: bool = False


@dataclass(frozen=True, slots=True)
class LogEntry:
    """An entry as it is kept.

    `experiment` is what it says of one, whether or not it could be counted for it: without a unit it is not. `warning` says
    why it was kept without what it says of an experiment.
    """

    event: Event
    experiment: ExperimentDetails | None
    warning: str | None = None


class EntryReader:
    """Reads the entries of one tenant."""

    def __init__(self, tenant_id: str, unit_field: UnitField) -> None:
        self._tenant_id = tenant_id
        self._unit_field = unit_field

    def read(self, content: bytes, now: Moment) -> Iterator[LogEntry | BodyInvalidError]:
        """Give the entries of an object, in whatever it is wrapped; what is wrong in place of one that can't be kept."""
        try:
            for wrapped in unwrap(content):
                try:
                    yield self._read_one(wrapped, now)
                except BodyInvalidError as error:
                    yield error
        except BodyInvalidError as error:
            yield error

    def _read_one(self, wrapped: Unwrapped, now: Moment) -> LogEntry:
        value, fields = open_event(wrapped.content)
        kind, date = value.get("type"), value.get("date")
        if not isinstance(kind, str) or not 0 < len(kind) <= TEXT_MAX:
            raise BodyInvalidError(f"'Expected a string of 1 to {TEXT_MAX} characters' on property type")
        if date is None:
            raise BodyInvalidError("'Required property is missing' on property date")
        moment = parse_date(date, now)
        claim, warning = _claim_of(value)
        unit = _OWN_UNIT.find(value) or self._unit_field.find(value)
        session_id = _SESSION.find(value)
        sent = AuthEvent(
            type=kind,
            moment=moment,
            event_id=_id_of(value) or wrapped.log_id or f"xxh3:{xxh3_128_hexdigest(wrapped.content)}",
            session_id=session_id if session_id is None or len(session_id) <= TEXT_MAX else None,
            unit=unit,
            token=None,
            fields=fields,
            details=_fields.decode(fields["details"]) if isinstance(value.get("details"), dict) else {},
        )
        to = None
        if claim is not None and unit is not None:
            to = Attribution(*_fields_of(claim), unit, moment.epoch_ms, claim.is_forced)
        event = make_event(self._tenant_id, sent, to)
        return LogEntry(event._replace(is_exposure=to is not None and kind == EXPOSURE_TYPE), claim, warning)


def _claim_of(entry: Mapping[str, Any]) -> tuple[ExperimentDetails | None, str | None]:
    """Return what an entry says of an experiment, or why that can't be taken."""
    details = entry.get("details")
    said = details.get("experiment") if isinstance(details, dict) else None
    if said is None:
        return None, None
    try:
        claim = msgspec.convert(said, _Claim)
    except msgspec.ValidationError:
        return None, "details.experiment is none that can be read; the entry was kept without it"
    strategy = claim.allocation_strategy or (Strategy.SEGMENT if claim.segment_id else Strategy.PERCENTAGE)
    experiment = ExperimentDetails(
        claim.experiment_id, claim.variation_id, claim.is_control, strategy, claim.segment_id, claim.is_forced
    )
    return experiment, None


def _id_of(entry: Mapping[str, Any]) -> str | None:
    found = (entry.get(name) for name in _ID_FIELDS)
    return next((text for text in found if isinstance(text, str) and 0 < len(text) <= UNIT_MAX), None)


def _fields_of(claim: ExperimentDetails) -> tuple[str, str, bool, str, str | None]:
    return claim.experiment_id, claim.variation_id, claim.is_control, claim.allocation_strategy, claim.segment_id
