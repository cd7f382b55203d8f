"""OpenID client libraries that nobody here wrote, against hosted sign-in."""

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import jwt
import pytest
from authlib.oauth2.rfc6749 import list_to_scope
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwk
from joserfc import jwt as jose

from tests.conftest import miss
from tests.e2e.hosted.visitor import AXE, PASSWORD, VERIFIER, Visitor

SPA = AXE.parents[1] / "@auth0" / "auth0-spa-js" / "dist" / "auth0-spa-js.production.js"
PAGE = """<!doctype html><title>application</title><body class="application"><script src="/auth0-spa-js.js"></script>
<script>
const client = auth0.createAuth0Client({
  domain: "%(server)s", issuer: "%(issuer)s", clientId: "%(client_id)s", useRefreshTokens: true,
  authorizationParams: { redirect_uri: location.origin + "/spa", scope: "openid profile email offline_access" },
});
</script>"""


@pytest.fixture
def page(visitor: Visitor) -> Iterator[str]:
    """The address of a single-page application of `auth0-spa-js`."""
    if not SPA.exists():
        miss("auth0-spa-js (run 'make sdks')")
    text = PAGE % {"server": visitor.url, "issuer": "signpost.localhost", "client_id": visitor.client_id}
    visitor.application.files = {
        "/spa": ("text/html", text.encode()),
        "/auth0-spa-js.js": ("text/javascript", SPA.read_bytes()),
    }
    yield f"{visitor.application.url}/spa"
    visitor.application.files = {}


def test_auth0_spa_js_signs_in_refreshes_and_signs_out(visitor: Visitor, page: str) -> None:
    tab = visitor.tab
    tab.open(page)
    tab.heard.clear()
    tab.run("client.then((c) => { c.loginWithRedirect({authorizationParams: {screen_hint: 'signup'}}); return 0 })")
    tab.wait("Page.loadEventFired")
    assert visitor.look() == "signup"
    assert visitor.skip_to_the_end(visitor.send(email="jo@example.com", password=PASSWORD)) == "application"

    user = tab.run("client.then((c) => c.handleRedirectCallback().then(() => c.getUser()))")
    first = tab.run("client.then((c) => c.getTokenSilently({detailedResponse: true}))")
    fresh = tab.run("client.then((c) => c.getTokenSilently({cacheMode: 'off', detailedResponse: true}))")
    again = tab.run("client.then((c) => c.getTokenSilently({cacheMode: 'off', detailedResponse: true}))")
    told = tab.run(
        f"fetch('{visitor.url}/userinfo', {{headers: {{Authorization: 'Bearer {again['access_token']}'}}}}).then((r) => r.json())"
    )
    tab.heard.clear()
    tab.run(
        f"client.then((c) => {{ c.logout({{logoutParams: {{returnTo: '{visitor.application.url}'}}}}); return 0 }})"
    )
    tab.wait("Page.loadEventFired")
    after = visitor.begin()

    assert user["email"] == "jo@example.com"
    assert len({each["access_token"] for each in (first, fresh, again)}) == 3
    assert told["sub"] == user["sub"]
    assert after == "identifier", "signed out"


def test_a_relying_party_of_authlib_and_joserfc_checks_every_token(visitor: Visitor) -> None:
    visitor.sign_up("kim@example.com")
    visitor.begin(code_challenge=create_s256_code_challenge(VERIFIER), scope=str(list_to_scope(["openid", "email"])))
    tokens = visitor.exchange()
    server = visitor.server.url
    published = httpx2.get(f"{server}/.well-known/openid-configuration").json()
    keys = jwk.KeySet.import_key_set(httpx2.get(published["jwks_uri"]).json())

    token = jose.decode(tokens["id_token"], keys, algorithms=published["id_token_signing_alg_values_supported"])
    claims = jose.JWTClaimsRegistry(
        iss={"essential": True, "value": published["issuer"]},
        aud={"essential": True, "value": visitor.client_id},
        nonce={"essential": True, "value": "once"},
    )
    claims.validate(token.claims)
    info = httpx2.get(
        published["userinfo_endpoint"], headers={"Authorization": f"Bearer {tokens['access_token']}"}
    ).json()

    assert info == {"sub": token.claims["sub"], "email": "kim@example.com", "email_verified": False}


def test_an_access_token_of_somebody_opens_nothing_of_the_management_api(visitor: Visitor) -> None:
    visitor.sign_up("lea@example.com")
    visitor.begin()
    token = visitor.exchange()["access_token"]

    reply = httpx2.get(f"{visitor.server.url}/api/v2/clients", headers={"Authorization": f"Bearer {token}"})

    assert reply.status_code == 401


def test_an_application_signs_its_user_out_with_the_id_token(visitor: Visitor) -> None:
    visitor.sign_up("max@example.com")
    visitor.begin()
    id_token = visitor.exchange()["id_token"]
    out = f"{visitor.url}/oidc/logout?client_id={visitor.client_id}"

    visitor.tab.open(f"{out}&post_logout_redirect_uri=https://evil.example/")
    refused = visitor.text("h1")
    visitor.tab.open(out)
    asked = visitor.text("h1")
    still = visitor.begin()
    visitor.tab.open(f"{out}&id_token_hint={id_token}&post_logout_redirect_uri={visitor.application.url}&state=x")
    where = str(visitor.tab.run("location.href"))
    signed_out = visitor.begin()

    assert (refused, asked, still) == ("This link is not right", "Sign out?", "application")
    assert where == f"{visitor.application.url}/?state=x"
    assert signed_out == "identifier"


def logs(visitor: Visitor, kind: str) -> list[dict[str, Any]]:
    with visitor.server.client() as api:
        found: list[dict[str, Any]] = api.get("/api/v2/logs", params={"q": f"type:{kind}"}).json()
        return found


def test_signing_out_is_logged(visitor: Visitor) -> None:
    visitor.sign_up("noa@example.com")
    visitor.begin()
    sub = jwt.decode(visitor.exchange()["id_token"], options={"verify_signature": False})["sub"]

    visitor.tab.open(f"{visitor.url}/v2/logout?client_id={visitor.client_id}")

    assert sub in json.dumps(logs(visitor, "slo"))
