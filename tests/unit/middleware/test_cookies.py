"""The device cookie, and those who would rather have another one."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from itsdangerous import TimestampSigner

from signpost.middleware.cookies import MAX_AGE_SECONDS, RENEWAL_SECONDS, Device, DeviceCookie
from signpost.model.ids import is_salt
from tests.unit.middleware.arriving import KEY, Clock

NEW_KEY = "n" * 32
COOKIE = DeviceCookie([KEY])


def header(cookie: DeviceCookie, device: Device) -> str:
    written = cookie.write(device)
    return f"{written.name}={written.value}"


def test_a_device_comes_back_as_itself() -> None:
    device = COOKIE.make()

    assert COOKIE.read(header(COOKIE, device)) == Device(device.id, is_new=False, is_to_be_set=False)


def test_an_id_is_22_base58_characters() -> None:
    ids = {COOKIE.make().id for _ in range(1_000)}

    assert len(ids) == 1_000
    assert all(is_salt(text) for text in ids)


def test_the_cookie_is_for_this_host_and_https_alone() -> None:
    written = str(COOKIE.write(COOKIE.make()))

    assert re.fullmatch(
        r"__Host-signpost_device=1\.[\w-]{22}\.[\w-]{6}\.[\w-]{43}; "
        r"Max-Age=34560000; Path=/; HttpOnly; SameSite=Lax; Secure",
        written,
    )


def test_plain_http_has_a_cookie_of_another_name() -> None:
    plain = DeviceCookie([KEY], is_secure=False)
    device = plain.make()

    written = str(plain.write(device))

    assert written.startswith("signpost_device=")
    assert "Secure" not in written
    assert COOKIE.read(header(plain, device)) is None


def test_max_age_is_what_browsers_keep_at_most() -> None:
    assert MAX_AGE_SECONDS == 34_560_000  # 400 days, draft-ietf-httpbis-rfc6265bis section 5.5


def test_a_cookie_under_an_old_key_is_good_and_signed_again() -> None:
    old, both, new = DeviceCookie([KEY]), DeviceCookie([NEW_KEY, KEY]), DeviceCookie([NEW_KEY])
    device = old.make()

    read = both.read(header(old, device))

    assert read == Device(device.id, is_new=False, is_to_be_set=True)
    assert new.read(header(both, read)) == Device(device.id, is_new=False, is_to_be_set=False)
    assert new.read(header(old, device)) is None


def test_a_process_that_signs_with_the_old_key_takes_the_new_one() -> None:
    ahead, behind = DeviceCookie([NEW_KEY, KEY]), DeviceCookie([KEY, NEW_KEY])
    device = ahead.make()

    read = behind.read(header(ahead, device))

    assert read is not None
    assert read.id == device.id


def test_an_old_cookie_is_signed_again_so_that_it_never_runs_out() -> None:
    clock = Clock()
    cookie = DeviceCookie([KEY], now=clock)
    device = cookie.make()
    sent = header(cookie, device)

    clock.seconds += RENEWAL_SECONDS
    fresh = cookie.read(sent)
    clock.seconds += 1
    stale = cookie.read(sent)

    assert fresh == Device(device.id, is_new=False, is_to_be_set=False)
    assert stale == Device(device.id, is_new=False, is_to_be_set=True)


def test_a_clock_that_was_set_back_costs_nobody_their_cookie() -> None:
    clock = Clock()
    cookie = DeviceCookie([KEY], now=clock)
    device = cookie.make()
    sent = header(cookie, device)

    clock.seconds -= 10 * 365 * 24 * 60 * 60

    assert cookie.read(sent) == Device(device.id, is_new=False, is_to_be_set=False)


def test_the_first_good_one_of_several_counts() -> None:
    first, second = COOKIE.make(), COOKIE.make()
    forged = "__Host-signpost_device=1.AAAAAAAAAAAAAAAAAAAAAA.aaaaaa." + "A" * 43

    read = COOKIE.read(f"a=b; {forged}; {header(COOKIE, first)};{header(COOKIE, second)}; ; c")

    assert read is not None
    assert read.id == first.id


def test_a_flood_of_cookies_is_not_worked_through() -> None:
    flood = "__Host-signpost_device=x; " * 10

    assert COOKIE.read(flood + header(COOKIE, COOKIE.make())) is None


SENT = header(COOKIE, COOKIE.make())
NAME, _, VALUE = SENT.partition("=")
FORGED = {
    "another application's key": header(DeviceCookie([NEW_KEY]), COOKIE.make()),
    "another use of the same key": f"{NAME}={TimestampSigner(KEY).sign('1.' + 'A' * 22).decode()}",
    "no signature": f"{NAME}={VALUE.rpartition('.')[0]}",
    "cut": SENT[:-1],
    "grown": SENT + "A",
    "oversized": f"{NAME}={'A' * 8_192}",
    "oversized id": f"{NAME}=1.{'A' * 8_192}.aaaaaa.{'A' * 43}",
    "another version": f"{NAME}=2{VALUE[1:]}",
    "another id": f"{NAME}=1.{'A' * 22}{VALUE[24:]}",
    "another time": SENT.replace(VALUE.split(".")[2], "AAAAAA"),
    "lines of its own": SENT.replace(".", "\r\nSet-Cookie: a=b.", 1),
    "NUL": SENT.replace(".", "\0.", 1),
    "no ASCII": SENT.replace(VALUE[2], "é", 1),
    "percent signs": SENT.replace(".", "%2E"),
    "quotes": f'{NAME}="{VALUE}"',
    "another name": f"x{SENT}",
    "another case": SENT.replace("__Host-", "__host-"),
    "nothing": "",
    "only the name": NAME,
}


@pytest.mark.parametrize("sent", FORGED.values(), ids=FORGED)
def test_what_was_not_made_here_is_no_cookie(sent: str) -> None:
    assert COOKIE.read(SENT) is not None
    assert COOKIE.read(sent) is None


@given(st.text(), st.integers(0, len(VALUE)), st.integers(0, 3))
def test_a_changed_cookie_is_none_or_says_the_same(inserted: str, at: int, cut: int) -> None:
    changed = VALUE[:at] + inserted + VALUE[at + cut :]

    device = COOKIE.read(f"{NAME}={changed}")

    assert device is None or device.id == VALUE.split(".")[1]


@pytest.mark.parametrize("keys", [[], "k" * 32, [KEY, "short"], [b"k" * 32], None])
def test_weak_keys_are_refused(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="key"):
        DeviceCookie(keys)
