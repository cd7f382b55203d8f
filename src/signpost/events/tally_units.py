"""Whose each exposure and event is, by the links: a walk through them, one after the other."""

from collections.abc import Mapping, Sequence

from signpost.events.tally_rows import EventRow, ExposureRow, text_at
from signpost.model.experiments import Subject
from signpost.ports.events import LINK_TYPE, LINK_UNIT
from signpost.ports.measurements import Question


def find_owners(
    exposures: Sequence[ExposureRow], events: Sequence[EventRow], question: Question
) -> tuple[Sequence[ExposureRow], Sequence[EventRow]]:
    """Return the same rows, each with the unit that it belongs to."""
    if question.subject is Subject.DEVICE:
        return exposures, events
    known = [
        (e.occurred_ms, text_at(e.body, LINK_UNIT) or "", e.unit, text_at(e.body, "user_id") or "")
        for e in events
        if e.type == LINK_TYPE and e.occurred_ms <= question.as_of_ms
    ]
    links = sorted(link for link in known if all(link[1:]))
    if question.subject is Subject.ACCOUNT:
        users: dict[str, set[str]] = {}
        for _, _, device, account in links:
            users.setdefault(device, set()).add(account)
        only = {device: min(accounts) for device, accounts in users.items() if len(accounts) == 1}
        return exposures, [e._replace(unit=_user_of(e) or only.get(e.unit, e.unit)) for e in events]
    origins = {unit for _, unit, _, _ in links}
    devices: dict[str, str] = {}
    accounts: dict[str, str] = {}
    for _, unit, device, account in links:
        accounts[account] = min(unit, accounts.get(account, unit))
        if device not in origins:
            devices.setdefault(device, unit)
    return (
        [row._replace(unit=devices.get(row.unit, row.unit)) for row in exposures],
        [e._replace(unit=_unit_of(e, accounts, devices)) for e in events],
    )


def _unit_of(event: EventRow, accounts: Mapping[str, str], devices: Mapping[str, str]) -> str:
    return accounts.get(_user_of(event)) or devices.get(event.unit, event.unit)


def _user_of(event: EventRow) -> str:
    return text_at(event.body, "user_id") or ""
