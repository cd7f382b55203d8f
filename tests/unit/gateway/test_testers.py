"""What a tester's browser keeps."""

from datetime import timedelta

import pytest

from signpost.assignment import Override, SignedOverride
from signpost.exchange import seal_override
from signpost.gateway.visits import Visit
from signpost.middleware.testers import OverrideCookie
from signpost.testing.builders import a_variation
from tests.unit.gateway.house import House, fields_of, halves

SECURE = OverrideCookie(is_secure=True)


def seal(house: House, variation: int) -> tuple[SignedOverride, str]:
    until = house.clock.now() + timedelta(hours=1)
    signed = SignedOverride("o1", Override(None, a_variation(variation).id), "why", "who", until)
    return signed, seal_override(signed, house.keys.override_secret(house.tenant.id))


def test_it_is_kept_as_long_as_it_is_good(house: House) -> None:
    signed, token = seal(house, 2)

    written = SECURE.write(token, signed, signed.expires_at - timedelta(minutes=5))

    assert written == f"__Host-signpost_override={token}; Max-Age=300; Path=/; HttpOnly; SameSite=Lax; Secure"
    assert SECURE.read(f"a=b; {written.partition(';')[0]}") == token
    assert "Max-Age=0" in SECURE.write(token, signed, signed.expires_at + timedelta(minutes=5))
    assert SECURE.read(SECURE.forget().partition(";")[0]) is None


def test_over_plain_http_it_has_another_name() -> None:
    assert OverrideCookie(is_secure=False).forget() == "signpost_override=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"


@pytest.mark.parametrize("variation", [1, 2])
def test_what_the_browser_keeps_is_obeyed_unless_the_request_says_otherwise(house: House, variation: int) -> None:
    house.add(halves())
    kept = f"__Host-signpost_override={seal(house, variation)[1]}"
    other = f"experiment_override={seal(house, 3 - variation)[1]}".encode()

    ways = house.lead(Visit(b"", kept), Visit(other, kept), Visit(b"experiment_id=exp_none", kept))

    assert a_variation(variation).id in fields_of(ways[0])["ext-experiment"]
    assert a_variation(3 - variation).id in fields_of(ways[1])["ext-experiment"]
    assert [entry["details"]["assignment"].get("is_forced", False) for entry in house.log()] == [True, True, False]
