"""Exposures and events on their way to the server: queued by those who decide, sent by a thread of its own."""

import logging
import secrets
from collections import deque
from collections.abc import Callable, Collection, Mapping
from threading import Event, Thread
from typing import Any, TypeVar

import msgspec

from signpost.client.backoff import Backoff
from signpost.client.connections import EVENTS_PATH, EXPOSURES_PATH, Connection, RefusedError, UnavailableError
from signpost.client.decisions import Decision
from signpost.exchange.exposures import EXPOSURES_MAX, Exposure
from signpost.model.experiments import Strategy
from signpost.model.holdouts import HOLDOUT

SEND_SECONDS = 1.0
EVENT_BYTES_MAX = 64 * 1024

log = logging.getLogger("signpost.client")

T = TypeVar("T")

_encode = msgspec.json.Encoder().encode


Tracked = tuple[Mapping[str, Any], int]
"""An auth event, and when it happened in nanoseconds since the epoch."""


AskedBy = Callable[[str], Collection[str]]
"""Returns the attributes that an experiment's segments ask for."""


class Outbox:
    """Two queues and the thread that empties them. Whoever puts something in takes no lock, never waits, and keeps the bound.

    What was sent and not acknowledged is sent again, under the same ids, so that it counts once however often it arrives.
    """

    def __init__(self, connection: Connection, backoff: Backoff, asked_by: AskedBy) -> None:
        self.exposures: deque[Decision] = deque()
        self.events: deque[Tracked] = deque()
        self._connection = connection
        self._backoff = backoff
        self._asked_by = asked_by
        self._unsent: deque[tuple[str, bytes, int]] = deque()
        self._wake = Event()
        self._is_closing = False
        self._thread: Thread | None = None
        self._prefix = secrets.token_hex(8)
        self._number = 0
        self.sent = 0
        self.failed = 0

    @property
    def queued(self) -> int:
        """How many exposures and events wait."""
        return len(self.exposures) + len(self.events) + sum(count for _, _, count in self._unsent)

    def start(self) -> None:
        """Begin to send."""
        self._thread = Thread(target=self._run, name="signpost-outbox", daemon=True)
        self._thread.start()

    def close(self, seconds: float) -> None:
        """Send what is there, for so many seconds at most."""
        self._is_closing = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(seconds)
        left = self.queued
        if left:
            log.warning("%d exposures and events could not be sent before the end", left)

    def _run(self) -> None:
        wait = SEND_SECONDS
        while not self._is_closing:
            self._wake.wait(wait)
            self._wake.clear()
            wait = self.send_all()
        self.send_all()

    def send_all(self) -> float:
        """Send batch after batch as long as it goes well; return how long to wait before the next attempt."""
        while self.exposures or self.events or self._unsent:
            if not self._unsent:
                self._take(self.exposures, self._write_exposure, EXPOSURES_PATH)
                self._take(self.events, _write_event, EVENTS_PATH)
                continue
            path, lines, count = self._unsent[0]
            try:
                refused = self._connection.send(path, lines)
                self.sent += count - refused
                self.failed += refused
                if refused:
                    log.warning("%d of %d exposures or events were refused one by one", refused, count)
            except RefusedError as error:
                self.failed += count
                log.warning("%d exposures or events were refused: %s", count, error)
            except UnavailableError as error:
                log.info("exposures wait: %s", error)
                return self._backoff.after_failure(error.retry_after)
            except Exception:  # the edge of this thread, which must go on: a token may come from anywhere
                log.exception("exposures can't be sent")
                return self._backoff.after_failure()
            self._backoff.reset()
            self._unsent.popleft()
        return SEND_SECONDS

    def _take(self, queue: deque[T], write: Callable[[T, str], bytes], path: str) -> None:
        """Make a batch of what comes first in a queue; each line gets an id, which it keeps however often it is sent."""
        lines: list[bytes] = []
        while queue and len(lines) < EXPOSURES_MAX:
            self._number += 1
            try:
                lines.append(write(queue.popleft(), f"{self._prefix}-{self._number}"))
            except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
                self.failed += 1
                log.warning("an exposure or event can't be written: %s", error)
        if lines:
            self._unsent.append((path, b"\n".join(lines), len(lines)))

    def _write_exposure(self, decision: Decision, event_id: str) -> bytes:
        exposure = Exposure(
            id=event_id,
            unit=decision.unit,
            flow=decision.flow,
            experiment_id=decision.experiment_id or HOLDOUT,
            variation_id=decision.variation_id or HOLDOUT,
            segment_id=decision.segment_id,
            declined_by=decision.outcome.declined_by,
            reason=decision.reason,
            revision=decision.revision,
            split=decision.split,
            exposure=decision.exposure,
            date=decision.at_ns // 1_000_000,
            is_forced=decision.is_forced,
            session_id=decision.session_id,
            attributes=self._keep(decision) if decision.outcome.strategy is Strategy.SEGMENT else None,
        )
        return _encode(exposure)

    def _keep(self, decision: Decision) -> dict[str, str]:
        """Return what the experiment's segments ask for, and nothing else that is known of who asked."""
        context = decision.context
        asked = self._asked_by(decision.experiment_id or "")
        return {name: value for name in sorted(asked) if isinstance(value := context.get(name), str)}


def _write_event(item: Tracked, event_id: str) -> bytes:
    said, at_ns = item
    body = {"event_id": event_id, "date": at_ns // 1_000_000, **said}
    written = _encode({name: value for name, value in body.items() if value is not None})
    if len(written) > EVENT_BYTES_MAX:
        raise ValueError(f"an event is over {EVENT_BYTES_MAX:,} bytes")
    return written
