"""Who shares a commit with whom."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import Future

import pytest

from signpost.ports.events import Event
from signpost.runtime.recorder import COMPANY_MIN, Recorder

EVENT = Event("ten_1", "s", 0, b"{}")
MANY = COMPANY_MIN + 1


class HeldEvents:
    """Commits when it is told to."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.second = asyncio.Event()
        self._futures: list[Future[int]] = []

    def append(self, events: Sequence[Event]) -> "Future[int]":
        self.sizes.append(len(events))
        self._futures.append(Future())
        if len(self.sizes) == 2:
            self.second.set()
        return self._futures[-1]

    def close(self) -> None:
        raise NotImplementedError

    def commit(self) -> None:
        self._futures.pop().set_result(self.sizes[-1])


@pytest.fixture
def sink() -> HeldEvents:
    return HeldEvents()


async def record_many(recorder: Recorder, sink: HeldEvents) -> None:
    """Record many at once; give one that came while they were committed no company yet."""
    waiting = [recorder.record((EVENT,)) for _ in range(MANY)]
    await asyncio.sleep(0)
    recorder.record((EVENT,))
    sink.commit()
    await asyncio.gather(*waiting)


def test_who_is_alone_is_recorded_without_a_wait(sink: HeldEvents) -> None:
    async def run() -> bool:
        recorded = Recorder(sink).record((EVENT,))
        await asyncio.sleep(0)
        sink.commit()
        return await recorded

    assert asyncio.run(run())


def test_who_comes_while_many_are_committed_waits_until_as_many_are_there_again(sink: HeldEvents) -> None:
    async def run() -> None:
        recorder = Recorder(sink)
        await record_many(recorder, sink)
        assert sink.sizes == [MANY]
        for _ in range(MANY):
            recorder.record((EVENT,))

    asyncio.run(run())

    assert sink.sizes == [MANY, MANY + 1]


def test_those_who_do_not_come_are_not_waited_for_forever(sink: HeldEvents) -> None:
    async def run() -> None:
        await record_many(Recorder(sink), sink)
        await sink.second.wait()

    asyncio.run(run())

    assert sink.sizes == [MANY, 1]
