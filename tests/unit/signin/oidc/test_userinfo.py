"""Whom an access token speaks for, and when it speaks for nobody any more."""

from datetime import timedelta

import pytest

from signpost.edge.tokens import TokenInvalidError
from signpost.usecases.call import Call
from signpost.usecases.clients import revoke_client
from tests.unit.signin.oidc.site import FORGERIES, Site, forge


def test_a_token_tells_what_its_scopes_stand_for(site: Site) -> None:
    account = site.house.account

    whole = site.userinfo(site.tokens_of()["access_token"])
    bare = site.userinfo(site.tokens_of(scope="openid")["access_token"])

    assert whole.status_code == 200
    assert whole.headers["cache-control"] == "no-store"
    assert whole.json() == {
        "sub": account.id,
        "name": account.name,
        "updated_at": int(account.updated_at.timestamp()),
        "email": account.email,
        "email_verified": account.email_verified,
    }
    assert bare.json() == {"sub": account.id}


def test_a_token_may_be_posted(site: Site) -> None:
    token = site.tokens_of()["access_token"]

    assert site.http.post("/userinfo", data={"access_token": token}).status_code == 200
    assert site.http.post("/userinfo", headers={"authorization": f"bearer {token}"}).status_code == 200


def test_a_token_in_an_address_is_not_read(site: Site) -> None:
    reply = site.http.get("/userinfo", params={"access_token": site.tokens_of()["access_token"]})

    assert reply.status_code == 401


def test_a_token_is_shown_once(site: Site) -> None:
    token = site.tokens_of()["access_token"]
    header = {"authorization": f"Bearer {token}"}

    twice = site.http.post("/userinfo", data={"access_token": token}, headers=header)
    repeated = site.http.post("/userinfo", content=f"access_token={token}&access_token={token}")

    assert (twice.status_code, twice.json()["error"]) == (400, "invalid_request")
    assert (repeated.status_code, repeated.json()["error"]) == (400, "invalid_request")


@pytest.mark.parametrize("header", [None, "Basic abc", "Bearer", "Bearer  ", "token"])
def test_who_shows_no_token_is_told_no_error(site: Site, header: str | None) -> None:
    """RFC 6750, section 3.1: without authentication information there should be no error code."""
    reply = site.http.get("/userinfo", headers={} if header is None else {"authorization": header})

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == 'Bearer realm="signpost"'


@pytest.mark.parametrize("how", FORGERIES)
def test_a_forged_token_speaks_for_nobody(site: Site, how: str) -> None:
    token = forge(site.house, site.tokens_of()["access_token"], how)

    reply = site.http.post("/userinfo", data={"access_token": token})

    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_token")
    assert 'error="invalid_token"' in reply.headers["www-authenticate"]


def test_no_other_token_is_an_access_token(site: Site) -> None:
    house = site.house
    tokens = site.tokens_of()
    machines = site.tokens.issue(house.tenant, house.web, ("read:logs",))

    for token in (tokens["id_token"], tokens["refresh_token"], machines):
        assert site.userinfo(token).status_code == 401


def test_a_token_of_one_tenant_is_none_at_another(site: Site) -> None:
    token = site.tokens_of()["access_token"]

    assert site.userinfo(token).status_code == 200
    there = {"authorization": f"Bearer {token}", "host": "tenant-2.example"}
    assert site.http.get("/userinfo", headers=there).status_code == 401


def test_the_management_api_takes_no_token_of_people(site: Site) -> None:
    tokens = site.tokens_of(claims={"azp": "x", "aud": site.house.tenant.audience, "scope": "read:logs"})

    for name in ("access_token", "id_token"):
        with pytest.raises(TokenInvalidError):
            site.tokens.verify(site.house.tenant, tokens[name])


def test_without_openid_nobody_is_told(site: Site) -> None:
    reply = site.userinfo(site.tokens_of(scope="email")["access_token"])

    assert (reply.status_code, reply.json()["error"]) == (403, "insufficient_scope")


@pytest.mark.parametrize("how", ["blocked", "removed", "revoked", "replayed", "client", "expired"])
def test_what_a_token_stood_for_may_end(site: Site, how: str) -> None:
    house = site.house
    people = house.accounts.of(house.tenant.id)
    code = house.sign_in()
    token = house.exchange(code)["access_token"]
    assert site.userinfo(token).status_code == 200

    match how:
        case "blocked":
            house.change_account(blocked=True)
        case "removed":
            people.accounts.remove(house.account.id)
        case "revoked":
            people.grants.revoke_of(house.account.id)
        case "replayed":
            site.http.post(
                "/oauth/token", data={"grant_type": "authorization_code", "client_id": house.spa.id, "code": code}
            )
        case "client":
            revoke_client(Call(house.store, house.clock, house.ids, house.tenant.id, "tests"), house.spa.id)
            site.catalog.refresh()
        case _:
            house.clock.advance(timedelta(hours=2, seconds=6))

    reply = site.userinfo(token)
    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_token")


def test_a_token_ends_with_its_session_unless_it_was_given_for_offline_use(site: Site) -> None:
    house = site.house
    online, offline = site.tokens_of(scope="openid"), site.tokens_of(scope="openid offline_access")

    house.accounts.of(house.tenant.id).sessions.remove(house.session.id)

    assert site.userinfo(online["access_token"]).status_code == 401
    assert site.userinfo(offline["access_token"]).status_code == 200
    assert house.refresh(offline["refresh_token"])


def test_a_stranger_who_asks_too_often_has_to_wait(site: Site) -> None:
    busy = Site(site.house, per_minute=2)

    statuses = [busy.userinfo(None).status_code for _ in range(4)]

    assert 429 in statuses
