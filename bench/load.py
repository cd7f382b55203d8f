"""A load generator: keep-alive connections that each send the next request when the last one is answered."""

import asyncio
import time
from collections.abc import Iterator
from itertools import cycle
from typing import cast

import uvloop


class _Connection(asyncio.Protocol):
    def __init__(self, run: "_Run") -> None:
        self._run = run
        self._transport: asyncio.Transport | None = None
        self._missing = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.write(next(self._run.requests))

    def data_received(self, data: bytes) -> None:
        if self._missing:
            self._missing -= len(data)
        else:
            data = self._head + data
            end = data.find(b"\r\n\r\n")
            if end < 0:
                self._head = data
                return
            self._head = b""
            if not data.startswith(b"HTTP/1.1 200"):
                self._run.failure = data
                self._run.finish()
                return
            start = data.index(b"content-length: ") + 16
            self._missing = end + 4 + int(data[start : data.index(b"\r\n", start)]) - len(data)
        if not self._missing:
            self._run.answered += 1
            if self._transport is not None and not self._run.is_over:
                self._transport.write(next(self._run.requests))

    def connection_lost(self, _: Exception | None) -> None:
        self._run.finish()


class _Run:
    def __init__(self, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.answered = 0
        self.is_over = False
        self.failure = b""
        self.over = asyncio.Event()

    def finish(self) -> None:
        self.is_over = True
        self.over.set()


async def _drive(port: int, requests: list[bytes], connections: int, seconds: float) -> float:
    loop = asyncio.get_running_loop()
    run = _Run(cycle(requests))
    transports = [
        (await loop.create_connection(lambda: _Connection(run), "127.0.0.1", port))[0] for _ in range(connections)
    ]
    before, began = run.answered, time.perf_counter()
    loop.call_later(seconds, run.finish)
    await run.over.wait()
    rate = (run.answered - before) / (time.perf_counter() - began)
    for transport in transports:
        transport.close()
    if run.failure:
        raise RuntimeError(run.failure[:1_000].decode("latin-1"))
    return rate


def requests_per_second(port: int, requests: list[bytes], connections: int, seconds: float) -> float:
    """Drive the server on the port, the requests in turn over all connections; return the rate of good answers."""
    return uvloop.run(_drive(port, requests, connections, seconds))
