"""The middleware in real frameworks: Starlette, Django and WSGI, through their own test clients."""

import asyncio
import wsgiref.util
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template import Context, Engine
from django.test import AsyncClient
from django.test import Client as DjangoClient
from django.urls import path
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import signpost
from signpost import Client, Decision
from signpost.assignment import SignedOverride
from signpost.exchange import format_override_key, seal_override
from signpost.middleware import DeviceCookies, Visits
from signpost.middleware import wsgi as wsgi_module
from signpost.middleware.asgi import SignpostMiddleware
from signpost.middleware.overrides import signed_overrides
from tests.unit.client.conftest import IPHONE, TWO, configuration, halves, targeted

KEY = "k" * 32
NOW = datetime(2026, 1, 1, tzinfo=UTC)
exposures: list[Decision] = []
client = Client.from_configuration(configuration(halves()), exposures)


@pytest.fixture(autouse=True)
def _clean() -> None:
    exposures.clear()
    client.use(configuration(halves(), revision=client.revision + 1))


def visits(**options: Any) -> Visits:
    return Visits(client, DeviceCookies([KEY], secure=False), {"/login": "authentication"}, **options)


async def show(request: Request) -> Response:
    experiment = request.state.experiment
    return PlainTextResponse(str(experiment.config.get("title", "as it is")))


async def look(request: Request) -> Response:
    return PlainTextResponse(str(bool(request.state.experiment)))


async def nothing(request: Request) -> Response:
    return PlainTextResponse("nothing")


async def stream(request: Request) -> Response:
    async def parts() -> Any:
        yield "early "
        yield request.state.experiments("authentication").config.get("title", "baseline")

    return StreamingResponse(parts())


async def fail(request: Request) -> Response:
    _ = request.state.experiment.config
    raise ZeroDivisionError


def starlette(**options: Any) -> TestClient:
    routes = [
        Route("/login", show),
        Route("/login/look", look),
        Route("/login/nothing", nothing),
        Route("/login/fail", fail),
        Route("/loginx", show),
        Route("/stream", stream),
    ]
    app = Starlette(routes=routes)
    app.add_middleware(SignpostMiddleware, visits=visits(**options))
    return TestClient(app, raise_server_exceptions=False)


def test_a_device_sees_the_same_again_and_is_exposed_each_time_it_does() -> None:
    browser = starlette()

    first = browser.get("/login")
    again = browser.get("/login")

    assert first.text == again.text == exposures[0].config["title"]
    assert len({exposure.unit for exposure in exposures}) == 1
    assert (len(exposures), "set-cookie" in first.headers, "set-cookie" in again.headers) == (2, True, False)
    assert (first.headers["cache-control"], first.headers["vary"]) == ("private", "Cookie")


def test_devices_are_divided() -> None:
    assert {starlette().get("/login").text for _ in range(30)} == {"Sign in", "Welcome back"}


def test_what_is_decided_and_not_shown_is_not_recorded() -> None:
    assert starlette().get("/login/look").text == "True"
    assert exposures == []


def test_a_page_that_asks_for_nothing_sets_no_cookie() -> None:
    reply = starlette().get("/login/nothing")

    assert "set-cookie" not in reply.headers
    assert "vary" not in reply.headers


def test_a_path_that_only_begins_like_a_flow_is_none() -> None:
    reply = starlette().get("/loginx")

    assert (reply.text, exposures) == ("as it is", [])


def test_a_new_device_that_is_asked_for_after_the_head_sees_the_baseline() -> None:
    browser = starlette()

    late = browser.get("/stream").text
    browser.get("/login")
    known = browser.get("/stream").text

    assert late == "early baseline"
    assert known == f"early {exposures[0].config['title']}"


def test_the_applications_own_failures_stay_its_own() -> None:
    assert starlette().get("/login/fail").status_code == 500


def test_attributes_come_from_the_request() -> None:
    client.use(configuration(targeted(), revision=client.revision + 1))

    assert starlette().get("/login", headers={"user-agent": IPHONE}).text == "Welcome back"
    assert starlette().get("/login", headers={"user-agent": "curl/8"}).text == "Sign in"


def test_a_client_without_a_configuration_shows_the_baseline() -> None:
    app = Starlette(routes=[Route("/login", show)])
    lonely = Visits(signpost.Client(), DeviceCookies([KEY], secure=False), {"/login": "authentication"})
    app.add_middleware(SignpostMiddleware, visits=lonely)

    assert TestClient(app).get("/login").text == "as it is"


def test_what_fails_inside_shows_the_baseline() -> None:
    def broken(_: Any) -> None:
        raise ZeroDivisionError

    reply = starlette(read_override=broken).get("/login?x=1")

    assert (reply.status_code, reply.text) == (200, "as it is")


def token(expires_at: datetime = NOW + timedelta(hours=1), key: bytes = b"o" * 32) -> str:
    override = signpost.Override(halves().id, TWO.id)
    return seal_override(SignedOverride("ovr_1", override, "a look", "me", expires_at), key)


def test_a_signed_link_shows_what_it_says_and_is_not_counted() -> None:
    browser = starlette(read_override=signed_overrides(format_override_key(b"o" * 32), lambda: NOW))

    texts = {browser.get(f"/login?experiment_override={token()}").text for _ in range(10)}

    assert texts == {"Welcome back"}
    assert all(exposure.is_forced for exposure in exposures)


@pytest.mark.parametrize("given", [token(NOW - timedelta(seconds=1)), token(key=b"x" * 32), "x", ""])
def test_a_link_that_is_not_good_forces_nothing(given: str) -> None:
    browser = starlette(read_override=signed_overrides(format_override_key(b"o" * 32), lambda: NOW))

    texts = {starlette().get("/login").text for _ in range(1)} | {
        browser.get(f"/login?experiment_override={given}").text
    }

    assert texts <= {"Sign in", "Welcome back"}
    assert not any(exposure.is_forced for exposure in exposures)


def test_plain_overrides_are_off() -> None:
    starlette().get(f"/login?variation_id={TWO.id}")

    assert not exposures[0].is_forced


def django_view(request: HttpRequest) -> HttpResponse:
    page = Engine().from_string("{% if experiment %}{{ experiment.config.title }}{% else %}as it is{% endif %}")
    return HttpResponse(page.render(Context({"experiment": request.experiment})))


async def django_async_view(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.experiments("authentication").as_context()["variation_name"]))


urlpatterns = [path("login", django_view), path("login/async", django_async_view)]


@pytest.fixture(scope="module", autouse=True)
def _django() -> None:
    if not settings.configured:
        settings.configure(
            SECRET_KEY="s" * 50,
            ROOT_URLCONF=__name__,
            ALLOWED_HOSTS=["*"],
            MIDDLEWARE=["signpost.middleware.django.experiments"],
            SIGNPOST={"CLIENT": lambda: client, "FLOWS": {"/login": "authentication"}, "SECURE": False},
        )


def test_django_shows_the_same_device_the_same() -> None:
    browser = DjangoClient()

    first, again = browser.get("/login"), browser.get("/login")

    assert first.content == again.content == str(exposures[0].config["title"]).encode()
    assert browser.cookies["signpost_device"]["httponly"]
    assert (first.headers["Cache-Control"], first.headers["Vary"]) == ("private", "Cookie")
    assert "signpost_device" not in again.cookies


def test_django_serves_asynchronous_views_as_well() -> None:
    reply = asyncio.run(AsyncClient().get("/login/async"))

    assert reply.content.decode() == exposures[0].variation_name


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    title = environ[wsgi_module.EXPERIMENT].config.get("title", "as it is")
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [title.encode()]


def test_wsgi_shows_the_same_device_the_same() -> None:
    app = wsgi_module.SignpostMiddleware(wsgi_app, visits())
    heads: list[dict[str, str]] = []

    def get(cookie: str) -> bytes:
        environ: dict[str, Any] = {"PATH_INFO": "/login", "HTTP_COOKIE": cookie}
        wsgiref.util.setup_testing_defaults(environ)
        return b"".join(app(environ, lambda _, headers: heads.append(dict(headers))))

    first = get("")
    again = get(heads[0]["Set-Cookie"].partition(";")[0])

    assert first == again == str(exposures[0].config["title"]).encode()
    assert "Set-Cookie" not in heads[1]
    assert heads[0]["Cache-Control"] == "private"
