"""The token endpoint, the keys, the discovery document: OAuth 2 as clients know it, on the whole application."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import jwt
import pytest
from starlette.testclient import TestClient

from signpost.bootstrap import Parts, create_app, open_parts, set_up
from signpost.config import load_settings
from signpost.edge.grants import WRONG_SECRETS_MAX
from signpost.model.tenants import SCOPES
from signpost.usecases.clients import Credentials, create_client, revoke_client, rotate_client
from signpost.usecases.tenants import create_tenant, find_tenant

AUDIENCE = "https://signpost.localhost/api/v2/"
FLAGS = "/api/v2/experimentation/feature-flags"


@dataclass
class Site:
    """The application over a data folder, and a client of its default tenant."""

    http: TestClient
    parts: Parts
    credentials: Credentials
    operator: str

    def fields(self, **changes: Any) -> dict[str, Any]:
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.credentials.client.id,
            "client_secret": self.credentials.secret,
            "audience": AUDIENCE,
        } | changes
        return {name: value for name, value in fields.items() if value is not None}

    def ask(self, **changes: Any) -> Any:
        return self.http.post("/oauth/token", data=self.fields(**changes))

    def refresh(self) -> None:
        """Let the application see what was changed behind it: a process reads all that is new after a change of its own."""
        flag = {"name": f"flag {uuid4()}", "parameters": {"p": {"type": "string", "value": "v"}}}
        reply = self.http.post(FLAGS, json=flag, headers={"authorization": f"Bearer {self.operator}"})
        assert reply.status_code == 201, reply.text

    def basic(self, secret: str | None = None) -> dict[str, str]:
        pair = f"{self.credentials.client.id}:{secret or self.credentials.secret}"
        return {"authorization": f"Basic {base64.b64encode(pair.encode()).decode()}"}


@contextmanager
def open_site(folder: Path) -> Iterator[Site]:
    settings = load_settings({"data": folder, "log_level": "error", "rate_limit": 0}, {}).settings
    parts = open_parts(settings)
    credentials = set_up(parts)
    assert credentials is not None
    tenant = find_tenant(parts.store, None)
    operator = create_client(parts.call(tenant, "tests"), "operator", SCOPES)
    with TestClient(create_app(settings)) as http:
        yield Site(http, parts, credentials, parts.tokens.issue(tenant, operator.client, SCOPES))
    parts.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A site that all tests share; nothing is changed in it."""
    with open_site(tmp_path_factory.mktemp("site") / "data") as site:
        yield site


@pytest.fixture
def own_site(tmp_path: Path) -> Iterator[Site]:
    """A site of the test's own."""
    with open_site(tmp_path / "data") as site:
        yield site


def test_a_token_is_what_the_contract_says(site: Site) -> None:
    reply = site.ask()

    body = reply.json()
    assert reply.status_code == 200
    assert reply.headers["cache-control"] == "no-store"
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert {name: value for name, value in body.items() if name != "access_token"} == {
        "token_type": "Bearer",
        "expires_in": 86_400,
        "scope": " ".join(SCOPES),
    }
    header = jwt.get_unverified_header(body["access_token"])
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    issued_at, expires_at = claims.pop("iat"), claims.pop("exp")
    assert header["alg"] == "RS256"
    assert expires_at - issued_at == 86_400
    assert claims == {
        "iss": "https://signpost.localhost/",
        "sub": f"{site.credentials.client.id}@clients",
        "aud": AUDIENCE,
        "scope": " ".join(SCOPES),
        "gty": "client-credentials",
        "azp": site.credentials.client.id,
    }


def test_the_token_opens_the_api_and_its_key_is_published(site: Site) -> None:
    token = site.ask().json()["access_token"]

    published = jwt.PyJWKSet.from_dict(site.http.get("/.well-known/jwks.json").json())
    jwt.decode(token, published[jwt.get_unverified_header(token)["kid"]], audience=AUDIENCE, algorithms=["RS256"])
    assert site.http.get(FLAGS, headers={"authorization": f"Bearer {token}"}).status_code == 200


def test_json_is_as_good_as_a_form(site: Site) -> None:
    assert site.http.post("/oauth/token", json=site.fields()).status_code == 200
    assert site.http.post("/oauth/token", content=json.dumps(site.fields())).status_code == 200


def test_basic_is_as_good_as_the_body(site: Site) -> None:
    fields = site.fields(client_id=None, client_secret=None)

    assert site.http.post("/oauth/token", data=fields, headers=site.basic()).status_code == 200


def test_the_host_that_was_asked_is_an_alias_in_the_audience(site: Site) -> None:
    assert site.ask(audience="https://testserver/api/v2/").status_code == 200
    assert site.http.post(
        "/oauth/token", data=site.fields(audience="https://127.0.0.1:8080/api/v2/"), headers={"host": "127.0.0.1:8080"}
    ).json()["token_type"]


def test_a_requested_scope_narrows_and_nothing_more(site: Site) -> None:
    narrow = site.ask(scope="read:experimentation read:users").json()

    headers = {"authorization": f"Bearer {narrow['access_token']}"}
    assert narrow["scope"] == "read:experimentation"
    assert site.http.get(FLAGS, headers=headers).status_code == 200
    refused = site.http.post(FLAGS, headers=headers, json={})
    assert refused.status_code == 403
    assert refused.json()["errorCode"] == "insufficient_scope"
    assert refused.json()["message"] == "Insufficient scope; expected any of: create:experimentation."


@pytest.mark.parametrize(
    ("changes", "status", "error"),
    [
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, 400, "unauthorized_client"),
        ({"client_id": None}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_id": "cli_unknown"}, 401, "invalid_client"),
        ({"client_secret": "\ud800"}, 401, "invalid_client"),
        ({"audience": None}, 400, "invalid_request"),
        ({"audience": "https://elsewhere.example/api/v2/"}, 403, "access_denied"),
        ({"audience": "https://signpost.localhost/"}, 403, "access_denied"),
        ({"scope": "read:users"}, 400, "invalid_scope"),
        ({"audience": ["x"]}, 400, "invalid_request"),
        ({"client_id": 5}, 400, "invalid_request"),
        ({"client_secret": {"a": 1}}, 400, "invalid_request"),
    ],
)
def test_what_is_wrong_is_said_in_the_words_of_oauth(
    site: Site, changes: dict[str, Any], status: int, error: str
) -> None:
    reply = site.http.post("/oauth/token", content=json.dumps(site.fields(**changes)))

    assert reply.status_code == status
    assert set(reply.json()) == {"error", "error_description"}
    assert reply.json()["error"] == error
    assert reply.headers["cache-control"] == "no-store"
    assert "www-authenticate" not in reply.headers
    assert "x-ratelimit-limit" in reply.headers


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"nonsense",
        b"\xff",
        b"{" * 10_000,
        b"&".join([b"a=1"] * 50),
        b"a=1&a=2",
        b"%",
    ],
)
def test_a_body_that_is_none_is_said(site: Site, content: bytes) -> None:
    reply = site.http.post("/oauth/token", content=content)

    assert (reply.status_code, reply.json()["error"]) == (400, "invalid_request")


def test_a_wrong_secret_in_basic_is_challenged(site: Site) -> None:
    reply = site.http.post(
        "/oauth/token", data=site.fields(client_id=None, client_secret=None), headers=site.basic("wrong")
    )

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == 'Basic realm="signpost"'


@pytest.mark.parametrize("header", ["Basic", "Basic !!!", "Basic bm9jb2xvbg==", "Bearer abc", "Basic /////w=="])
def test_a_header_that_is_not_basic_proves_nothing(site: Site, header: str) -> None:
    reply = site.http.post(
        "/oauth/token", data=site.fields(client_id=None, client_secret=None), headers={"authorization": header}
    )

    assert (reply.status_code, reply.json()["error"]) == (401, "invalid_client")


def test_the_client_proves_itself_in_one_way(site: Site) -> None:
    both = site.http.post("/oauth/token", data=site.fields(), headers=site.basic())
    other = site.http.post(
        "/oauth/token", data=site.fields(client_id="cli_other", client_secret=None), headers=site.basic()
    )

    assert (both.status_code, both.json()["error"]) == (400, "invalid_request")
    assert (other.status_code, other.json()["error"]) == (400, "invalid_request")


def test_who_guesses_secrets_has_to_wait_and_others_have_not(own_site: Site) -> None:
    other = create_client(own_site.parts.call(find_tenant(own_site.parts.store, None), "tests"), "other", SCOPES)
    for _ in range(WRONG_SECRETS_MAX):
        assert own_site.ask(client_secret="wrong").status_code == 401

    refused = own_site.ask()

    assert (refused.status_code, refused.json()["error"]) == (429, "temporarily_unavailable")
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    own_site.refresh()
    assert own_site.ask(client_id=other.client.id, client_secret=other.secret).status_code == 200


def test_a_rotated_secret_is_good_no_more_and_the_new_one_is(own_site: Site) -> None:
    call = own_site.parts.call(find_tenant(own_site.parts.store, None), "tests")

    rotated = rotate_client(call, own_site.credentials.client.id)
    own_site.refresh()

    assert own_site.ask().status_code == 401
    assert own_site.ask(client_secret=rotated.secret).status_code == 200


def test_a_revoked_client_is_shut_out_with_its_tokens(own_site: Site) -> None:
    token = own_site.ask().json()["access_token"]

    revoke_client(own_site.parts.call(find_tenant(own_site.parts.store, None), "tests"), own_site.credentials.client.id)
    own_site.refresh()

    assert own_site.ask().status_code == 401
    refused = own_site.http.get(FLAGS, headers={"authorization": f"Bearer {token}"})
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"] == "Bearer"
    assert refused.json() == {
        "statusCode": 401,
        "error": "Unauthorized",
        "message": "Invalid token.",
        "errorCode": "invalid_token",
    }


def test_two_authorization_headers_are_none(site: Site) -> None:
    token = site.ask().json()["access_token"]

    reply = site.http.get(FLAGS, headers=[("authorization", f"Bearer {token}"), ("authorization", f"Bearer {token}")])

    assert reply.status_code == 401


def test_each_tenant_has_its_own_clients_keys_and_names(own_site: Site) -> None:
    parts = own_site.parts
    second = create_tenant(parts.store, parts.clock, parts.ids, "tests", name="second", domain="second.example")
    credentials = create_client(parts.call(second, "tests"), "client", SCOPES)
    own_site.refresh()
    there = {"host": "second.example"}

    fields = own_site.fields(
        client_id=credentials.client.id, client_secret=credentials.secret, audience="https://second.example/api/v2/"
    )
    token = own_site.http.post("/oauth/token", data=fields, headers=there).json()["access_token"]

    assert jwt.decode(token, options={"verify_signature": False})["iss"] == "https://second.example/"
    bearer = {"authorization": f"Bearer {token}"}
    assert own_site.http.get(FLAGS, headers=there | bearer).status_code == 200
    assert own_site.http.get(FLAGS, headers=bearer).status_code == 401
    assert own_site.http.post("/oauth/token", data=fields).status_code == 401
    assert own_site.http.post("/oauth/token", data=own_site.fields(), headers=there).status_code == 401
    assert (
        own_site.http.get("/.well-known/jwks.json", headers=there).json()
        != own_site.http.get("/.well-known/jwks.json").json()
    )


def test_the_discovery_document_leads_to_the_token_and_the_keys(site: Site) -> None:
    document = site.http.get("/.well-known/openid-configuration").json()

    assert document["issuer"] == "https://signpost.localhost/"
    assert document["token_endpoint"] == "http://testserver/oauth/token"
    assert site.http.get(document["jwks_uri"]).json()["keys"]
    assert "client_credentials" in document["grant_types_supported"]


def test_the_published_keys_hold_nothing_private(own_site: Site) -> None:
    own_site.parts.keys.rotate(find_tenant(own_site.parts.store, None).id)

    keys = own_site.http.get("/.well-known/jwks.json").json()["keys"]

    assert len(keys) == 2
    assert all(set(key) == {"kty", "n", "e", "kid", "use", "alg"} for key in keys)


@pytest.mark.parametrize("host", ["[", "a b", "x" * 1000, "", "é", "\x00", "[::1]:99999"])
def test_a_strange_host_breaks_nothing(site: Site, host: str) -> None:
    for path in ("/.well-known/openid-configuration", "/.well-known/jwks.json", "/health"):
        assert site.http.get(path, headers={b"host": host.encode()}).status_code == 200


def test_health_and_readiness_ask_for_nothing(site: Site) -> None:
    assert site.http.get("/health").json() == {"status": "ok"}
    ready = site.http.get("/ready")
    assert ready.status_code == 200
    assert ready.json() == {"status": "ok", "parts": {"database": "ok", "tenants": "ok", "events": "ok"}}
