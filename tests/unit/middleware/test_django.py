"""The door of Django, in sync and in async stacks."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import AsyncClient, override_settings
from django.test import Client as Browser

from signpost import Decision
from signpost.middleware import PlainOverrides
from signpost.middleware.cookies import DeviceCookie
from tests.unit.client.conftest import TWO
from tests.unit.middleware import django_site
from tests.unit.middleware.arriving import KEY, TITLES, client

CLIENT = client()
OVERRIDES = PlainOverrides(CLIENT)
PLAIN: dict[str, Any] = {"FLOWS": {"/login": "authentication"}, "SECURE": False}


@pytest.fixture
def kept() -> Iterator[list[Decision]]:
    """What is recorded, in a project with an experiment."""
    exposures: list[Decision] = []
    with override_settings(SIGNPOST=PLAIN | {"CLIENT": client(exposures)}, ROOT_URLCONF=django_site):
        yield exposures


def test_a_browser_sees_the_same_variation_again(kept: list[Decision]) -> None:
    browser = Browser()

    replies = [browser.get("/login") for _ in range(5)]

    pages = {reply.content.decode() for reply in replies}
    assert pages <= {f"<h1>{title}</h1>{name}" for title, name in TITLES.items()}
    assert len(pages) == 1
    assert ["signpost_device" in reply.cookies for reply in replies] == [True, False, False, False, False]
    assert len({decision.unit for decision in kept}) == 1
    assert len(kept) == 5


@pytest.mark.parametrize("path", ["/login", "/login/async", "/enter", "/enter/async", "/named", "/login/stream"])
def test_every_kind_of_view_has_the_experiment(path: str, kept: list[Decision]) -> None:
    async def ask() -> Any:
        return await AsyncClient().get(path)

    replies = [Browser().get(path), asyncio.run(ask())]

    assert all("signpost_device" in reply.cookies for reply in replies)
    assert len(kept) == 2


def test_the_cookie_is_as_it_has_to_be(kept: list[Decision]) -> None:
    with override_settings(SIGNPOST={"CLIENT": CLIENT, "FLOWS": PLAIN["FLOWS"]}):
        reply = Browser().get("/login")

    cookie = reply.cookies["__Host-signpost_device"]
    assert (cookie["path"], cookie["samesite"], cookie["max-age"], cookie["domain"]) == ("/", "Lax", 34_560_000, "")
    assert cookie["secure"]
    assert cookie["httponly"]
    assert reply.headers["Cache-Control"] == "private"
    assert reply.headers["Vary"] == "Cookie"


def test_what_the_view_says_of_caches_is_kept_as_far_as_it_is_safe(kept: list[Decision]) -> None:
    reply = Browser().get("/login/cached")

    assert reply.headers["Cache-Control"] == "private, max-age=60"
    assert reply.headers["Vary"] == "Origin, Cookie"


def test_where_nothing_is_asked_nothing_is_added(kept: list[Decision]) -> None:
    reply = Browser().get("/about")

    assert reply.cookies == {}
    assert not reply.has_header("Cache-Control")
    assert not reply.has_header("Vary")


def test_a_breakdown_is_the_view_s_own_and_carries_the_cookie(
    kept: list[Decision], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.CRITICAL, "django.request")

    reply = Browser(raise_request_exception=False).get("/login/broken")

    assert reply.status_code == 500
    assert "signpost_device" in reply.cookies
    with pytest.raises(RuntimeError, match="variation-"):
        Browser().get("/login/broken")


def test_a_stream_that_asks_late_shows_a_new_device_the_baseline(
    kept: list[Decision], caplog: pytest.LogCaptureFixture
) -> None:
    browser = Browser()

    late = browser.get("/login/late").getvalue()
    browser.get("/login")
    known = browser.get("/login/late").getvalue()

    assert late == b"too late"
    assert known.decode() in TITLES
    assert "after the response began" in caplog.text


def test_django_s_keys_sign_and_their_fallbacks_are_good(kept: list[Decision]) -> None:
    old = DeviceCookie(["o" * 50], is_secure=False)
    device = old.make()
    browser = Browser()
    browser.cookies["signpost_device"] = old.write(device).value

    with override_settings(SECRET_KEY_FALLBACKS=["o" * 50]):
        reply = browser.get("/login")

    written = reply.cookies["signpost_device"]
    read = DeviceCookie(["d" * 50], is_secure=False).read(f"signpost_device={written.value}")
    assert read is not None
    assert (read.id, kept[0].unit) == (device.id, device.id)


def test_settings_may_be_dotted_names(kept: list[Decision]) -> None:
    named = {
        "CLIENT": f"{__name__}.CLIENT",
        "ATTRIBUTES": "tests.unit.middleware.django_site.see",
        "OVERRIDE": f"{__name__}.OVERRIDES",
        "COOKIE_KEYS": [KEY],
    }
    with override_settings(SIGNPOST=PLAIN | named):
        reply = Browser().get("/login", {"variation_id": TWO.id})

    assert b"Welcome back" in reply.content


@pytest.mark.parametrize(
    ("given", "complaint"),
    [
        (None, "SIGNPOST = {'CLIENT'"),
        ({}, "SIGNPOST = {'CLIENT'"),
        ({"CLIENT": None, "FLOW": {}}, "has no setting 'FLOW'"),
        ({"CLIENT": "nowhere.client"}, "which is not there"),
        ({"CLIENT": None, "FLOWS": {"login": "a"}}, "does not begin with"),
        ({"CLIENT": None, "COOKIE_KEYS": ["short"]}, "at least 32"),
        ({"CLIENT": None, "PLACES": "nowhere.mmdb"}, "nowhere.mmdb"),
    ],
)
def test_settings_that_make_no_sense_stop_the_start(given: Any, complaint: str, kept: list[Decision]) -> None:
    with override_settings(SIGNPOST=given), pytest.raises(ImproperlyConfigured, match=complaint):
        Browser().get("/about")


def test_without_a_client_everybody_gets_the_baseline(kept: list[Decision], caplog: pytest.LogCaptureFixture) -> None:
    with override_settings(SIGNPOST=PLAIN | {"CLIENT": None}):
        reply = Browser().get("/login")

    assert reply.content == b"<h1>Baseline</h1>"
    assert reply.cookies == {}
    assert "there is no client" in caplog.text
