"""What is sealed: Parquet files by tenant and day, and who may remove them.

A segment holds settled rows of one writer, one tenant, and one day (UTC) of keeping, in the order of their log ids. Its name
tells the range of ids and how many rows it has: `sealed/tenant=T/day=2026-01-31/000-FIRST-LAST-ROWS.parquet`.
"""

import fcntl
import logging
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from urllib.parse import quote, unquote

from signpost.events.logids import TEXT_WIDTH, kept_ms_of

FOLDER = "sealed"
UNFINISHED = ".unfinished"
"""The end of the name of a file that is being written."""
DAY_MS = 86_400_000

_log = logging.getLogger(__name__)
_NAME = re.compile(rf"(\d{{3}})-(\d{{{TEXT_WIDTH}}})-(\d{{{TEXT_WIDTH}}})-(\d+)\.parquet")
_TENANT, _DAY = "tenant=", "day="
_LOCK = "reading.lock"


@dataclass(frozen=True, slots=True, order=True)
class Segment:
    """One Parquet file. `first_id` and `last_id` are the log ids of its first and its last row."""

    first_id: int
    last_id: int
    writer: int
    count: int
    tenant_id: str
    path: Path

    @property
    def day(self) -> date:
        """The day of keeping of all its rows."""
        return day_of(self.last_id)


def day_of(log_id: int) -> date:
    """Return the day, in UTC, at which a row was kept."""
    return (datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=kept_ms_of(log_id))).date()


def segment_of(folder: Path, tenant_id: str, writer: int, ids: tuple[int, int], count: int) -> Segment:
    """Return a segment of rows that have ids from the first to the last, and where it is to lie."""
    first_id, last_id = ids
    name = f"{writer:03}-{first_id:0{TEXT_WIDTH}}-{last_id:0{TEXT_WIDTH}}-{count}.parquet"
    path = _folder_of(folder, tenant_id) / f"{_DAY}{day_of(last_id)}" / name
    return Segment(first_id, last_id, writer, count, tenant_id, path)


def list_segments(folder: Path, tenant_id: str | None = None, day: date | None = None) -> list[Segment]:
    """Return the segments of a tenant, or of all, of a day or of all, by their first ids.

    What lies there and is no segment is left out, with a warning.
    """
    tenants = [_folder_of(folder, tenant_id)] if tenant_id is not None else _below(folder / FOLDER, _TENANT)
    days = [
        of_day
        for of_tenant in tenants
        for of_day in ([of_tenant / f"{_DAY}{day}"] if day is not None else _below(of_tenant, _DAY))
    ]
    return sorted(segment for of_day in days for segment in _segments_in(of_day))


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Keep everybody from removing segments meanwhile."""
    try:
        lock = os.open(folder / FOLDER / _LOCK, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:  # nothing was ever sealed
        yield
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield
    finally:
        os.close(lock)


@contextmanager
def removing(folder: Path, *, is_waiting: bool = True) -> Iterator[None]:
    """Wait until nobody reads, and let nobody begin.

    Raises:
        FileNotFoundError: nothing was ever sealed.
        BlockingIOError: somebody reads, and one is not to wait.
    """
    lock = os.open(folder / FOLDER / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | (0 if is_waiting else fcntl.LOCK_NB))
        yield
    finally:
        os.close(lock)


def make_folder(folder: Path) -> None:
    """Make the folder for all segments, where there is none."""
    (folder / FOLDER).mkdir(mode=0o700, exist_ok=True)
    os.close(os.open(folder / FOLDER / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def list_unfinished(folder: Path) -> list[Path]:
    """Return files that were being written, by somebody who is gone when one has the sealing to oneself."""
    return sorted((folder / FOLDER).glob(f"{_TENANT}*/{_DAY}*/*{UNFINISHED}"))


def _folder_of(folder: Path, tenant_id: str) -> Path:
    return folder / FOLDER / f"{_TENANT}{quote(tenant_id, safe='')}"


def _below(folder: Path, prefix: str) -> Sequence[Path]:
    try:
        return [folder / name for name in os.listdir(folder) if name.startswith(prefix)]
    except FileNotFoundError:
        return []


def _segments_in(folder: Path) -> Iterator[Segment]:
    tenant_id = unquote(folder.parent.name.removeprefix(_TENANT))
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        match = _NAME.fullmatch(name)
        if match is not None:
            writer, first_id, last_id, count = map(int, match.groups())
            yield Segment(first_id, last_id, writer, count, tenant_id, folder / name)
        elif not name.endswith(UNFINISHED):
            _log.warning("%s is no segment of events and is left alone: take it out of the folder", folder / name)
