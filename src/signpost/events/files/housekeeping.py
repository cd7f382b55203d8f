"""Seals and removes in the background of a server, without being in anybody's way."""

import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from signpost.ports.clock import Clock
from signpost.ports.events import EventsDamagedError

if TYPE_CHECKING:
    from signpost.events.files.store import FileEvents

LOOK_SECONDS = 60.0
"""How often there is a look whether something is due."""
PAUSE_SECONDS = 0.02
"""After every few rows, so that decisions come first."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Upkeep:
    """What is due when. `seal_hours` after keeping a row is sealed; earlier where a file has more than `open_rows_max`.

    Sealed rows are kept for so many days, with None for ever.
    """

    seal_hours: int
    open_rows_max: int
    retention_days: int | None


class Housekeeper:
    """A thread that does what is due, in one process at a time: the others find the lock taken and do nothing."""

    def __init__(self, events: "FileEvents", clock: Clock, upkeep: Upkeep) -> None:
        self._events = events
        self._clock = clock
        self._upkeep = upkeep
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signpost-upkeep", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Stop before the next step, and wait for that."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        while not self._stopped.wait(LOOK_SECONDS):
            try:
                keep_up(self._events, self._clock, self._upkeep, self._pause)
            except Stopped:
                return
            except (OSError, sqlite3.Error, EventsDamagedError) as error:
                _log.warning("events could not be sealed, it will be tried again: %s", error)

    def _pause(self, _: str) -> None:
        if self._stopped.wait(PAUSE_SECONDS):
            raise Stopped


class Stopped(Exception):  # noqa: N818 it is no error
    """Told to stop in the middle; every step may be left at any moment."""


def keep_up(events: "FileEvents", clock: Clock, upkeep: Upkeep, pause: Callable[[str], None]) -> None:
    """Do what is due now, unless another process is at it.

    Raises:
        OSError, sqlite3.Error, EventsDamagedError: it can't go on; nothing was lost.
    """
    now = clock.now()
    now_ms = int(now.timestamp() * 1000)
    before_ms = max(now_ms - upkeep.seal_hours * 3_600_000, 0)
    for sealed in events.seal(before_ms, upkeep.open_rows_max, is_waiting=False, pause=pause):
        _log.info("sealed %d events of writer %d in %d segments", sealed.rows, sealed.writer, len(sealed.segments))
    events.forget_keys(now_ms, pause, is_waiting=False)
    if upkeep.retention_days is not None:
        for _ in events.remove_before((now - timedelta(days=upkeep.retention_days)).date(), is_waiting=False):
            pause("removed")
