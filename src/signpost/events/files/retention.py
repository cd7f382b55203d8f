"""Forgets what is older than it is to be kept: whole days of sealed rows, and what is known of them."""

import logging
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

from signpost.events.files import sealed_ids
from signpost.events.files.readers import Readers
from signpost.events.files.runs import forget_runs
from signpost.events.files.schema import file_of, open_for_writing, sealed_to
from signpost.events.files.segments import DAY_MS, FOLDER, Segment, list_segments, removing
from signpost.events.logids import first_id_at

ATTRIBUTION_DAYS = 7
"""How long sealed exposures are found for the events that follow them. A sign-in takes minutes, and what comes later counts
for its unit all the same; what is open, or comes with a token, is not limited."""

_log = logging.getLogger(__name__)


def remove_before(folder: Path, day: date) -> Iterator[Segment]:
    """Remove all segments of days before this one, for one who is `sealing`; gives each that is gone.

    Waits for those who are reading, and they for it. Senders' ids are forgotten last: killed before that, the next time does it.
    """
    old = [segment for segment in list_segments(folder) if segment.day < day]
    if (folder / FOLDER).exists():
        for segment in old:
            with removing(folder):
                segment.path.unlink(missing_ok=True)
            _log.info(
                "removed the events of %s of tenant %s: %d rows, %s",
                segment.day, segment.tenant_id, segment.count, segment.path.name,
            )  # fmt: skip
            if not any(segment.path.parent.iterdir()):
                segment.path.parent.rmdir()
            yield segment
    sealed_ids.forget_before(folder, first_id_at(_ms_of(day)))


def forget_keys(folder: Path, readers: Readers, now_ms: int) -> Iterator[None]:
    """Forget the keys of exposures that were sealed and are too old for events to follow them; few at a time."""
    for writer in readers.writers():
        with closing(open_for_writing(file_of(folder, writer))) as connection:
            connection.execute("PRAGMA synchronous = NORMAL")
            oldest = first_id_at(max(now_ms - ATTRIBUTION_DAYS * DAY_MS, 0)) - 1
            yield from forget_runs(connection, min(oldest, sealed_to(connection)))


def _ms_of(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
