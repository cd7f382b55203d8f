"""Signing out: at once with an ID token of the session, by a button without one, and to registered addresses alone."""

import re
from dataclasses import replace
from datetime import timedelta
from html import unescape
from typing import Any

import pytest

from signpost.model.clients import AppType
from signpost.usecases.call import Call
from signpost.usecases.clients import revoke_client
from tests.unit.signin.oidc.house import LOGGED_OUT
from tests.unit.signin.oidc.site import FORGERIES, Site, forge


def form_of(page: str) -> tuple[str, dict[str, str]]:
    """Return where the form of a page goes, and its fields."""
    action = re.search(r'<form method="post" action="([^"]*)"', page)
    assert action is not None
    fields = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page)
    return unescape(action[1]), {unescape(name): unescape(value) for name, value in fields}


def ask(site: Site, **parameters: str) -> Any:
    return site.http.get("/oidc/logout", params=parameters)


def test_an_id_token_of_the_session_ends_it_at_once(site: Site) -> None:
    hint = site.tokens_of()["id_token"]
    session = site.sign_in()

    reply = ask(site, id_token_hint=hint, post_logout_redirect_uri=LOGGED_OUT, state="a b&c")

    assert reply.status_code == 303
    assert reply.headers["location"] == f"{LOGGED_OUT}?state=a+b%26c"
    assert reply.headers["cache-control"] == "no-store"
    assert "signed_in=" in reply.headers["set-cookie"]
    assert site.ended == [session.id]


def test_an_id_token_that_has_expired_is_good_enough(site: Site) -> None:
    """RP-Initiated Logout 1.0, section 2: expired ID tokens should be accepted."""
    hint = site.tokens_of()["id_token"]
    site.sign_in()
    site.house.clock.advance(timedelta(hours=11))

    assert ask(site, id_token_hint=hint).status_code == 200
    assert len(site.ended) == 1


def test_an_id_token_is_good_after_its_key_was_replaced(site: Site) -> None:
    hint = site.tokens_of()["id_token"]
    site.sign_in()
    site.house.keys.rotate(site.house.tenant.id)

    ask(site, id_token_hint=hint)

    assert len(site.ended) == 1


def test_without_an_id_token_the_visitor_is_asked(site: Site) -> None:
    session = site.sign_in()

    page = ask(
        site, client_id=site.house.spa.id, post_logout_redirect_uri=LOGGED_OUT, state='"><script>', ui_locales="fr"
    )

    assert (page.status_code, site.ended) == (200, [])
    assert "Se déconnecter ?" in page.text
    assert "form-action 'self' https://app.example;" in page.headers["content-security-policy"]
    action, fields = form_of(page.text)
    assert set(fields) == {"client_id", "post_logout_redirect_uri", "state", "ui_locales", "csrf"}
    reply = site.http.post(action, data=fields)
    assert reply.headers["location"] == f"{LOGGED_OUT}?state=%22%3E%3Cscript%3E"
    assert site.ended == [session.id]


def test_the_button_needs_the_secret_of_the_page(site: Site) -> None:
    site.sign_in()
    _, fields = form_of(ask(site).text)

    for csrf in ("x", "\u00e9", fields["csrf"][:-1], fields["csrf"] + "0"):
        reply = site.http.post("/oidc/logout", data={"csrf": csrf})
        assert reply.status_code == 200
        assert form_of(reply.text)
    assert site.ended == []


def test_a_secret_of_another_session_is_none(site: Site) -> None:
    house = site.house
    site.sign_in()
    _, fields = form_of(ask(site).text)
    people = house.accounts.of(house.tenant.id)
    people.sessions.remove(house.session.id)
    people.sessions.add("session-cookie", _another(site))

    assert form_of(site.http.post("/oidc/logout", data=fields).text)
    assert site.ended == []


def test_an_id_token_of_another_session_asks(site: Site) -> None:
    house = site.house
    hint = site.tokens_of()["id_token"]
    people = house.accounts.of(house.tenant.id)
    people.sessions.remove(house.session.id)
    people.sessions.add("session-cookie", _another(site))
    site.sign_in()

    page = ask(site, id_token_hint=hint, post_logout_redirect_uri=LOGGED_OUT)

    action, fields = form_of(page.text)
    assert site.ended == []
    assert "id_token_hint" not in fields
    assert site.http.post(action, data=fields).headers["location"] == LOGGED_OUT


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_hint_ends_nothing(site: Site, how: str) -> None:
    hint = forge(site.house, site.tokens_of()["id_token"], how)
    site.sign_in()

    reply = ask(site, id_token_hint=hint)
    elsewhere = ask(site, id_token_hint=hint, post_logout_redirect_uri=LOGGED_OUT)

    assert (reply.status_code, elsewhere.status_code) in {(200, 400), (400, 400)}
    assert "location" not in elsewhere.headers
    assert site.ended == []


def test_an_access_token_is_no_hint(site: Site) -> None:
    token = site.tokens_of(claims={"sid": site.house.session.id})["access_token"]
    site.sign_in()

    ask(site, id_token_hint=token)

    assert site.ended == []


def test_a_hint_of_one_tenant_is_none_at_another(site: Site) -> None:
    hint = site.tokens_of()["id_token"]
    site.sign_in()

    site.http.get("/oidc/logout", params={"id_token_hint": hint}, headers={"host": "tenant-2.example"})

    assert site.ended == []


@pytest.mark.parametrize(
    "uri",
    [
        "https://evil.example/",
        f"{LOGGED_OUT}/",
        f"{LOGGED_OUT}?a=b",
        f"{LOGGED_OUT}#",
        f"{LOGGED_OUT}.evil.example",
        LOGGED_OUT.upper(),
        "https://app.example:443/bye",
        "https://app.example@evil.example/bye",
        "//app.example/bye",
        f"{LOGGED_OUT}\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "https://app.example/callback",
    ],
)
def test_nobody_is_led_elsewhere(site: Site, uri: str) -> None:
    hint = site.tokens_of()["id_token"]
    site.sign_in()
    spa = site.house.spa.id

    replies = [
        ask(site, id_token_hint=hint, post_logout_redirect_uri=uri),
        ask(site, client_id=spa, post_logout_redirect_uri=uri),
        site.http.get("/v2/logout", params={"client_id": spa, "returnTo": uri}),
        site.http.get("/v2/logout", params={"returnTo": uri}),
    ]

    assert [reply.status_code for reply in replies] == [400] * 4
    assert not any("location" in reply.headers for reply in replies)
    assert site.ended == []


@pytest.mark.parametrize(
    "query",
    [
        "client_id=nobody",
        "post_logout_redirect_uri=https://app.example/bye",
        "state=a&state=b",
        "client_id=a&client_id=b",
        "state=a%0d%0ab",
        "state=%C3%A9",
        "state=" + "s" * 2_049,
        "ui_locales=" + "l" * 8_193,
        "&".join(["a=b"] * 30),
        "state=%ff",
    ],
)
def test_what_is_not_right_does_nothing(site: Site, query: str) -> None:
    site.sign_in()

    reply = site.http.get(f"/oidc/logout?{query}")

    assert reply.status_code == 400
    assert site.ended == []


def test_an_id_token_of_another_client_does_not_speak_for_this_one(site: Site) -> None:
    hint = site.tokens_of()["id_token"]
    site.sign_in()

    reply = ask(site, id_token_hint=hint, client_id=site.house.other_spa.id, post_logout_redirect_uri=LOGGED_OUT)

    assert (reply.status_code, site.ended) == (400, [])


def test_another_clients_address_is_none(site: Site) -> None:
    other = site.house.add_client(AppType.SPA, allowed_logout_urls=("https://other.example/bye",))
    site.catalog.refresh()

    assert ask(site, client_id=other.id, post_logout_redirect_uri=LOGGED_OUT).status_code == 400
    assert ask(site, client_id=other.id, post_logout_redirect_uri="https://other.example/bye").status_code == 303


def test_a_revoked_client_leads_nowhere(site: Site) -> None:
    house = site.house
    hint = site.tokens_of()["id_token"]
    revoke_client(Call(house.store, house.clock, house.ids, house.tenant.id, "tests"), house.spa.id)
    site.catalog.refresh()

    assert ask(site, id_token_hint=hint, post_logout_redirect_uri=LOGGED_OUT).status_code == 400


def test_who_is_not_signed_in_is_led_on(site: Site) -> None:
    reply = ask(site, client_id=site.house.spa.id, post_logout_redirect_uri=LOGGED_OUT)
    page = ask(site)

    assert reply.headers["location"] == LOGGED_OUT
    assert "You are signed out" in page.text


def test_a_request_that_another_site_posts_is_asked_once_more_with_get(site: Site) -> None:
    """A browser leaves `SameSite=Lax` cookies out of another site's POST, and brings them to where it is led from there."""
    hint = site.tokens_of()["id_token"]
    posted = {"id_token_hint": hint, "post_logout_redirect_uri": LOGGED_OUT, "state": "s", "csrf": "", "unknown": "x"}

    first = site.http.post("/oidc/logout", data=posted)
    site.sign_in()
    second = site.http.get(first.headers["location"])

    assert first.status_code == 303
    assert first.headers["location"].startswith("/oidc/logout?")
    assert "unknown" not in first.headers["location"]
    assert second.headers["location"] == f"{LOGGED_OUT}?state=s"
    assert len(site.ended) == 1


def test_auth0s_way_signs_out_without_a_question(site: Site) -> None:
    session = site.sign_in()

    reply = site.http.get("/v2/logout", params={"client_id": site.house.spa.id, "returnTo": LOGGED_OUT})
    page = site.http.get("/v2/logout")

    assert (reply.status_code, reply.headers["location"]) == (303, LOGGED_OUT)
    assert site.ended == [session.id]
    assert (page.status_code, "You are signed out" in page.text) == (200, True)


def test_signing_out_leaves_offline_tokens_and_ends_the_others(site: Site) -> None:
    online, offline = site.tokens_of(scope="openid"), site.tokens_of()
    site.sign_in()

    ask(site, id_token_hint=offline["id_token"])

    assert site.userinfo(online["access_token"]).status_code == 401
    assert site.userinfo(offline["access_token"]).status_code == 200
    assert site.house.refresh(offline["refresh_token"])


def _another(site: Site) -> Any:
    house = site.house
    return replace(house.session, id=house.session.id[:-1] + "9")
