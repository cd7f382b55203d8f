"""Records exposures before decisions are answered: everything that is waiting goes into one durable commit."""

import asyncio
import logging
from collections.abc import Sequence
from concurrent.futures import Future
from contextlib import suppress

from signpost.ports.events import Event, EventSink

_log = logging.getLogger(__name__)

SECONDS_MAX = 2.0
"""How long a sign-in waits for its exposure to be durable; then the baseline is the answer."""


class Recorder:
    """Collects the events of one event loop and hands them to the sink, one batch at a time.

    While a batch is being committed the next one gathers, so the busier the server, the larger the batches; and a commit
    wakes the loop once, however many wait for it. Not for use by other threads than the loop's.
    """

    def __init__(self, sink: EventSink) -> None:
        self._sink = sink
        self._gathered: list[Event] = []
        self._waiting: list[asyncio.Future[bool]] = []
        self._is_scheduled = False
        self._is_stuck = False
        self._unrecorded = 0

    @property
    def unrecorded(self) -> int:
        """How many decisions could not be recorded so far."""
        return self._unrecorded

    def record(self, events: Sequence[Event]) -> "asyncio.Future[bool]":
        """Return a future that says whether the events are durable now."""
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[bool] = loop.create_future()
        if self._is_stuck:
            self._answer([waiter], is_durable=False)
            return waiter
        self._gathered += events
        self._waiting.append(waiter)
        if not self._is_scheduled:
            self._is_scheduled = True
            loop.call_soon(self._commit, loop)
        return waiter

    def _commit(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hand over what has gathered. Runs again when it is done, as long as there is something."""
        events, self._gathered = self._gathered, []
        waiters, self._waiting = self._waiting, []
        done = self._sink.append(events)
        deadline = loop.call_later(SECONDS_MAX, self._give_up, done, waiters)

        def wake(finished: "Future[int]") -> None:
            with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(self._finish, loop, finished, waiters, deadline)

        done.add_done_callback(wake)

    def _finish(
        self,
        loop: asyncio.AbstractEventLoop,
        done: "Future[int]",
        waiters: list["asyncio.Future[bool]"],
        deadline: asyncio.TimerHandle,
    ) -> None:
        deadline.cancel()
        self._is_stuck = False
        error = None if done.cancelled() else done.exception()
        if error is not None:
            _log.error(
                "%d decisions could not be recorded and were answered with the baseline: %s", len(waiters), error
            )
        self._answer(waiters, is_durable=error is None and not done.cancelled())
        if self._gathered:
            self._commit(loop)
        else:
            self._is_scheduled = False

    def _give_up(self, done: "Future[int]", waiters: list["asyncio.Future[bool]"]) -> None:
        """Stop waiting for a disk that hangs, with this batch and with all that come until it is done.

        What the writer has begun can't be taken back: should it succeed yet, exposures are kept of sign-ins that saw the baseline.
        """
        self._is_stuck = True
        waiters = [*waiters, *self._waiting]
        self._gathered, self._waiting = [], []
        _log.error("%d decisions were not recorded within %s s: the answer is the baseline", len(waiters), SECONDS_MAX)
        self._answer(waiters, is_durable=False)
        done.cancel()

    def _answer(self, waiters: list["asyncio.Future[bool]"], *, is_durable: bool) -> None:
        for waiter in waiters:
            if not waiter.done():
                waiter.set_result(is_durable)
                self._unrecorded += not is_durable
