"""What comes before the body, on a real connection."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import uvicorn
from uvicorn.server import ServerState

from signpost.edge import protocol
from signpost.edge.asgi import App, Receive, Scope, Send
from signpost.edge.protocol import HEAD_BYTES_MAX, LimitedProtocol
from signpost.edge.whole import whole_of
from signpost.model.limits import BODY_BYTES_MAX

REFUSED = b"HTTP/1.1 400 Bad Request"
HEAD = b"GET / HTTP/1.1\r\nHost: x\r\n"


async def answer(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})


Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[bytes]]


def converse(talk: Talk, app: App = answer) -> bytes:
    """Return what the conversation with a server ends in."""

    async def run() -> bytes:
        configuration = uvicorn.Config(app, http=LimitedProtocol, lifespan="off", log_config=None, access_log=False)
        configuration.load()
        loop = asyncio.get_running_loop()
        state = ServerState()
        state.default_headers = [(b"date", b"today")]
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


async def repeat(scope: Scope, receive: Receive, send: Send) -> None:
    """Say the body, and whether it and the reply went in one piece."""
    whole = whole_of(scope)
    body = whole.take_body(scope)
    said = b"parts" if body is None else b"whole"
    if body is None:
        message = await receive()
        body = message["body"]
        while message["more_body"]:
            message = await receive()
            body += message["body"]
    reply = said + b" " + body[:99]
    if not whole.reply(scope, b"x-reply: whole\r\n", reply):
        headers = [(b"x-reply", b"parts"), (b"content-length", b"%d" % len(reply))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": reply})


def post(body: bytes, *lines: bytes, version: bytes = b"1.1") -> bytes:
    said = b"".join(b"%b\r\n" % line for line in (b"Host: x", b"Content-Length: %d" % len(body), *lines))
    return b"POST / HTTP/%b\r\n%b\r\n%b" % (version, said, body)


def test_a_body_and_a_reply_can_be_had_in_one_piece() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(b"one"))
        await reader.readuntil(b"whole one")
        writer.write(post(b"two", b"Connection: close"))
        return await reader.read()

    assert converse(talk, repeat).endswith(b"\r\nconnection: close\r\n\r\nwhole two")


def test_a_reply_in_one_piece_has_the_lines_of_all_replies_its_own_and_its_length() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(b"one"))
        return await reader.readuntil(b"whole one")

    lines = b"date: today\r\nx-reply: whole\r\ncontent-length: 9\r\n"
    assert converse(talk, repeat) == b"HTTP/1.1 200 OK\r\n" + lines + b"\r\nwhole one"


@pytest.mark.parametrize(
    "request_", [post(b"one", b"Connection: close"), post(b"one", version=b"1.0")], ids=["close", "1.0"]
)
def test_a_connection_that_is_to_end_is_left_to_asgi(request_: bytes) -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(request_)
        return await reader.read()

    reply = converse(talk, repeat)

    assert b"\r\nx-reply: parts\r\n" in reply
    assert reply.endswith(b"\r\nconnection: close\r\n\r\nwhole one")


def test_a_body_that_is_not_there_yet_is_left_to_asgi() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        request = post(b"one", b"Expect: 100-continue")
        writer.write(request[:-3])
        await reader.readuntil(b"HTTP/1.1 100 Continue\r\n\r\n")
        writer.write(request[-3:])
        return await reader.readuntil(b" one")

    assert converse(talk, repeat).endswith(b"parts one")


def test_who_waits_to_be_told_to_go_on_is_told_so_even_if_the_body_is_there() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(b"one", b"Expect: 100-continue"))
        return await reader.readuntil(b" one")

    reply = converse(talk, repeat)

    assert reply.startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert reply.endswith(b"parts one")


def test_a_body_over_the_limit_is_not_taken_in_one_piece() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(b"y" * (BODY_BYTES_MAX + 1)))
        return await reader.readuntil(b" " + b"y" * 99)

    assert b"\r\n\r\nparts y" in converse(talk, repeat)


def test_requests_that_come_at_once_are_answered_in_their_order() -> None:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        writer.write(post(b"one") + post(b"two") + post(b"end"))
        return await reader.readuntil(b" end")

    replies = converse(talk, repeat)

    assert [part[-3:] for part in replies.split(b"HTTP/1.1 200 OK")[1:]] == [b"one", b"two", b"end"]


def test_without_the_extension_everything_is_left_to_asgi() -> None:
    whole = whole_of({"type": "http"})

    assert whole.take_body({}) is None
    assert not whole.reply({}, b"", b"")
