"""The device cookie."""

import base64
from http.cookies import SimpleCookie

import pytest

from signpost.middleware.cookies import HEADER_MAX, DeviceCookies

KEY, OTHER, OLD = "k" * 32, "o" * 32, "p" * 32


def header(cookies: DeviceCookies, device_id: str | None = None) -> str:
    device = cookies.make()
    return f"{cookies.name}={cookies.write(device if device_id is None else device._replace(id=device_id)).value}"


def test_a_device_is_known_again() -> None:
    cookies = DeviceCookies([KEY])
    device = cookies.make()

    found = cookies.read(f"theme=dark; {cookies.name}={cookies.write(device).value}; other=1")

    assert found == (device.id, False)
    assert device.is_to_be_sent


def test_the_cookie_is_guarded_as_cookies_can_be() -> None:
    cookies = DeviceCookies([KEY])

    said = cookies.write(cookies.make()).as_header()

    (morsel,) = SimpleCookie(said).values()
    assert morsel.key.startswith("__Host-")
    assert (morsel["path"], morsel["samesite"], morsel["domain"]) == ("/", "Lax", "")
    assert morsel["httponly"]
    assert morsel["secure"]
    assert int(morsel["max-age"]) == 400 * 24 * 3600


def test_without_https_it_has_a_plain_name() -> None:
    cookies = DeviceCookies([KEY], secure=False)

    assert cookies.name == "signpost_device"
    assert "Secure" not in cookies.write(cookies.make()).as_header()


def test_no_two_devices_are_alike() -> None:
    cookies = DeviceCookies([KEY])

    assert len({cookies.make().id for _ in range(10_000)}) == 10_000


def test_every_single_change_of_a_cookie_is_seen() -> None:
    cookies = DeviceCookies([KEY])
    value = cookies.write(cookies.make()).value

    for i in range(len(value)):
        changed = value[:i] + ("A" if value[i] != "A" else "B") + value[i + 1 :]
        assert cookies.read(f"{cookies.name}={changed}") is None
        assert cookies.read(f"{cookies.name}={value[:i]}") is None


@pytest.mark.parametrize(
    "value",
    ["", ".", "1.", "1..", "é", "1" * 300, "x" * 8_000, base64.b64encode(b"\0" * 40).decode(), '"', "%00"],
    ids=["none", "dot", "version", "dots", "non-ASCII", "300", "8 KB", "base64", "quote", "NUL"],
)
def test_a_forged_cookie_is_like_none(value: str) -> None:
    cookies = DeviceCookies([KEY])

    assert cookies.read(f"{cookies.name}={value}") is None


def test_another_applications_cookie_is_not_taken() -> None:
    assert DeviceCookies([KEY]).read(header(DeviceCookies([OTHER]))) is None


def test_an_id_of_another_form_is_not_taken_even_when_it_is_signed() -> None:
    cookies = DeviceCookies([KEY])

    assert cookies.read(header(cookies, "short")) is None
    assert cookies.read(header(cookies, "0" * 22)) is None


def test_a_cookie_that_somebody_added_does_not_hide_the_good_one() -> None:
    cookies = DeviceCookies([KEY])
    good = header(cookies)

    assert cookies.read(f"{cookies.name}=forged; {good}") == cookies.read(good)
    assert cookies.read(f"{good}; {cookies.name}=forged") == cookies.read(good)


def test_a_header_beyond_all_bounds_is_not_read() -> None:
    cookies = DeviceCookies([KEY])

    assert cookies.read(f"{'x' * HEADER_MAX}; {header(cookies)}") is None


def test_keys_rotate_without_a_device_getting_lost() -> None:
    before, during, after = DeviceCookies([OLD]), DeviceCookies([KEY, OLD]), DeviceCookies([KEY])
    old = header(before)

    found = during.read(old)

    assert found is not None
    assert found.is_to_be_sent
    renewed = after.read(f"{after.name}={during.write(found).value}")
    assert renewed == (found.id, False)
    assert after.read(old) is None


@pytest.mark.parametrize("keys", [[], ["short"], [KEY, ""]])
def test_a_key_that_is_too_short_is_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="16 characters"):
        DeviceCookies(keys)
