"""Where browsers are sent: to the client's own addresses, and within the server."""

from pathlib import Path
from urllib.parse import urlsplit

import pytest

from signpost.signin.actions import Command, Deny, PythonAction, Trigger
from tests.unit.signin.house import CALLBACK, EMAIL, Browser, House

EVIL = "https://evil.example"
ELSEWHERE = [
    EVIL,
    "//evil.example",
    "/\\evil.example",
    "javascript:alert(1)",
    f"{CALLBACK}.evil.example",
    f"{CALLBACK}/..",
]
BREAKS = "x\r\nSet-Cookie: stolen=1\r\nLocation: https://evil.example"


def assert_stays(browser: Browser) -> None:
    """Check that nothing of the reply leads away, nor sets what it should not."""
    assert browser.page is not None
    location = browser.page.headers.get("location", CALLBACK)
    assert urlsplit(location)._replace(query="").geturl() == CALLBACK
    assert "stolen" not in browser.http.cookies
    assert not any("evil.example" in value for name, value in browser.page.headers.items() if name != "location")


@pytest.mark.parametrize("address", ELSEWHERE)
@pytest.mark.parametrize("name", ["redirect_uri", "continue_url", "return_to", "returnTo", "next", "iss", "client_id"])
@pytest.mark.parametrize("prompt", ["none", "login"])
def test_no_parameter_leads_elsewhere(browser: Browser, name: str, address: str, prompt: str) -> None:
    browser.open(**{name: address, "prompt": prompt})

    assert_stays(browser)
    if name in {"redirect_uri", "client_id"}:
        assert browser.at == "message"


@pytest.mark.parametrize("error", [{"prompt": "rubbish"}, {"response_type": "token"}, {"max_age": "x"}, {"scope": "é"}])
def test_an_error_goes_back_to_where_the_client_said_or_nowhere(browser: Browser, error: dict[str, str]) -> None:
    browser.open(**error)
    assert browser.answer["error"]

    browser.open(**error, redirect_uri=f"{EVIL}/callback")

    assert browser.at == "message"


@pytest.mark.parametrize("path", ["/u//evil.example/", "/u/login/", "/u/static/", "/u/%2f%2fevil.example", "/u/..%2f"])
def test_no_path_leads_elsewhere(browser: Browser, path: str) -> None:
    browser.open()

    reply = browser.http.get(path, headers={"host": "evil.example"})

    assert reply.status_code in {400, 404}
    assert "location" not in reply.headers


@pytest.mark.parametrize("name", ["state", "login_hint", "ui_locales", "nonce", "scope", "acr_values", "screen_hint"])
def test_a_line_break_ends_no_header(browser: Browser, name: str) -> None:
    browser.open(**{name: BREAKS})
    assert_stays(browser)

    browser.open(**{name: BREAKS, "prompt": "none"})

    assert_stays(browser)


@pytest.mark.parametrize("name", ["state", "login_hint", "continue_url"])
def test_a_posted_request_is_read_as_it_would_be_with_get(browser: Browser, name: str) -> None:
    reply = browser.http.post("/authorize", data=browser.parameters(**{name: BREAKS}))

    assert reply.status_code == 303
    assert reply.headers["location"].startswith("/authorize?")
    assert "\n" not in reply.headers["location"]
    assert "set-cookie" not in reply.headers


def test_a_posted_request_that_is_too_long_is_refused(browser: Browser) -> None:
    reply = browser.http.post("/authorize", data=browser.parameters(login_hint="x" * 60_000))

    assert reply.status_code == 400
    assert "location" not in reply.headers


def test_what_an_action_says_reaches_the_client_as_text(tmp_path: Path) -> None:
    def deny(_: object) -> list[Command]:
        return [Deny(BREAKS)]

    house = House(tmp_path, actions=[PythonAction("no", Trigger.POST_LOGIN, deny)])
    browser = house.browser()
    browser.open()

    browser.sign_in()

    assert browser.answer["error"] == "access_denied"
    assert_stays(browser)


def test_a_callback_that_is_taken_away_is_good_no_more(house: House, browser: Browser) -> None:
    browser.open()
    browser.post("identifier", identifier=EMAIL)
    house.change_client(callbacks=("https://app.example/other",))

    browser.post("password", password="correct horse battery")

    assert browser.at == "message"
    assert "s" not in house.types()


@pytest.mark.parametrize(
    "host", ["evil.example", "tenant-1.example.evil.example", "evil.example:80", 'evil"<x>', "a@evil.example"]
)
def test_a_link_in_a_mail_leads_to_the_tenant_whatever_host_was_asked(house: House, host: str) -> None:
    """The host is said by who asks: https://portswigger.net/web-security/host-header/exploiting/password-reset-poisoning."""
    browser = house.browser()
    headers = {"host": host}
    page = browser.http.get("/authorize", params=browser.parameters(), headers=headers)
    browser.page = browser.http.get(page.headers["location"], headers=headers)
    browser.hidden = browser.read()

    browser.http.post("/u/reset-request", data={**browser.hidden, "email": EMAIL}, headers=headers)

    (mail,) = house.send_mail()
    assert [urlsplit(link)._replace(path="", query="").geturl() for link in mail.links] == ["https://tenant-1.example"]
    assert "evil" not in mail.text


@pytest.mark.parametrize(
    ("host", "base"),
    [
        ("tenant-1.example", "http://tenant-1.example"),
        ("tenant-1.example:8080", "http://tenant-1.example:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("localhost:8080", "http://localhost:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_link_in_a_mail_leads_to_where_the_page_was_on_this_machine_and_at_the_tenants_address(
    house: House, host: str, base: str
) -> None:
    browser = house.browser(host)
    browser.open()

    browser.post("reset-request", email=EMAIL)

    assert house.send_mail()[0].links[0].startswith(f"{base}/u/reset-password?ticket=")
