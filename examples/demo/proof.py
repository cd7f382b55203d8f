"""Compares what the server acknowledged with what it still has."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from examples.demo.api import Api
from examples.demo.traffic import Ledger, name_event

PAGE = 100
EXPOSURE = "experiment_assignment_succeeded"


def read_log(api: Api) -> Iterator[dict[str, Any]]:
    """Return the whole log, oldest entry first, page after page."""
    query = ""
    while entries := api.get(f"/api/v2/logs?take={PAGE}{query}"):
        yield from entries
        query = f"&from={entries[-1]['log_id']}"


def find_lost(ledger: Ledger, entries: list[dict[str, Any]]) -> list[str]:
    """Return what was acknowledged and is not in the log: devices without their exposure, outcomes that are gone."""
    exposed = {entry["details"]["assignment"]["unit"] for entry in entries if entry["type"] == EXPOSURE}
    reported = {entry.get("event_id") for entry in entries}
    return [*(ledger.shown.keys() - exposed), *({name_event(device) for device in ledger.outcomes} - reported)]


def count_units(ledger: Ledger) -> dict[str, tuple[int, int]]:
    """Return units and successes by variation, as the client counts them."""
    units = Counter(ledger.shown.values())
    successes = Counter(name for device, name in ledger.shown.items() if ledger.outcomes.get(device))
    return {name: (units[name], successes[name]) for name in units}
