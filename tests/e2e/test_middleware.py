"""The middleware behind real servers: uvicorn with Starlette, wsgiref with Django, and a client that keeps cookies."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import httpx2
import pytest
import uvicorn
import websockets.sync.client
from django.core.handlers.wsgi import WSGIHandler
from django.test import override_settings
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from signpost import Client, Decision
from signpost.middleware import Settings
from signpost.middleware.asgi import App, SignpostMiddleware
from signpost.middleware.cookies import DeviceCookie
from tests.unit.client.conftest import configuration, halves
from tests.unit.middleware import django_site

KEY, OLD_KEY = "k" * 32, "o" * 32
NAME = "signpost_device"


async def show(request: Request) -> Response:
    return PlainTextResponse(str(request.state.experiment.variation_name))


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text(await socket.receive_text())
    await socket.close()


class Site:
    """A Starlette application with a page that goes on when it is told to."""

    def __init__(self) -> None:
        self.kept: list[Decision] = []
        self.go_on = threading.Event()
        client = Client.from_configuration(configuration(halves()), self.kept)
        settings = Settings(client=client, cookie_keys=[KEY, OLD_KEY], flows={"/login": "authentication"}, secure=False)
        routes = [Route("/login", show), Route("/login/slow", self.stream), WebSocketRoute("/login/socket", echo)]
        self.app: App = Starlette(routes=routes, middleware=[Middleware(SignpostMiddleware, settings)])

    async def stream(self, request: Request) -> Response:
        name = str(request.state.experiment.variation_name)

        async def parts() -> AsyncIterator[str]:
            yield name
            await asyncio.to_thread(self.go_on.wait, 30)
            yield " goes on"

        return StreamingResponse(parts())


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve on a free port; whoever connects before the server is ready waits in its queue."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@pytest.fixture(scope="module")
def site() -> Site:
    return Site()


@pytest.fixture(scope="module")
def host(site: Site) -> Iterator[str]:
    with serving(site.app) as host:
        yield host


def browser(host: str, **headers: str) -> httpx2.Client:
    return httpx2.Client(base_url=f"http://{host}", headers=headers, timeout=30)


def test_a_browser_stays_in_its_variation(site: Site, host: str) -> None:
    site.kept.clear()
    with browser(host) as first, browser(host) as second:
        pages = [{browser.get("/login").text for _ in range(5)} for browser in (first, second)]
        cookies = {browser.cookies[NAME] for browser in (first, second)}

    assert [len(page) for page in pages] == [1, 1]
    assert len(cookies) == 2
    assert len({decision.unit for decision in site.kept}) == 2


def test_browsers_at_the_same_time_don_t_meet(site: Site, host: str) -> None:
    def visit(_: int) -> tuple[str, set[str]]:
        with browser(host) as one:
            pages = {one.get("/login").text for _ in range(4)}
            return one.cookies[NAME].split(".")[1], pages

    site.kept.clear()
    with ThreadPoolExecutor(16) as pool:
        seen = dict(pool.map(visit, range(64)))

    assert len(seen) == 64
    assert {decision.unit: {str(decision.variation_name)} for decision in site.kept} == seen


def test_a_cookie_is_renewed_under_the_new_key_and_the_device_stays(site: Site, host: str) -> None:
    old = DeviceCookie([OLD_KEY], is_secure=False)
    device = old.make()

    with browser(host, Cookie=f"{NAME}={old.write(device).value}") as known:
        reply = known.get("/login")

    renewed = DeviceCookie([KEY], is_secure=False).read(f"{NAME}={reply.cookies[NAME]}")
    assert renewed is not None
    assert (renewed.id, renewed.is_to_be_set) == (device.id, False)
    assert site.kept[-1].unit == device.id


@pytest.mark.parametrize(
    "sent",
    [
        f"{NAME}=1.{'A' * 22}.aaaaaa.{'A' * 43}",
        f"{NAME}={'A' * 8_192}",
        f'{NAME}="1.a\\015\\012Set-Cookie: a=b"',
        f"{NAME}=; {NAME}; {NAME}=é".encode().decode("latin-1"),
    ],
    ids=["forged", "oversized", "lines", "scraps"],
)
def test_a_cookie_that_was_not_made_here_is_answered_with_a_new_one(host: str, sent: str) -> None:
    with browser(host) as attacker:
        reply = attacker.get("/login", headers=[(b"Cookie", sent.encode("latin-1"))])

    assert reply.status_code == 200
    assert [value.split("=")[0] for value in reply.headers.get_list("set-cookie")] == [NAME]
    assert "A" * 22 not in reply.headers["set-cookie"]


def test_a_body_is_not_held_back(site: Site, host: str) -> None:
    site.go_on.clear()
    with browser(host) as one, one.stream("GET", "/login/slow") as reply:
        pieces = reply.iter_text()
        first = next(pieces)
        site.go_on.set()
        rest = "".join(pieces)

    assert first in {"variation-1", "variation-2"}
    assert rest == " goes on"
    assert NAME in one.cookies


def test_a_websocket_passes(host: str) -> None:
    with websockets.sync.client.connect(f"ws://{host}/login/socket") as connection:
        connection.send("hello")

        assert connection.recv() == "hello"


class Quiet(WSGIRequestHandler):
    def log_message(self, *_: Any) -> None: ...


def test_django_keeps_a_browser_in_its_variation() -> None:
    kept: list[Decision] = []
    flows = {"/login": "authentication"}
    client = Client.from_configuration(configuration(halves()), kept)
    with override_settings(SIGNPOST={"CLIENT": client, "FLOWS": flows, "SECURE": False}, ROOT_URLCONF=django_site):
        application = WSGIHandler()
    with make_server("127.0.0.1", 0, application, handler_class=Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        with browser(f"127.0.0.1:{server.server_port}") as one:
            replies = [one.get("/login") for _ in range(4)]
            late = one.get("/login/late")
            still = one.get("/about")
        server.shutdown()
        thread.join()

    assert len({reply.text for reply in replies}) == 1
    assert ["set-cookie" in reply.headers for reply in [*replies, late, still]] == [True] + [False] * 5
    assert len({decision.unit for decision in kept}) == 1
    assert late.text == kept[0].config["title"]
