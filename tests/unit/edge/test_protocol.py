"""What comes before the body, on a real connection."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from uvicorn.server import ServerState

from signpost.edge import protocol
from signpost.edge.asgi import Receive, Scope, Send
from signpost.edge.protocol import HEAD_BYTES_MAX, LimitedProtocol

REFUSED = b"HTTP/1.1 400 Bad Request"
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def converse(talk: Talk) -> bytes:
    """Return what the conversation with a server ends in."""

    async def run() -> bytes:
        configuration = uvicorn.Config(answer, http=LimitedProtocol, lifespan="off", log_config=None)
        configuration.load()
        loop = asyncio.get_running_loop()
        state = ServerState()
        server = await loop.create_server(lambda: LimitedProtocol(configuration, state, {}, loop), "127.0.0.1", 0)
        async with server:
            reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
            try:
                return await talk(reader, writer)
            finally:
                writer.close()

    return asyncio.run(run())


async def read_reply(reader: asyncio.StreamReader) -> bytes:
    return await reader.readuntil(b"\r\n\r\n")


def test_a_request_is_answered_and_so_is_the_next() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(HEAD + b"\r\n")
        await read_reply(reader)
        writer.write(HEAD + b"\r\n")
        return await read_reply(reader)

    assert converse(talk).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("endless", [b"x-a: ", b"", b"GET /"], ids=["one header", "many headers", "path"])
def test_a_head_without_end_is_given_up(endless: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(endless if endless.startswith(b"GET") else HEAD + endless)
        part = b"y" * 999 if endless else b"x-a: y\r\n" * 125
        reading = asyncio.ensure_future(reader.read())
        sent = 0
        while not reading.done():
            writer.write(part)
            sent += len(part)
            await asyncio.sleep(0)
            assert sent < 100 * HEAD_BYTES_MAX
        try:
            return await reading
        except ConnectionError:  # what was still on its way was met by a closed door
            return REFUSED

    assert converse(talk).startswith(REFUSED)


def test_a_long_head_within_the_limit_is_read() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        head = HEAD + b"x-a: " + b"y" * (HEAD_BYTES_MAX // 2) + b"\r\n\r\n"
        writer.write(head + head)
        await read_reply(reader)
        await read_reply(reader)
        writer.write(head)
        return await read_reply(reader)

    assert converse(talk).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize("begun", [b"", b"GET / HTT", HEAD], ids=["nothing", "a line", "a header"])
def test_a_head_that_does_not_end_is_not_waited_for(monkeypatch: pytest.MonkeyPatch, begun: bytes) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.02)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(begun)
        return await reader.read()

    assert converse(talk) == b""


def test_a_body_that_takes_its_time_is_not_given_up_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.01)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n")
        await read_reply(reader)
        await asyncio.sleep(0.05)
        writer.write(b"ab" + HEAD + b"\r\n")
        return await read_reply(reader)

    assert converse(talk).startswith(b"HTTP/1.1 200 OK")
