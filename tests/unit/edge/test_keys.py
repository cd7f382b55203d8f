"""Keys in files: who reads them, who makes them, which of them sign."""

import base64
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA256

from signpost.edge.keys import KeyRing, thumbprint_of
from signpost.testing.repeatable import SteppingClock
from tests.unit.edge.conftest import House

TENANT = "ten_1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "keys"


def ring_over(folder: Path) -> KeyRing:
    return KeyRing(folder, SteppingClock())


def decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_thumbprint_is_that_of_the_rfc() -> None:
    # The example of RFC 7638, section 3.1.
    modulus = (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMs"
        "tn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn"
        "1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    )
    key = RSAPublicNumbers(65_537, int.from_bytes(decode(modulus))).public_key()

    assert thumbprint_of(key) == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"


def test_a_token_is_verified_by_the_published_key_and_the_plain_words_of_the_standard(house: House) -> None:
    # RFC 7518, section 3.3, done by hand: the library that makes the tokens is not asked.
    header, claims, signature = house.token().split(".")
    jwk = house.keys.signing_key(house.first.id).as_jwk()
    numbers = RSAPublicNumbers(int.from_bytes(decode(jwk["e"])), int.from_bytes(decode(jwk["n"])))

    numbers.public_key().verify(decode(signature), f"{header}.{claims}".encode(), PKCS1v15(), SHA256())


def test_nobody_else_can_read_a_key(folder: Path) -> None:
    ring = ring_over(folder)

    ring.signing_key(TENANT)
    ring.assignment_secret(TENANT)
    ring.override_secret(TENANT)
    ring.device_secret(TENANT)

    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in folder.rglob("*")}
    names = ("first.pem", "assignments.key", "overrides.key", "devices.key")
    assert modes == {TENANT: 0o700, **dict.fromkeys(names, 0o600)}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_those_who_start_at_once_agree_on_one_key_and_one_secret(folder: Path) -> None:
    rings = [ring_over(folder) for _ in range(8)]

    with ThreadPoolExecutor(len(rings)) as pool:
        keys = {key.id for key in pool.map(lambda ring: ring.signing_key(TENANT), rings)}
        secrets = set(pool.map(lambda ring: ring.assignment_secret(TENANT), rings))

    assert len(keys) == len(secrets) == 1
    assert sorted(path.name for path in (folder / TENANT).iterdir()) == ["assignments.key", "first.pem"]


def test_the_secret_is_32_bytes_and_stays(folder: Path) -> None:
    secret = ring_over(folder).assignment_secret(TENANT)

    assert len(secret) == 32
    assert ring_over(folder).assignment_secret(TENANT) == secret
    assert ring_over(folder).assignment_secret("ten_2") != secret


def test_no_secret_serves_two_purposes(folder: Path) -> None:
    ring = ring_over(folder)

    secrets = [ring.override_secret(TENANT), ring.assignment_secret(TENANT), ring.device_secret(TENANT)]
    assert len(set(secrets)) == len(secrets)
    assert ring.override_secret(TENANT) == ring_over(folder).override_secret(TENANT)
    assert ring.override_secret(TENANT) != ring.override_secret("ten_2")


def test_another_process_signs_with_a_rotated_key_at_once(folder: Path) -> None:
    here, there = ring_over(folder), ring_over(folder)
    older = here.signing_key(TENANT)

    newer = there.rotate(TENANT)

    assert here.signing_key(TENANT).id == newer.id != older.id
    assert set(here.verifying_keys(TENANT)) == {older.id, newer.id}


def test_a_key_whose_file_is_removed_verifies_nothing_any_more(house: House) -> None:
    older = house.token()
    newer = house.keys.rotate(house.first.id)

    (house.folder / house.first.id / "first.pem").unlink()

    assert set(house.keys.verifying_keys(house.first.id)) == {newer.id}
    assert jwt.get_unverified_header(older)["kid"] not in house.keys.verifying_keys(house.first.id)


def test_what_is_no_rsa_key_is_named(folder: Path) -> None:
    ring = ring_over(folder)
    ring.signing_key(TENANT)
    (folder / TENANT / "second.pem").write_text("nonsense")

    with pytest.raises(ValueError, match=r"PEM|key|data"):
        ring.signing_key(TENANT)


def test_log_stream_keys_are_good_until_a_newer_one_stands_alone_in_every_process(folder: Path) -> None:
    clock = SteppingClock()
    ring, other = KeyRing(folder, clock), ring_over(folder)
    first = ring.make_log_stream_key(TENANT)
    clock.advance(timedelta(seconds=1))

    second = ring.make_log_stream_key(TENANT)

    given = (first, second, first[:-1], "lsk_", "")
    assert [other.is_log_stream_key(TENANT, key) for key in given] == [True, True, False, False, False]
    assert not other.is_log_stream_key("ten_2", first)
    assert [ring.revoke_older_log_stream_keys(TENANT) for _ in range(2)] == [1, 0]
    assert [other.is_log_stream_key(TENANT, key) for key in (first, second)] == [False, True]


def test_of_a_log_stream_key_only_the_hash_is_kept(folder: Path) -> None:
    key = ring_over(folder).make_log_stream_key(TENANT)

    (path,) = (folder / TENANT).iterdir()

    assert key.encode() not in path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
