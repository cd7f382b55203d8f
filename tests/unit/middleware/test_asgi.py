"""The door of ASGI, message by message."""

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Mount, Route

from signpost.middleware.asgi import App, Message, Receive, Scope, Send, SignpostMiddleware
from tests.unit.client.conftest import TWO
from tests.unit.middleware.arriving import client, known, settings

Pairs = list[tuple[bytes, bytes]]


def http(path: str = "/login", headers: Iterable[tuple[bytes, bytes]] = (), **changes: Any) -> Scope:
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": list(headers)}
    return {**scope, **changes}


async def receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


def exchange(app: App, scope: Scope) -> list[Message]:
    """Return what the application sends."""
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def run() -> None:
        await app(scope, receive, send)

    asyncio.run(run())
    return sent


def headers_of(sent: list[Message]) -> Pairs:
    return [pair for message in sent if message["type"] == "http.response.start" for pair in message["headers"]]


def named(name: bytes, pairs: Pairs) -> list[bytes]:
    return [value for other, value in pairs if other == name]


async def show(request: Request) -> Response:
    return PlainTextResponse(str(request.state.experiment.config.get("title")))


async def refuse(request: Request) -> Response:
    raise HTTPException(403, request.state.experiment.variation_name)


async def break_down(request: Request) -> Response:
    raise RuntimeError(request.state.experiment.variation_name)


ROUTES = [Route("/login", show), Route("/login/refused", refuse), Route("/login/broken", break_down)]


def starlette(**changes: Any) -> App:
    middleware = [Middleware(SignpostMiddleware, settings(**{"client": client()} | changes))]
    return Starlette(routes=ROUTES, middleware=middleware)


def test_a_response_for_one_device_says_so() -> None:
    sent = headers_of(exchange(starlette(), http()))

    assert named(b"set-cookie", sent)[0].startswith(b"__Host-signpost_device=1.")
    assert named(b"cache-control", sent) == [b"private"]
    assert named(b"vary", sent) == [b"Cookie"]


def test_a_known_device_gets_no_cookie_whatever_the_number_of_headers() -> None:
    kept: list[Any] = []
    device_id, cookie = known()

    sent = headers_of(
        exchange(starlette(client=client(kept)), http(headers=[(b"cookie", b"a=b"), (b"cookie", cookie.encode())]))
    )

    assert named(b"set-cookie", sent) == []
    assert named(b"cache-control", sent) == [b"private"]
    assert [decision.unit for decision in kept] == [device_id]


@pytest.mark.parametrize(
    "scope", [http("/nowhere"), http(method="OPTIONS"), http(method="POST")], ids=["no page", "OPTIONS", "POST"]
)
def test_where_nothing_is_asked_nothing_is_added(scope: Scope) -> None:
    sent = exchange(starlette(), scope)

    assert sent == exchange(Starlette(routes=ROUTES), http(scope["path"], method=scope["method"]))


def test_a_refusal_carries_the_cookie() -> None:
    sent = exchange(starlette(), http("/login/refused"))

    assert sent[0]["status"] == 403
    assert len(named(b"set-cookie", headers_of(sent))) == 1


def test_the_application_s_exceptions_are_its_own() -> None:
    with pytest.raises(RuntimeError, match="variation-"):
        exchange(starlette(), http("/login/broken"))


def test_around_the_whole_application_a_breakdown_carries_the_cookie_too() -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    app = SignpostMiddleware(Starlette(routes=ROUTES), settings(client()))
    with pytest.raises(RuntimeError):
        asyncio.run(app(http("/login/broken"), receive, send))

    assert sent[0]["status"] == 500
    assert len(named(b"set-cookie", headers_of(sent))) == 1


def test_a_mounted_application_knows_its_own_paths() -> None:
    app = Starlette(routes=[Mount("/tenants/acme", starlette())])

    assert named(b"set-cookie", headers_of(exchange(app, http("/tenants/acme/login"))))


@pytest.mark.parametrize("kind", ["websocket", "lifespan"])
def test_what_is_no_request_passes_untouched(kind: str) -> None:
    seen: list[object] = []

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        seen.extend((scope, receive, send))

    async def send(_: Message) -> None: ...

    scope: Scope = {"type": kind}
    asyncio.run(SignpostMiddleware(app, settings(client()))(scope, receive, send))

    assert scope == {"type": kind}
    assert [id(part) for part in seen] == [id(scope), id(receive), id(send)]


def test_every_other_message_passes_as_it_is() -> None:
    messages: list[Message] = [
        {"type": "http.response.debug", "info": {}},
        {"type": "http.response.start", "status": 200, "headers": iter([(b"x-a", b"\xe9")]), "trailers": True},
        {"type": "http.response.body", "body": b"a", "more_body": True},
        {"type": "http.response.body", "body": b"b", "more_body": False},
        {"type": "http.response.trailers", "headers": []},
    ]

    async def app(scope: Scope, _: Receive, send: Send) -> None:
        assert scope["state"]["experiment"].config
        for message in messages:
            await send(message)

    sent = exchange(SignpostMiddleware(app, settings(client())), http())

    assert [id(message) for message in sent[2:]] == [id(message) for message in messages[2:]]
    assert sent[0] is messages[0]
    assert sent[1]["trailers"] is True
    assert sent[1]["headers"][0] == (b"x-a", b"\xe9")


def test_the_query_is_not_looked_at_unless_it_may_force_something() -> None:
    scope = http(query_string=b"variation_id=" + TWO.id.encode())

    seen = {exchange(starlette(), scope)[1]["body"] for _ in range(50)}

    assert seen == {b"Sign in", b"Welcome back"}
