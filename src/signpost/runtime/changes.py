"""Waiting for a tenant's configuration to change."""

import asyncio
from collections.abc import Callable

from signpost.usecases.catalog import TenantState

LOOK_SECONDS = 0.1

Find = Callable[[str | None], TenantState | None]
"""Returns the present state of the tenant that a host belongs to."""


class Changes:
    """Wakes those who wait. One look every now and then serves them all, however many there are."""

    def __init__(self, find: Find, look_seconds: float = LOOK_SECONDS) -> None:
        self._find = find
        self._look_seconds = look_seconds
        self._waiting: dict[asyncio.Future[TenantState], tuple[str | None, int]] = {}
        self._is_looking = False
        self.is_over = False

    async def after(self, host: str | None, state: TenantState, seconds: float) -> TenantState:
        """Return the tenant's state as soon as its revision is another one, or as it is after so many seconds."""
        if self.is_over:
            return self._find(host) or state
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[TenantState] = loop.create_future()
        self._waiting[waiter] = host, state.revision
        self._look(loop)
        try:
            async with asyncio.timeout(seconds):
                return await waiter
        except TimeoutError:
            return self._find(host) or state
        finally:
            self._waiting.pop(waiter, None)

    def end(self) -> None:
        """Wake everybody, and let nobody wait any more: the server stops."""
        self.is_over = True
        for waiter, (host, _) in self._waiting.items():
            state = self._find(host)
            if state is not None and not waiter.done():
                waiter.set_result(state)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        for waiter, (host, revision) in self._waiting.items():
            state = self._find(host)
            if state is not None and state.revision != revision and not waiter.done():
                waiter.set_result(state)
        if not self._is_looking:
            self._is_looking = True
            loop.call_later(self._look_seconds, self._look_again, loop)

    def _look_again(self, loop: asyncio.AbstractEventLoop) -> None:
        self._is_looking = False
        if self._waiting:
            self._look(loop)
