"""The thread of a server that sees to it that streams are delivered, in one process at a time."""

import logging
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread
from time import monotonic

from signpost.edge.locks import hold
from signpost.edge.log_streams.delivery import Delivery
from signpost.edge.outbound import NotTakenError
from signpost.model.log_streams import LogStream, StreamStatus
from signpost.ports.events import EventsDamagedError
from signpost.ports.store import StoreUnavailableError
from signpost.usecases.catalog import TenantState

LOOK_SECONDS = 0.5
"""How often there is a look whether a stream has more."""
RIVAL_SECONDS = 2.0
"""How often a process tries whether the one that delivers has gone."""
FIRST_RETRY_SECONDS, LONGEST_RETRY_SECONDS = 1.0, 60.0
AT_ONCE_MAX = 16
"""Streams that are delivered at the same moment, so that one that hangs is in nobody's way."""
SUSPEND_AFTER = timedelta(hours=24)
JOIN_SECONDS = 5.0

log = logging.getLogger("signpost.log_streams")

Suspend = Callable[[str, LogStream, str], None]
"""Suspends a tenant's stream, with the reason."""


@dataclass(slots=True)
class _Turn:
    """What is known of a stream between its deliveries. Its own thread writes it, while there is one."""

    failures: int = 0
    due_at: float = 0.0
    thread: Thread | None = None

    @property
    def is_free(self) -> bool:
        """Whether the stream may be delivered now."""
        return (self.thread is None or not self.thread.is_alive()) and monotonic() >= self.due_at


class Courier:
    """Delivers the streams of all tenants, each in the order of its log, until it is stopped."""

    def __init__(
        self, delivery: Delivery, states: Callable[[], Iterable[TenantState]], suspend: Suspend, lock: Path
    ) -> None:
        self._delivery = delivery
        self._states = states
        self._suspend = suspend
        self._lock = lock
        self._stopped = Event()
        self._turns: dict[str, _Turn] = {}
        self._thread = Thread(target=self._run, name="signpost-log-streams", daemon=True)

    def start(self) -> None:
        """Begin, as soon as no other process is at it."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the requests that are under way, and wait for them, but not for long: what they carry comes again."""
        self._stopped.set()
        deadline = monotonic() + JOIN_SECONDS
        threads = [self._thread, *(turn.thread for turn in self._turns.values() if turn.thread is not None)]
        for thread in threads:
            if thread.ident is not None:
                thread.join(max(deadline - monotonic(), 0))

    def _run(self) -> None:
        while not self._stopped.is_set():
            try:
                with hold(self._lock) as is_ours:
                    while is_ours and not self._stopped.wait(LOOK_SECONDS):
                        self._look_around()
            except Exception:  # the edge of this thread, which must go on
                log.exception("log streams could not be delivered, it will be tried again")
            self._stopped.wait(RIVAL_SECONDS)

    def _look_around(self) -> None:
        streams = list(self._active())
        known = {stream.id for _, stream in streams}
        self._turns = {id: turn for id, turn in self._turns.items() if id in known or not turn.is_free}
        running = sum(turn.thread is not None and turn.thread.is_alive() for turn in self._turns.values())
        for tenant_id, stream in streams:
            turn = self._turns.setdefault(stream.id, _Turn())
            if running < AT_ONCE_MAX and turn.is_free and self._has_more(tenant_id, stream, turn):
                turn.thread = Thread(target=self._deliver, args=(tenant_id, stream, turn), daemon=True)
                turn.thread.start()
                running += 1

    def _active(self) -> Iterator[tuple[str, LogStream]]:
        for state in self._states():
            for stream in state.log_streams:
                if stream.status is StreamStatus.ACTIVE:
                    yield state.tenant.id, stream

    def _has_more(self, tenant_id: str, stream: LogStream, turn: _Turn) -> bool:
        try:
            return self._delivery.has_more(tenant_id, stream)
        except (OSError, sqlite3.Error, EventsDamagedError) as error:
            self._wait(turn, None)
            log.warning("log stream %s can't be read, it will be tried again: %s", stream.id, error)
            return False

    def _deliver(self, tenant_id: str, stream: LogStream, turn: _Turn) -> None:
        """Deliver until there is no more, the stream has changed, or it fails."""
        try:
            while not self._stopped.is_set() and (tenant_id, stream) in self._active():
                if not self._delivery.advance(tenant_id, stream):
                    break
                turn.failures = 0
        except NotTakenError as error:
            self._wait(turn, error.retry_after)
            log.warning("log stream %s: %s; it will be tried again", stream.id, error.problem)
            self._suspend_at_last(tenant_id, stream, error.problem)
        except (OSError, sqlite3.Error, EventsDamagedError) as error:
            self._wait(turn, None)
            log.warning("log stream %s could not be delivered, it will be tried again: %s", stream.id, error)
        except Exception:  # the edge of this thread: the next try is made by another
            self._wait(turn, None)
            log.exception("log stream %s could not be delivered, it will be tried again", stream.id)

    def _wait(self, turn: _Turn, retry_after: float | None) -> None:
        seconds = min(FIRST_RETRY_SECONDS * 2 ** min(turn.failures, 16), LONGEST_RETRY_SECONDS)
        turn.failures += 1
        turn.due_at = monotonic() + max(seconds, retry_after or 0.0)

    def _suspend_at_last(self, tenant_id: str, stream: LogStream, problem: str) -> None:
        since = self._delivery.progress.get(stream.id).failing_since
        if since is None or self._delivery.clock.now() - since < SUSPEND_AFTER:
            return
        try:
            self._suspend(tenant_id, stream, f"{problem}, since {since:%Y-%m-%d %H:%M} UTC")
        except StoreUnavailableError as error:
            log.warning("log stream %s could not be suspended: %s", stream.id, error)
        else:
            log.error("log stream %s is suspended: %s", stream.id, problem)
