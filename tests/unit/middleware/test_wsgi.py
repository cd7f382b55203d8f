"""The door of WSGI, with Flask behind it."""

from collections.abc import Iterable, Iterator
from typing import Any

from flask import Flask, render_template_string, request
from werkzeug.test import Client as Browser

from signpost.middleware.wsgi import Environ, SignpostMiddleware
from tests.unit.middleware.arriving import client, known, settings

PAGE = "<h1>{{ experiment.config.title or 'Baseline' }}</h1>{{ experiment.variation_name }}"


def site(**changes: Any) -> Flask:
    app = Flask("site")
    app.config["TESTING"] = True

    @app.context_processor
    def experiment() -> dict[str, Any]:
        return {"experiment": request.environ["signpost.experiment"]}

    @app.get("/login")
    def login() -> str:
        return render_template_string(PAGE)

    @app.get("/login/broken")
    def broken() -> str:
        app.config["TESTING"] = app.config["PROPAGATE_EXCEPTIONS"] = False
        raise RuntimeError(request.environ["signpost.experiment"].variation_name)

    @app.get("/about")
    def about() -> str:
        return render_template_string("About")

    app.wsgi_app = SignpostMiddleware(app.wsgi_app, settings(**{"client": client()} | changes))  # type: ignore[method-assign]
    return app


def test_a_browser_sees_the_same_variation_again() -> None:
    kept: list[Any] = []
    browser = Browser(site(client=client(kept), secure=False))

    pages = {browser.get("/login").text for _ in range(5)}

    assert len(pages) == 1
    assert len({decision.unit for decision in kept}) == 1
    assert len(kept) == 5


def test_only_a_response_that_was_decided_is_changed() -> None:
    browser = Browser(site())

    decided, other = browser.get("/login"), browser.get("/about")

    assert decided.headers["Set-Cookie"].startswith("__Host-signpost_device=1.")
    assert decided.headers["Cache-Control"] == "private"
    assert decided.headers["Vary"] == "Cookie"
    assert {"Set-Cookie", "Cache-Control", "Vary"}.isdisjoint(other.headers.keys())


def test_an_error_page_carries_the_cookie() -> None:
    reply = Browser(site()).get("/login/broken")

    assert reply.status_code == 500
    assert "Set-Cookie" in reply.headers


def test_paths_are_read_as_text() -> None:
    app = site(flows={"/anmeldung-für-alle": "authentication"})

    @app.get("/anmeldung-für-alle")
    def page() -> str:
        return render_template_string(PAGE)

    assert "Set-Cookie" in Browser(app).get("/anmeldung-für-alle").headers


def test_a_body_passes_as_it_is_made_and_a_late_answer_can_be_replaced() -> None:
    device_id, cookie = known()
    started: list[tuple[Any, ...]] = []
    made: list[bytes] = []

    def app(environ: Environ, start_response: Any) -> Iterator[bytes]:
        assert environ["signpost.experiment"].unit == device_id
        start_response("200 OK", [("X-A", "b")])
        for piece in (b"one", b"two"):
            made.append(piece)
            yield piece
        start_response("500 Oh", [("X-A", "c")], (ValueError, ValueError(), None))

    def start_response(*said: Any) -> None:
        started.append(said)

    environ: Environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/login", "HTTP_COOKIE": cookie}
    body: Iterable[bytes] = SignpostMiddleware(app, settings(client()))(environ, start_response)
    first = next(iter(body))

    assert (first, made) == (b"one", [b"one"])
    assert list(body) == [b"two"]
    assert started[0] == ("200 OK", [("X-A", "b")])
    assert started[1][:2] == ("500 Oh", [("X-A", "c")])
    assert started[1][2][0] is ValueError
