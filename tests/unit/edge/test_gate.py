"""The gate: every way in that must stay shut."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from hypothesis import given
from hypothesis import strategies as st

from signpost.edge.errors import Refusal
from signpost.edge.gate import Admission, Gate
from signpost.model.tenants import Tenant
from signpost.testing.builders import a_tenant
from signpost.usecases.clients import revoke_client
from tests.unit.edge.conftest import House, make_house

READ = "read:experimentation"
JSON = st.dictionaries(
    st.sampled_from(
        ["alg", "kid", "typ", "crit", "b64", "iss", "aud", "sub", "exp", "iat", "nbf", "azp", "scope", "x"]
    ),
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["RS256", "HS256", "none", "https://tenant-1.example/"])
    | st.lists(st.text(max_size=5), max_size=3),
)


def enter(gate: Gate, token: str | None, host: str = "tenant-1.example", scope: str = READ) -> Admission:
    authorization = f"Bearer {token}" if token is not None else None
    return asyncio.run(gate.admit(host, authorization, "192.0.2.1", scope))


def refusal_of(gate: Gate, token: str | None, **asked: str) -> Refusal:
    with pytest.raises(Refusal) as caught:
        enter(gate, token, **asked)
    return caught.value


def claims_of(house: House, **changes: Any) -> dict[str, Any]:
    now = int(house.clock.now().timestamp())
    claims = {
        "iss": house.first.issuer,
        "sub": f"{house.client.id}@clients",
        "aud": house.first.audience,
        "iat": now,
        "exp": now + 60,
        "scope": READ,
        "gty": "client-credentials",
        "azp": house.client.id,
    } | changes
    return {name: value for name, value in claims.items() if value is not None}


def sign(house: House, claims: dict[str, Any], *, tenant: Tenant | None = None, **header: str) -> str:
    key = house.keys.signing_key((tenant or house.first).id)
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.id} | header)


def sign_with_public_key_as_secret(house: House) -> str:
    """The classic confusion of algorithms: HS256 with the public key, as a library that trusts `alg` would check it."""
    key = house.keys.signing_key(house.first.id)
    secret = key.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    parts = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT", "kid": key.id}, claims_of(house))
    ]
    signature = hmac.new(secret, b".".join(parts), hashlib.sha256).digest()
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def sign_with_a_strange_key(house: House) -> str:
    strange = generate_private_key(public_exponent=65_537, key_size=2048)
    kid = house.keys.signing_key(house.first.id).id
    return jwt.encode(claims_of(house), strange, algorithm="RS256", headers={"kid": kid})


FORGERIES: dict[str, Callable[[House], str | None]] = {
    "no token": lambda _: None,
    "garbage": lambda _: "garbage",
    "two dots": lambda _: "..",
    "a long one": lambda _: "x" * 100_000,
    "not ASCII": lambda _: "é.é.é",
    "alg none": lambda house: jwt.encode(claims_of(house), "", algorithm="none"),
    "public key as secret": sign_with_public_key_as_secret,
    "a strange key": sign_with_a_strange_key,
    "an unknown kid": lambda house: sign(house, claims_of(house), kid="unknown"),
    "another audience": lambda house: sign(house, claims_of(house, aud="https://elsewhere.example/api/v2/")),
    "no audience": lambda house: sign(house, claims_of(house, aud=None)),
    "another issuer": lambda house: sign(house, claims_of(house, iss="https://elsewhere.example/")),
    "no expiry": lambda house: sign(house, claims_of(house, exp=None)),
    "expired": lambda house: sign(house, claims_of(house, exp=1)),
    "not yet valid": lambda house: sign(house, claims_of(house, nbf=32_503_680_000)),
    "of tomorrow": lambda house: sign(house, claims_of(house, iat=32_503_680_000)),
    "another subject": lambda house: sign(house, claims_of(house, sub="somebody@clients")),
    "an unknown client": lambda house: sign(house, claims_of(house, sub="cli_x@clients", azp="cli_x")),
    "of the other tenant": lambda house: sign(
        house, claims_of(house, iss=house.second.issuer, aud=house.second.audience), tenant=house.second
    ),
    "signed by the other tenant": lambda house: sign(house, claims_of(house), tenant=house.second),
}


def test_a_good_token_comes_in(house: House) -> None:
    admission = enter(house.gate(), house.token())

    assert admission.state.tenant == house.first
    assert admission.principal.client_id == house.client.id


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_token_that_proves_nothing_is_refused(house: House, forge: Callable[[House], str | None]) -> None:
    refusal = refusal_of(house.gate(), forge(house))

    assert (refusal.status, refusal.code, refusal.message) == (401, "invalid_token", "Invalid token.")
    assert (b"www-authenticate", b"Bearer") in refusal.headers


@pytest.mark.parametrize("authorization", ["Basic abc", "Bearer", "Bearer ", "Token abc", "", "bearer  "])
def test_only_a_bearer_comes_in(house: House, authorization: str) -> None:
    with pytest.raises(Refusal) as caught:
        asyncio.run(house.gate().admit("tenant-1.example", authorization, "192.0.2.1", READ))

    assert caught.value.status == 401


def test_the_scheme_is_read_without_regard_to_case(house: House) -> None:
    token = house.token()

    admission = asyncio.run(house.gate().admit("tenant-1.example", f"bearer {token}", "192.0.2.1", READ))

    assert admission.state.tenant == house.first


def test_a_missing_scope_is_named(house: House) -> None:
    refusal = refusal_of(house.gate(), house.token("create:experimentation"))

    assert (refusal.status, refusal.code) == (403, "insufficient_scope")
    assert refusal.message == "Insufficient scope; expected any of: read:experimentation."


def test_a_token_of_one_tenant_is_nothing_to_another(house: House) -> None:
    gate = house.gate()
    token = house.token()
    enter(gate, token)

    assert refusal_of(gate, token, host="tenant-2.example").status == 401


def test_the_token_of_a_revoked_client_is_refused_at_once(house: House) -> None:
    gate = house.gate()
    token = house.token()
    enter(gate, token)

    revoke_client(house.call(house.first), house.client.id)
    house.catalog.refresh()

    assert refusal_of(gate, token).status == 401


def test_a_known_token_is_forgotten_when_it_expires(house: House) -> None:
    gate = house.gate()
    authorization = f"Bearer {house.token()}"
    asyncio.run(gate.admit("tenant-1.example", authorization, "192.0.2.1", READ))
    assert gate.admit_known("tenant-1.example", authorization, READ) is not None

    house.later(hours=2)

    assert gate.admit_known("tenant-1.example", authorization, READ) is None


def test_a_token_of_a_removed_key_is_forgotten_within_a_second(house: House) -> None:
    gate = house.gate()
    token = house.token()
    enter(gate, token)
    house.keys.rotate(house.first.id)
    (house.folder / house.first.id / "first.pem").unlink()

    house.later(seconds=1)

    assert refusal_of(gate, token).status == 401


def test_a_token_of_an_older_domain_is_forgotten_within_a_second(house: House) -> None:
    gate = house.gate()
    token = house.token()
    enter(gate, token)
    house.store.replace_tenant(replace(house.first, domain="renamed.example"), "tests")
    house.catalog.refresh()

    house.later(seconds=1)

    assert refusal_of(gate, token, host="renamed.example").status == 401


def test_a_client_that_lost_a_scope_lost_it_in_its_tokens_too(house: House) -> None:
    gate = house.gate()
    token = house.token()
    with house.call(house.first).writing() as tenant:
        tenant.clients.replace(replace(house.client, scopes=("create:events",)))

    house.catalog.refresh()

    assert refusal_of(gate, token).status == 403


def test_clocks_may_be_a_little_apart(house: House) -> None:
    now = int(house.clock.now().timestamp())

    admission = enter(house.gate(), sign(house, claims_of(house, iat=now + 3, exp=now - 3)))

    assert admission.state.tenant == house.first


@given(token=st.text(max_size=200) | st.from_regex(r"\A[\w-]{0,80}\.[\w-]{0,80}\.[\w-]{0,80}\Z"))
def test_whatever_is_shown_is_refused_and_nothing_breaks(token: str) -> None:
    with TemporaryDirectory() as folder:
        house = make_house(Path(folder))

        assert refusal_of(house.gate(), token).status == 401


@given(header=JSON, claims=JSON)
def test_whatever_a_token_holds_is_refused_and_nothing_breaks(header: Any, claims: Any) -> None:
    parts = [base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in (header, claims)]
    with TemporaryDirectory() as folder:
        house = make_house(Path(folder))

        assert refusal_of(house.gate(), ".".join([*parts, "c2ln"])).status == 401


def test_a_token_of_an_older_key_stays_good_after_a_rotation(house: House) -> None:
    token = house.token()

    newer = house.keys.rotate(house.first.id)

    assert enter(house.gate(), token).principal.client_id == house.client.id
    assert jwt.get_unverified_header(house.token())["kid"] == newer.id
    assert enter(house.gate(), house.token()).principal.client_id == house.client.id


@pytest.mark.parametrize(
    ("host", "number"),
    [
        ("tenant-1.example", 1),
        ("TENANT-2.example", 2),
        ("tenant-2.example:8443", 2),
        ("127.0.0.1:8080", 1),
        ("unknown.example", 1),
        ("", 1),
        ("[::1]:8080", 1),
    ],
)
def test_the_host_names_the_tenant_and_unknown_ones_the_default(house: House, host: str, number: int) -> None:
    found = house.catalog.find(host)

    assert found is not None
    assert found.tenant == a_tenant(number)


def test_a_domain_with_a_port_is_found_by_both(house: House) -> None:
    house.store.replace_tenant(replace(house.second, domain="localhost:8443"), "tests")
    house.catalog.refresh()

    found = house.catalog.find("localhost:8443")

    assert found is not None
    assert found.tenant.id == house.second.id


def test_the_limit_is_counted_per_client_and_told(house: House) -> None:
    gate = house.gate(per_minute=2)
    token = house.token()

    remaining = [dict(enter(gate, token).headers)[b"x-ratelimit-remaining"] for _ in range(2)]
    refusal = refusal_of(gate, token)

    assert remaining == [b"1", b"0"]
    assert (refusal.status, refusal.code) == (429, "too_many_requests")
    headers = dict(refusal.headers)
    assert headers[b"x-ratelimit-limit"] == b"2"
    assert 1 <= int(headers[b"retry-after"]) <= 60
    assert int(headers[b"x-ratelimit-reset"]) % 60 == 0


def test_a_new_minute_is_a_new_limit(house: House) -> None:
    gate = house.gate(per_minute=1)
    token = house.token()
    enter(gate, token)
    refusal_of(gate, token)

    house.later(minutes=1)

    assert enter(gate, token).state.tenant == house.first


def test_strangers_are_limited_by_address(house: House) -> None:
    gate = house.gate(per_minute=1)
    refusal_of(gate, "garbage")

    assert refusal_of(gate, "garbage").status == 429
    assert enter(gate, house.token()).state.tenant == house.first


def test_without_a_limit_the_headers_are_still_there(house: House) -> None:
    headers = dict(enter(house.gate(), house.token()).headers)

    assert headers[b"x-ratelimit-limit"] == b"1000000000"
