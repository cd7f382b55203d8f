"""Sessions and cookies: what a browser came with is never what it goes away with."""

from datetime import timedelta

import pytest

from signpost.signin.app import outbox_key
from signpost.testing.builders import a_session
from tests.unit.signin.house import EMAIL, PASSWORD, Browser, House

POLICY = {
    "default-src 'none'",
    "script-src 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
}


def signed_in(house: House) -> Browser:
    """Return a browser that is signed in."""
    browser = house.browser()
    browser.open()
    browser.sign_in()
    browser.skip_all()
    return browser


def test_a_session_is_new_with_every_sign_in_and_the_old_one_is_dead(house: House) -> None:
    browser = signed_in(house)
    first = browser.http.cookies["signpost_session"]
    browser.open(prompt="login")
    browser.sign_in()
    browser.skip_all()

    second = browser.http.cookies["signpost_session"]

    assert second != first
    assert house.people.sessions.find(first) is None
    assert house.people.sessions.find(second) is not None


def test_a_session_that_was_planted_is_not_signed_in(house: House, browser: Browser) -> None:
    now = house.clock.now()
    eve = house.add_account(2, email="eve@example.com")
    session = a_session(1, account_id=eve.id, authenticated_at=now, expires_at=now + timedelta(days=1))
    house.people.sessions.add("planted", session)
    browser.http.cookies.set("signpost_session", "planted", domain=house.tenant.domain)

    browser.open(prompt="login")
    browser.sign_in()
    browser.skip_all()

    assert "planted" not in browser.http.cookies["signpost_session"]
    assert house.people.sessions.find("planted") is None


@pytest.mark.parametrize("secret", ["", "x" * 201, "x" * 9_000, "é", "%00", "a, b", '"'])
def test_a_session_that_was_made_up_is_none(browser: Browser, secret: str) -> None:
    reply = browser.http.get(
        "/authorize",
        params=browser.parameters(prompt="none"),
        headers={b"cookie": f"signpost_session={secret}".encode()},
    )

    assert "error=login_required" in reply.headers["location"]


def test_a_session_ends_with_its_account(house: House) -> None:
    browser = signed_in(house)
    house.change_account(blocked=True)

    browser.open(prompt="none")

    assert browser.answer["error"] == "login_required"


def test_a_new_password_ends_all_sessions(house: House) -> None:
    elsewhere, browser = signed_in(house), house.browser()
    browser.open()
    browser.post("reset-request", email=EMAIL)
    browser.get(house.send_mail()[0].links[0].partition(house.tenant.domain)[2])

    browser.post("reset-password", password="another horse battery")

    elsewhere.open(prompt="none")
    assert elsewhere.answer["error"] == "login_required"


def test_a_link_to_a_new_password_is_good_once_and_for_an_hour(house: House, browser: Browser) -> None:
    browser.open()
    for _ in range(2):
        browser.get(f"/u/identifier?state={browser.state}")
        browser.post("reset-request", email=EMAIL)
    paths = [mail.links[0].partition(house.tenant.domain)[2] for mail in house.send_mail()]
    browser.get(paths[0])
    form = dict(browser.hidden)
    browser.post("reset-password", password="another horse battery")

    again = browser.send("reset-password", {**form, "password": "a third horse battery"})

    assert again.status_code == 400
    assert browser.http.get(paths[1]).status_code == 400


def test_a_reset_form_needs_the_secret_of_this_browser(house: House, browser: Browser) -> None:
    browser.open()
    browser.post("reset-request", email=EMAIL)
    path = house.send_mail()[0].links[0].partition(house.tenant.domain)[2]
    other = house.browser()
    other.get(path)

    browser.get(path)
    browser.post("reset-password", password="another horse battery", csrf=other.hidden["csrf"])

    assert browser.at == "reset-password"
    assert browser.page is not None
    assert browser.page.status_code == 400


def test_a_ticket_is_good_for_what_it_was_made_for(house: House, browser: Browser) -> None:
    browser.open(screen_hint="signup")
    browser.post(email="new@example.com", password=PASSWORD)
    path = house.send_mail()[0].links[0].partition(house.tenant.domain)[2]
    assert path.startswith("/u/verify-email?")

    reply = browser.http.get(path.replace("verify-email", "reset-password"))

    assert reply.status_code == 400
    assert browser.http.get(path).status_code == 200


@pytest.mark.parametrize("is_secure", [False, True], ids=["http", "https"])
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(house: House, is_secure: bool) -> None:
    browser = house.browser(is_secure=is_secure)
    said: list[str] = []
    browser.http.event_hooks = {"response": [lambda reply: said.extend(reply.headers.get_list("set-cookie"))]}

    browser.open()
    browser.sign_in()
    browser.send("passkey-enroll", browser.hidden | {"action": "skip"})

    assert len(said) >= 4
    for cookie in said:
        attributes = cookie.split("; ")
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(attributes)
        assert ("Secure" in attributes) == cookie.startswith("__Host-") == is_secure
        assert not any(attribute.startswith("Domain") for attribute in attributes)


def test_every_reply_says_what_a_browser_may_do_with_it(house: House, browser: Browser) -> None:
    replies = [
        browser.open(),
        browser.http.get("/u/identifier?state=no"),
        browser.post("identifier", identifier="no address"),
        browser.http.get(f"/u/context?state={browser.state}"),
        browser.http.get("/u/outbox?key=no"),
        browser.http.get("/u/reset-password?ticket=no"),
        browser.http.get("/u/verify-email?ticket=no"),
        browser.http.get("/u/override?ext-experiment-override=no"),
        browser.open(client_id="no"),
    ]

    for reply in replies:
        assert reply.headers["cache-control"] == "no-store"
        assert reply.headers["referrer-policy"] == "no-referrer"
        assert reply.headers["x-content-type-options"] == "nosniff"
        assert reply.headers["x-frame-options"] == "DENY"
        if reply.headers["content-type"].startswith("text/html"):
            policy = set(reply.headers["content-security-policy"].split("; "))
            assert policy >= POLICY
            assert not any("unsafe" in source or "*" in source for source in policy)


@pytest.mark.parametrize(
    "cookie",
    [
        "1.{id}.AAAAAA.{signature}",
        "1.{id}.{time}." + "A" * 43,
        "2.{id}.{time}.{signature}",
        "1.1111111111111111111111.{time}.{signature}",
        "{whole}x",
        "x" * 20_000,
        "",
    ],
)
def test_a_forged_device_is_a_new_one(house: House, browser: Browser, cookie: str) -> None:
    browser.open()
    whole = browser.http.cookies["signpost_device"]
    _, id, time, signature = whole.split(".")
    forged = cookie.format(id=id, time=time, signature=signature, whole=whole)

    reply = house.browser().http.get(
        f"/u/identifier?state={browser.state}", headers={"cookie": f"signpost_device={forged}"}
    )

    assert reply.status_code == 400
    assert id not in reply.headers["set-cookie"]


def test_a_device_of_another_tenant_is_a_new_one(house: House) -> None:
    here, there = house.browser(), house.browser(house.other_tenant.domain)
    here.open()
    there.open(house.other_client)
    swapped = f"signpost_device={there.http.cookies['signpost_device']}"

    reply = house.browser().http.get(f"/u/identifier?state={here.state}", headers={"cookie": swapped})

    assert reply.status_code == 400
    assert there.http.cookies["signpost_device"].split(".")[1] not in reply.headers["set-cookie"]


def test_the_outbox_opens_to_its_key_alone(house: House, browser: Browser) -> None:
    secret = house.keys.device_secret(house.tenant.id)
    key, other = outbox_key(secret), outbox_key(house.keys.device_secret(house.other_tenant.id))

    statuses = [
        browser.http.get("/u/outbox", params={"key": given}).status_code for given in (key, other, "", "é", key[:-1])
    ]

    assert statuses == [200, 404, 404, 404, 404]
