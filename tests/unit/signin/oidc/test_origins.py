"""What pages of other origins may read, and what the provider says of itself."""

from typing import Any

import pytest

from signpost.model.clients import AppType
from signpost.signin.oidc.origins import find_origins
from signpost.usecases.call import Call
from signpost.usecases.clients import revoke_client
from tests.unit.signin.oidc.house import CALLBACK, VERIFIER
from tests.unit.signin.oidc.site import Site

OWN = "https://app.example"
EVIL = "https://evil.example"


def preflight(site: Site, path: str, origin: str) -> Any:
    asked = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "auth0-client",
    }
    return site.http.options(path, headers=asked)


def test_a_page_of_a_clients_origin_gets_its_tokens(site: Site) -> None:
    asked = preflight(site, "/oauth/token", OWN)
    reply = site.http.post(
        "/oauth/token",
        data={
            "grant_type": "authorization_code",
            "client_id": site.house.spa.id,
            "code": site.house.sign_in(),
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        },
        headers={"origin": OWN, "auth0-client": "e30"},
    )
    claims = site.userinfo(reply.json()["access_token"])

    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == OWN
    assert "auth0-client" in asked.headers["access-control-allow-headers"]
    assert "POST" in asked.headers["access-control-allow-methods"]
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["access-control-allow-origin"] == OWN
    assert reply.headers["vary"] == "origin"
    assert claims.json()["sub"] == site.house.account.id


@pytest.mark.parametrize("origin", [EVIL, "null", "https://app.example.evil.example", "http://app.example", "é", ""])
@pytest.mark.parametrize("path", ["/oauth/token", "/userinfo"])
def test_a_page_of_a_foreign_origin_reads_nothing(site: Site, path: str, origin: str) -> None:
    headers = {b"origin": origin.encode()}

    asked = preflight(site, path, origin) if origin.isascii() else None
    reply = site.http.post(path, headers=headers)

    for each in (asked, reply):
        assert each is None or "access-control-allow-origin" not in each.headers
        assert each is None or each.headers["vary"] == "origin"


def test_an_error_can_be_read_by_the_page_that_made_it(site: Site) -> None:
    refused = site.http.post("/oauth/token", data={"grant_type": "refresh_token"}, headers={"origin": OWN})
    challenged = site.http.get("/userinfo", headers={"origin": OWN})

    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")
    assert refused.headers["access-control-allow-origin"] == OWN
    assert challenged.status_code == 401
    assert "www-authenticate" in challenged.headers["access-control-expose-headers"]


def test_no_cookie_is_let_in_from_another_origin(site: Site) -> None:
    for path in ("/oauth/token", "/userinfo", "/.well-known/openid-configuration"):
        assert "access-control-allow-credentials" not in preflight(site, path, OWN).headers


def test_other_paths_are_left_alone(site: Site) -> None:
    reply = site.http.get("/oidc/logout", headers={"origin": OWN})

    assert "access-control-allow-origin" not in reply.headers


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/.well-known/jwks.json"])
def test_everybody_may_read_what_is_public(site: Site, path: str) -> None:
    reply = site.http.get(path, headers={"origin": EVIL})

    assert reply.status_code == 200
    assert reply.headers["access-control-allow-origin"] == "*"


def test_origins_are_those_of_clients_that_are_there(site: Site) -> None:
    house = site.house
    gone = house.add_client(AppType.SPA, callbacks=("https://gone.example/cb",))
    house.add_client(AppType.SPA, callbacks=("http://localhost:3000/cb",), web_origins=("https://more.example",))
    assert "https://gone.example" in find_origins(house.state)

    revoke_client(Call(house.store, house.clock, house.ids, house.tenant.id, "tests"), gone.id)

    assert find_origins(house.state) == {
        OWN,
        "https://other.example",
        "http://localhost:3000",
        "https://more.example",
    }
    assert find_origins(house.other_state) == frozenset()


def test_a_new_origin_is_known_at_once(site: Site) -> None:
    assert "access-control-allow-origin" not in preflight(site, "/userinfo", "https://new.example").headers

    site.house.add_client(AppType.SPA, web_origins=("https://new.example",))
    site.catalog.refresh()

    assert preflight(site, "/userinfo", "https://new.example").headers["access-control-allow-origin"]


def test_the_discovery_document_says_what_there_is(site: Site) -> None:
    document = site.http.get("/.well-known/openid-configuration").json()

    base = "https://tenant-1.example/"
    assert document["issuer"] == base
    assert document["authorization_endpoint"] == f"{base}authorize"
    for name, method in (
        ("token_endpoint", "POST"),
        ("userinfo_endpoint", "GET"),
        ("end_session_endpoint", "GET"),
        ("jwks_uri", "GET"),
    ):
        assert document[name].startswith(base)
        assert site.http.request(method, document[name]).status_code not in {404, 405}
    assert document["response_types_supported"] == ["code"]
    assert document["response_modes_supported"] == ["query", "form_post"]
    assert document["code_challenge_methods_supported"] == ["S256"]
    assert set(document["grant_types_supported"]) == {"client_credentials", "authorization_code", "refresh_token"}
    assert document["authorization_response_iss_parameter_supported"] is True
    id_token = site.tokens_of()["id_token"]
    claims = site.house.provider.tokens.read_id_token(site.house.tenant, id_token)
    assert set(claims) <= set(document["claims_supported"])
