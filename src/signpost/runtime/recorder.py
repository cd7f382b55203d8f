"""Records exposures before decisions are answered: everything that is waiting goes into one durable commit."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress
from functools import partial

from signpost.ports.events import Event, EventSink

_log = logging.getLogger(__name__)

SECONDS_MAX = 2.0
"""How long a sign-in waits for its exposure to be durable, at least; after twice that, the baseline is the answer."""
GATHER_SECONDS_EACH = 0.000_05
"""How long the first of a batch waits for each of the others that are expected: about as long as it takes to decide."""
GATHER_SECONDS_MAX = 0.004
"""How long it waits for all of them at most."""
COMPANY_MIN = 5
"""Where fewer are expected, nobody waits for them."""

Waiter = asyncio.Future[bool]


class Recorder:
    """Collects the events of one event loop and hands them to the sink, one batch at a time.

    While a batch is being committed the next one gathers, so the busier the server, the larger the batches; and a commit
    wakes the loop once, however many wait for it. As many are expected in a batch as were under way when the last one was
    done: a commit costs as much as deciding for several, too much for the few that happened to come in between. Not for use
    by other threads than the loop's.
    """

    def __init__(self, sink: EventSink, seconds_max: float = SECONDS_MAX) -> None:
        self._sink = sink
        self._seconds_max = seconds_max
        self._gathered: list[Event] = []
        self._waiting: list[Waiter] = []
        self._committing: tuple[Future[int], list[Waiter]] | None = None
        self._seen: Future[int] | None = None
        self._due: asyncio.Handle | None = None
        self._is_stuck = False
        self._is_watched = False
        self._expected = 0
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
        if self._committing is None:
            self._commit_soon(loop)
        return waiter

    def _commit_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        """Commit when those that are expected are there, or have been waited for."""
        if self._expected < COMPANY_MIN:
            self._due = self._due or loop.call_soon(self._commit, loop)
        elif len(self._waiting) < self._expected:
            seconds = min(self._expected * GATHER_SECONDS_EACH, GATHER_SECONDS_MAX)
            self._due = self._due or loop.call_later(seconds, self._commit, loop)
        else:
            self._commit(loop)

    def _commit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over what has gathered."""
        if self._due is not None:
            self._due.cancel()
            self._due = None
        events, self._gathered = self._gathered, []
        waiters, self._waiting = self._waiting, []
        done = self._sink.append(events)
        self._committing = done, waiters
        if not self._is_watched:
            self._is_watched = True
            loop.call_later(self._seconds_max, self._look, loop)
        done.add_done_callback(partial(self._wake, loop, waiters))

    def _wake(self, loop: asyncio.AbstractEventLoop, waiters: list[Waiter], done: "Future[int]") -> None:
        """Go on on the loop; called on the thread that has committed."""
        with suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(self._finish, loop, waiters, done)

    def _finish(self, loop: asyncio.AbstractEventLoop, waiters: list[Waiter], done: "Future[int]") -> None:
        self._committing = None
        self._is_stuck = False
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.error("%d decisions could not be recorded, the answer is the baseline: %s", len(waiters), error)
        self._answer(waiters, is_durable=error is None and not done.cancelled())
        self._expected = len(waiters) + len(self._waiting)
        if self._waiting:
            self._commit_soon(loop)

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
        waiting = [waiter for waiter in waiters if not waiter.done()]
        for waiter in waiting:
            waiter.set_result(is_durable)
        if not is_durable:
            self._unrecorded += len(waiting)
