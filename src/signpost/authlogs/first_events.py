"""Exposures where a log has none: the first event of a unit that says which experiment it is in."""

from typing import NamedTuple

import msgspec
from xxhash import xxh3_64_intdigest

from signpost.authlogs.moments import moment_of_ms
from signpost.ports.events import EXPOSURE_TYPE, Attribution, Event

REMEMBERED_MAX = 200_000
"""Units whose first event is remembered; with more, all are forgotten, and some get more exposures than they need."""

_encode = msgspec.json.Encoder().encode


class FirstEvent(NamedTuple):
    """An event that may be the first one of its unit in an experiment, and its log id."""

    to: Attribution
    session_id: str | None
    log_id: str


class FirstEvents:
    """Finds first events of units.

    Of several exposures of a unit the earliest counts, so it does no harm to find one too many: of a log that runs backwards
    each event is the first one for now.
    """

    def __init__(self, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._first_ms: dict[int, int] = {}

    def find(self, event: Event) -> FirstEvent | None:
        """Return the event as a first one; None where an earlier one of the unit was before, or it is no outcome."""
        to = event.attribution
        if to is None or event.is_exposure:
            return None
        key = xxh3_64_intdigest(f"{event.tenant_id}\0{to.experiment_id}\0{to.variation_id}\0{to.unit}".encode())
        first_ms = self._first_ms.get(key)
        if first_ms is not None and first_ms <= to.exposed_ms:
            return None
        if len(self._first_ms) >= self._remembered_max:
            self._first_ms.clear()
        self._first_ms[key] = to.exposed_ms
        return FirstEvent(to, event.session_id, event.event_id or "")

    def forget(self) -> None:
        """Find all anew: what was found could not be kept."""
        self._first_ms.clear()


def make_exposure(tenant_id: str, first: FirstEvent) -> Event:
    """Return the exposure that a first event stands for; made again it is the same one."""
    to = first.to
    experiment = dict(zip(to._fields[:5], to[:5], strict=True)) | {"is_forced": to.is_forced}
    fields = {
        "date": moment_of_ms(to.exposed_ms).text,
        "type": EXPOSURE_TYPE,
        "description": "Exposure taken from the first event of the unit",
        "event_id": f"{first.log_id}#exposure",
        "session_id": first.session_id,
        "details": {
            "experiment": {name: value for name, value in experiment.items() if value is not None},
            "taken_from": first.log_id,
        },
    }
    return Event(
        tenant_id=tenant_id,
        type=EXPOSURE_TYPE,
        occurred_ms=to.exposed_ms,
        body=_encode({name: value for name, value in fields.items() if value is not None}),
        event_id=f"{first.log_id}#exposure",
        unit=to.unit,
        session_id=first.session_id,
        attribution=to,
        is_exposure=True,
    )
