"""Records exposures before decisions are answered: everything that is waiting goes into one durable commit."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress

from signpost.ports.events import Event, EventSink

_log = logging.getLogger(__name__)

SECONDS_MAX = 2.0
"""How long a sign-in waits for its exposure to be durable, at least; after twice that, the baseline is the answer."""
COMPANY_MIN = 5
GATHER_SECONDS = 0.001
"""How long the first of a batch waits for others, when there were at least so many in the batch before."""

Waiter = asyncio.Future[bool]


class Recorder:
    """Collects the events of one event loop and hands them to the sink, one batch at a time.

    While a batch is being committed the next one gathers, so the busier the server, the larger the batches; and a commit
    wakes the loop once, however many wait for it. Not for use by other threads than the loop's.
    """

    def __init__(self, sink: EventSink, seconds_max: float = SECONDS_MAX) -> None:
        self._sink = sink
        self._seconds_max = seconds_max
        self._gathered: list[Event] = []
        self._waiting: list[Waiter] = []
        self._committing: tuple[Future[int], list[Waiter]] | None = None
        self._seen: Future[int] | None = None
        self._is_scheduled = False
        self._is_stuck = False
        self._is_watched = False
        self._company = 0
        self._unrecorded = 0

    @property
    def unrecorded(self) -> int:
        """How many decisions could not be recorded so far."""
        return self._unrecorded

    def record(self, events: Sequence[Event]) -> Waiter:
        """Return a future that says whether the events are durable now."""
        loop = asyncio.get_running_loop()
        waiter: Waiter = loop.create_future()
        if self._is_stuck:
            self._answer([waiter], is_durable=False)
            return waiter
        self._gathered += events
        self._waiting.append(waiter)
        if not self._is_scheduled:
            self._is_scheduled = True
            if self._company < COMPANY_MIN:
                loop.call_soon(self._commit, loop)
            else:
                loop.call_later(GATHER_SECONDS, self._commit, loop)
        return waiter

    def _commit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over what has gathered. Runs again when it is done, as long as there is something."""
        events, self._gathered = self._gathered, []
        waiters, self._waiting = self._waiting, []
        done = self._sink.append(events)
        self._committing = done, waiters
        self._company = len(waiters)
        if not self._is_watched:
            self._is_watched = True
            loop.call_later(self._seconds_max, self._look, loop)

        def wake(_: "Future[int]") -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._finish, loop, done, waiters)

        done.add_done_callback(wake)

    def _finish(self, loop: asyncio.AbstractEventLoop, done: "Future[int]", waiters: list[Waiter]) -> None:
        self._committing = None
        self._is_stuck = False
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.error("%d decisions could not be recorded, the answer is the baseline: %s", len(waiters), error)
        self._answer(waiters, is_durable=error is None and not done.cancelled())
        if self._gathered:
            self._commit(loop)
        else:
            self._is_scheduled = False

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        """Look every now and then whether a batch is still being committed that was so at the last look."""
        self._is_watched = False
        if self._committing is None:
            return
        done, waiters = self._committing
        if done is self._seen and not self._is_stuck:
            self._give_up(done, waiters)
        self._seen = done
        self._is_watched = True
        loop.call_later(self._seconds_max, self._look, loop)

    def _give_up(self, done: "Future[int]", waiters: list[Waiter]) -> None:
        """Stop waiting for a disk that hangs, with this batch and with all that come until it is done.

        What the writer has begun can't be taken back: should it succeed yet, exposures are kept of sign-ins that saw the
        baseline.
        """
        self._is_stuck = True
        waiters = [*waiters, *self._waiting]
        self._gathered, self._waiting = [], []
        _log.error("%d decisions were not recorded for too long, the answer is the baseline", len(waiters))
        self._answer(waiters, is_durable=False)
        done.cancel()

    def _answer(self, waiters: list[Waiter], *, is_durable: bool) -> None:
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(is_durable)
                self._unrecorded += not is_durable
