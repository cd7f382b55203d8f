"""Tokens of a foreign issuer: which are let in, and what its key set may do to us."""

import asyncio
import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from signpost.edge.errors import Refusal
from signpost.edge.foreign import BYTES_MAX, KEEP_SECONDS, RETRY_SECONDS, ForeignKeys, is_acceptable_uri
from signpost.edge.gate import Admission, Gate
from signpost.edge.tokens import Tokens
from tests.unit.edge.conftest import House
from tests.unit.edge.issuer import Issuer, publish, serving

READ = "read:experimentation"


class Seconds:
    """A clock that stands still until told."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with serving() as issuer:
        yield issuer


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


@pytest.fixture
def gate(house: House, issuer: Issuer, seconds: Seconds) -> Gate:
    """The gate of a house whose first tenant trusts the issuer."""
    house.first = replace(house.first, foreign_issuer=issuer.of())
    house.store.replace_tenant(house.first, "tests")
    house.catalog.refresh()
    house.tokens = Tokens(house.keys, ForeignKeys(seconds), house.clock, 3_600)
    return house.gate()


def enter(gate: Gate, token: str, host: str = "tenant-1.example") -> Admission:
    return asyncio.run(gate.admit(host, f"Bearer {token}", "192.0.2.1", READ))


def status_of(gate: Gate, token: str, host: str = "tenant-1.example") -> int:
    try:
        enter(gate, token, host)
    except Refusal as refusal:
        return refusal.status
    return 200


@pytest.mark.parametrize("algorithm", ["RS256", "PS256", "ES256", "EdDSA"])
def test_a_token_of_the_issuer_comes_in(gate: Gate, house: House, issuer: Issuer, algorithm: str) -> None:
    admission = enter(gate, issuer.sign(house.first, algorithm))

    assert admission.principal.subject == "user|1"
    assert admission.principal.client_id is None


@pytest.mark.parametrize("claims", [{"scope": READ}, {"scp": [READ]}, {"scp": READ}, {"permissions": [READ, 7]}])
def test_scopes_are_read_wherever_issuers_put_them(
    gate: Gate, house: House, issuer: Issuer, claims: dict[str, Any]
) -> None:
    assert status_of(gate, issuer.sign(house.first, **({"scope": None} | claims))) == 200


def test_without_the_scope_it_stays_outside(gate: Gate, house: House, issuer: Issuer) -> None:
    assert status_of(gate, issuer.sign(house.first, scope="openid")) == 403


def test_the_tenants_own_tokens_come_in_as_before(gate: Gate, house: House) -> None:
    assert status_of(gate, house.token()) == 200


REFUSED: dict[str, Callable[[House, Issuer], str]] = {
    "another audience": lambda house, issuer: issuer.sign(house.second),
    "expired": lambda house, issuer: issuer.sign(house.first, exp=1),
    "no expiry": lambda house, issuer: issuer.sign(house.first, exp=None),
    "no subject": lambda house, issuer: issuer.sign(house.first, sub=None),
    "another issuer": lambda house, issuer: issuer.sign(house.first, iss="https://elsewhere.example/"),
    "an unknown kid": lambda house, issuer: issuer.sign(house.first, kid="unknown"),
    "a key of another type": lambda house, issuer: issuer.sign(house.first, "RS256", kid="ES256"),
    "the issuer's name, our key": lambda house, issuer: house.tokens.issue(
        replace(house.first, domain="issuer.example"), house.client, (READ,)
    ),
}


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED.keys())
def test_a_foreign_token_that_proves_nothing_is_refused(
    gate: Gate, house: House, issuer: Issuer, make: Callable[[House, Issuer], str]
) -> None:
    assert status_of(gate, make(house, issuer)) == 401


def test_a_tenant_that_does_not_trust_the_issuer_refuses_it(gate: Gate, house: House, issuer: Issuer) -> None:
    assert status_of(gate, issuer.sign(house.second), "tenant-2.example") == 401


def test_a_secret_that_an_issuer_publishes_by_mistake_is_no_key(gate: Gate, house: House, issuer: Issuer) -> None:
    secret = b"0" * 32
    issuer.keys = [{"kty": "oct", "kid": "shared", "k": base64.urlsafe_b64encode(secret).decode().rstrip("=")}]
    body = issuer.sign(house.first).split(".")[1]
    header = base64.urlsafe_b64encode(json.dumps({"alg": "HS256", "kid": "shared"}).encode()).decode().rstrip("=")
    signature = hmac.new(secret, f"{header}.{body}".encode(), hashlib.sha256).digest()

    token = f"{header}.{body}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"

    assert status_of(gate, token) == 401


@pytest.mark.parametrize("alg", ["RS256", "PS256"])
def test_a_key_that_names_its_algorithm_is_good_for_no_other(
    gate: Gate, house: House, issuer: Issuer, alg: str
) -> None:
    issuer.keys = [publish("RS256", "one", alg=alg)]

    assert status_of(gate, issuer.sign(house.first, alg, kid="one")) == 200
    assert status_of(gate, issuer.sign(house.first, {"RS256": "PS256", "PS256": "RS256"}[alg], kid="one")) == 401


def test_a_key_for_encryption_verifies_nothing(gate: Gate, house: House, issuer: Issuer) -> None:
    issuer.keys = [publish("RS256", "RS256", use="enc")]

    assert status_of(gate, issuer.sign(house.first)) == 401


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"nonsense",
        b"[]",
        b"null",
        b'{"keys": {}}',
        b'{"keys": [1, null, []]}',
        b'{"keys": [{"kid": "RS256"}]}',
        b'{"keys": [{"kid": "RS256", "kty": "RSA"}]}',
        b'{"keys": [{"kid": "RS256", "kty": "RSA", "n": 5, "e": null}]}',
        b'{"keys": [{"kid": ["RS256"], "kty": {}}]}',
        b"[" * 100_000,
        b"\xff\xfe",
        b" " * (BYTES_MAX + 1),
    ],
)
def test_an_issuer_that_publishes_nonsense_is_no_issuer(gate: Gate, house: House, issuer: Issuer, body: bytes) -> None:
    issuer.body = body

    assert status_of(gate, issuer.sign(house.first)) == 401
    assert status_of(gate, house.token()) == 200


@pytest.mark.parametrize("status", [301, 302, 404, 500])
def test_nobody_is_followed_elsewhere(gate: Gate, house: House, issuer: Issuer, status: int) -> None:
    issuer.status = status
    issuer.location = issuer.uri

    assert status_of(gate, issuer.sign(house.first)) == 401
    assert issuer.asked == 1


def test_keys_are_fetched_once_and_again_when_they_are_old(
    gate: Gate, house: House, issuer: Issuer, seconds: Seconds
) -> None:
    for number in range(3):
        status_of(gate, issuer.sign(house.first, jti=str(number)))
    assert issuer.asked == 1

    seconds.now += KEEP_SECONDS
    status_of(gate, issuer.sign(house.first, jti="later"))

    assert issuer.asked == 2


def test_unknown_keys_are_asked_for_again_only_after_a_while(
    gate: Gate, house: House, issuer: Issuer, seconds: Seconds
) -> None:
    for number in range(5):
        assert status_of(gate, issuer.sign(house.first, kid=f"unknown-{number}")) == 401
    assert issuer.asked == 1

    seconds.now += RETRY_SECONDS
    issuer.keys = [publish("RS256", "rotated")]

    assert status_of(gate, issuer.sign(house.first, kid="rotated")) == 200
    assert issuer.asked == 2


def test_the_last_keys_stand_while_the_issuer_is_away(
    gate: Gate, house: House, issuer: Issuer, seconds: Seconds
) -> None:
    status_of(gate, issuer.sign(house.first))
    issuer.status = 500
    seconds.now += KEEP_SECONDS

    assert status_of(gate, issuer.sign(house.first, jti="again")) == 200


def test_nobody_waits_for_an_issuer_that_is_slow(gate: Gate, house: House, issuer: Issuer) -> None:
    issuer.wait_seconds = 0.5
    order: list[str] = []

    async def enter_both() -> None:
        async def come(name: str, token: str) -> None:
            await gate.admit("tenant-1.example", f"Bearer {token}", "192.0.2.1", READ)
            order.append(name)

        await asyncio.gather(come("foreign", issuer.sign(house.first)), come("own", house.token()))

    asyncio.run(enter_both())

    assert order == ["own", "foreign"]


@pytest.mark.parametrize(
    ("uri", "is_good"),
    [
        ("https://issuer.example/jwks.json", True),
        ("http://127.0.0.1:8080/jwks.json", True),
        ("http://localhost/jwks.json", True),
        ("http://issuer.example/jwks.json", False),
        ("file:///etc/passwd", False),
        ("https://", False),
        ("https://[", False),
        ("issuer.example", False),
        ("", False),
    ],
)
def test_keys_are_fetched_over_https_or_from_this_machine(uri: str, is_good: bool) -> None:
    assert is_acceptable_uri(uri) is is_good
