"""Sealed exposures by their log ids, for those whom an event is attributed to."""

from pathlib import Path
from typing import Any

from signpost.events.files.sealed_rows import SealedRows
from signpost.events.files.segments import day_of, list_segments, reading

REMEMBERED_MAX = 10_000
_FIELDS = "id, occurred_ms, session_id, experiment_id, variation_id, is_control, allocation_strategy, segment_id, unit, is_forced"


class SealedExposures:
    """Finds exposures; those found last stay in memory. For one thread at a time."""

    def __init__(self, folder: Path, rows: SealedRows) -> None:
        self._folder = folder
        self._rows = rows
        self._remembered: dict[tuple[str, int], tuple[Any, ...]] = {}

    def find(self, tenant_id: str, log_id: int) -> tuple[Any, ...] | None:
        """Return an exposure of a tenant; None when it was removed, or is another tenant's."""
        row = self._remembered.get((tenant_id, log_id))
        if row is None:
            with reading(self._folder):
                row = self._rows.row(list_segments(self._folder, tenant_id, day_of(log_id)), log_id, _FIELDS)
            if row is not None:
                if len(self._remembered) >= REMEMBERED_MAX:
                    del self._remembered[next(iter(self._remembered))]
                self._remembered[tenant_id, log_id] = row
        return row
