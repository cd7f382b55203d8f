"""The envelope around every route: bodies, headers, errors, log lines."""

import asyncio
import json
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import pytest

from signpost.edge import asgi
from signpost.edge.asgi import App, Envelope, Lifespan, Message, Receive, Scope, Send, authorization_of
from signpost.edge.logs import JsonLines
from signpost.model.limits import BODY_BYTES_MAX
from tests.unit.edge.conftest import House


@dataclass
class Reply:
    """What came back."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def error(self) -> dict[str, Any]:
        value: dict[str, Any] = json.loads(self.body)
        return value


async def read_all(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer with the length of the body."""
    length = 0
    while True:
        message = await receive()
        length += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(length).encode()})


async def break_down(scope: Scope, receive: Receive, send: Send) -> None:
    raise RuntimeError("the password is hunter2")


def scope_of(*headers: tuple[bytes, bytes], path: str = "/x") -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": path,
        "query_string": b"secret=1",
        "headers": list(headers),
        "client": ("192.0.2.1", 5),
    }


def ask(app: App, house: House, scope: Scope, chunks: Iterable[bytes] = (b"",), *, never_ends: bool = False) -> Reply:
    """Send a request through the envelope."""
    reply = Reply()
    parts = list(chunks)

    async def receive() -> Message:
        if not parts:
            await asyncio.Event().wait()
        body = parts.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(parts) or never_ends}

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            assert not reply.status, "two replies"
            reply.status = message["status"]
            reply.headers = {name.decode(): value.decode("latin-1") for name, value in message["headers"]}
        else:
            reply.body += message.get("body", b"")

    asyncio.run(_run(Envelope(app, house.gate(100)), scope, receive, send))
    return reply


async def _run(app: App, scope: Scope, receive: Receive, send: Send) -> None:
    await app(scope, receive, send)


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """The log as its lines read."""
    caplog.set_level(logging.INFO, logger="signpost.http")
    return lambda: [json.loads(JsonLines().format(record)) for record in caplog.records]


def test_a_body_at_the_limit_is_read(house: House) -> None:
    reply = ask(read_all, house, scope_of(), [b"x" * (BODY_BYTES_MAX // 2)] * 2)

    assert (reply.status, reply.body) == (200, str(BODY_BYTES_MAX).encode())


@pytest.mark.parametrize(
    ("headers", "chunks"),
    [
        ([(b"content-length", str(BODY_BYTES_MAX + 1).encode())], [b""]),
        ([(b"content-length", b"1e9")], [b""]),
        ([], [b"x" * BODY_BYTES_MAX, b"x"]),
        ([(b"content-length", b"5")], [b"x" * (BODY_BYTES_MAX + 1)]),
    ],
    ids=["declared", "declared as nonsense", "in chunks", "more than declared"],
)
def test_a_body_past_the_limit_is_refused(
    house: House, headers: list[tuple[bytes, bytes]], chunks: list[bytes]
) -> None:
    reply = ask(read_all, house, scope_of(*headers), chunks)

    assert reply.status == 413
    assert reply.error == {
        "statusCode": 413,
        "error": "Request Entity Too Large",
        "message": "The body is over 1,048,576 bytes.",
        "errorCode": "payload_too_large",
    }
    assert reply.headers["connection"] == "close"
    assert reply.headers["content-type"] == "application/json; charset=utf-8"


def test_a_body_that_drips_is_given_up(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS_MAX", 0.01)

    reply = ask(read_all, house, scope_of(), [b"x"], never_ends=True)

    assert (reply.status, reply.error["errorCode"]) == (408, "request_timeout")


def test_waiting_for_the_caller_to_go_has_no_time_limit(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asgi, "BODY_SECONDS_MAX", 0.01)

    async def listen_and_answer(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        listening = asyncio.ensure_future(receive())
        await asyncio.sleep(0.05)
        assert not listening.done()
        listening.cancel()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    assert ask(listen_and_answer, house, scope_of()).status == 200


def test_an_error_tells_nothing_but_an_id_that_is_in_the_log(
    house: House, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    reply = ask(break_down, house, scope_of())

    request_id = reply.headers["x-request-id"]
    assert reply.status == 500
    assert reply.error["errorCode"] == "internal_error"
    assert request_id in reply.error["message"]
    assert b"hunter2" not in reply.body
    error = next(line for line in lines() if line["level"] == "error")
    assert error["request_id"] == request_id
    assert "RuntimeError" in error["exception"]


def test_an_error_after_the_reply_began_sends_no_second_one(house: House) -> None:
    async def break_late(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise RuntimeError

    assert ask(break_late, house, scope_of()).status == 200


@pytest.mark.parametrize("app", [read_all, break_down])
def test_every_reply_has_the_headers_of_the_limit(house: House, app: App) -> None:
    headers = ask(app, house, scope_of()).headers

    assert headers["x-ratelimit-limit"] == "100"
    assert headers["x-ratelimit-remaining"] == "99"
    assert int(headers["x-ratelimit-reset"]) % 60 == 0


@pytest.mark.parametrize(
    ("sent", "comes_back"),
    [("abc-1", True), ("x" * 64, True), ("x" * 65, False), ("", False), ("a\tb", False), ("a\x7fb", False)],
)
def test_a_correlation_id_comes_back_when_it_is_one(house: House, sent: str, comes_back: bool) -> None:
    headers = ask(read_all, house, scope_of((b"x-correlation-id", sent.encode()))).headers

    assert headers.get("x-correlation-id") == (sent if comes_back else None)


def test_a_request_is_a_line_without_anything_secret(house: House, lines: Callable[[], list[dict[str, Any]]]) -> None:
    reply = ask(
        read_all,
        house,
        scope_of((b"authorization", b"Bearer token-1"), (b"x-correlation-id", b"corr-1"), path="/" + "p" * 1000),
        [b"body-1"],
    )

    (line,) = lines()
    assert line.pop("at").endswith("Z")
    assert line.pop("ms") >= 0
    assert line == {
        "level": "info",
        "logger": "signpost.http",
        "message": "request",
        "request_id": reply.headers["x-request-id"],
        "correlation_id": "corr-1",
        "method": "POST",
        "path": "/" + "p" * 255,
        "status": 200,
    }


def test_two_hosts_are_refused(house: House) -> None:
    reply = ask(read_all, house, scope_of((b"host", b"tenant-1.example"), (b"host", b"tenant-2.example")))

    assert (reply.status, reply.error["errorCode"]) == (400, "invalid_host")


def test_two_authorizations_are_as_bad_as_a_wrong_one(house: House) -> None:
    token = f"Bearer {house.token()}"
    once, twice = [(b"authorization", token.encode())], [(b"authorization", token.encode())] * 2

    assert authorization_of(scope_of()) is None
    assert authorization_of(scope_of(*once)) == token
    assert house.gate().admit_known("tenant-1.example", authorization_of(scope_of(*twice)), "x") is None


def test_start_and_stop_happen_around_the_requests() -> None:
    steps = run_lifespan(started=lambda: None)

    assert steps == ["start", "lifespan.startup.complete", "stop", "lifespan.shutdown.complete"]


def test_a_failing_start_is_said() -> None:
    def fail() -> None:
        raise OSError("no disk")

    steps = run_lifespan(started=fail)

    assert steps == ["start", "lifespan.startup.failed"]


def run_lifespan(started: Callable[[], None]) -> list[str]:
    steps: list[str] = []

    def start() -> None:
        steps.append("start")
        started()

    async def receive() -> Message:
        return {"type": "lifespan.startup"}

    async def send(message: Message) -> None:
        steps.append(message["type"])

    asyncio.run(_run(Lifespan(read_all, start, lambda: steps.append("stop")), {"type": "lifespan"}, receive, send))
    return steps
