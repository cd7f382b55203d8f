"""Signed overrides: what a token says to who holds the key, and that nobody else can make one."""

import base64
import hashlib
import hmac
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.assignment import Override, SignedOverride
from signpost.exchange import OverrideProblem, format_override_key, open_override, parse_override_key, seal_override
from signpost.testing.repeatable import START

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
SIGNED = SignedOverride(
    "ovr_1", Override("exp_1", "var_1", None), "Look at the new title", "ada", START + timedelta(hours=2)
)
TOKEN = seal_override(SIGNED, KEY)


def test_a_token_says_what_was_signed() -> None:
    assert open_override(TOKEN, KEY, START) == SIGNED


def test_a_token_is_an_hmac_of_the_standard_library_over_a_label_and_messagepack() -> None:
    sealed = base64.urlsafe_b64decode(TOKEN + "=" * (-len(TOKEN) % 4))
    content, mac = sealed[:-16], sealed[-16:]

    assert mac == hmac.new(KEY, b"signpost override\0" + content, hashlib.sha256).digest()[:16]
    assert msgspec.msgpack.decode(content[1:])[:5] == ["ovr_1", "exp_1", "var_1", None, "Look at the new title"]


def test_it_is_good_until_it_expires_and_not_a_moment_longer() -> None:
    moment = timedelta(milliseconds=1)

    assert open_override(TOKEN, KEY, SIGNED.expires_at - moment) == SIGNED
    assert open_override(TOKEN, KEY, SIGNED.expires_at) is OverrideProblem.EXPIRED


def test_another_tenants_token_is_like_a_forged_one() -> None:
    assert open_override(TOKEN, OTHER_KEY, START) is OverrideProblem.INVALID


def test_who_holds_an_expired_token_can_not_lengthen_it() -> None:
    longer = seal_override(replace(SIGNED, expires_at=START + timedelta(days=9)), OTHER_KEY)
    spliced = longer[: -len("x" * 22)] + TOKEN[-22:]

    assert open_override(spliced, KEY, START) is OverrideProblem.INVALID


@given(st.integers(0, len(TOKEN) - 1), st.characters())
def test_a_changed_token_is_no_token(at: int, character: str) -> None:
    changed = TOKEN[:at] + character + TOKEN[at + 1 :]

    assert (open_override(changed, KEY, START) == SIGNED) is (changed == TOKEN)


@given(st.text() | st.binary().map(lambda data: base64.urlsafe_b64encode(data).decode().rstrip("=")))
def test_whatever_it_is_asking_never_raises(text: str) -> None:
    assert open_override(text, KEY, START) is OverrideProblem.INVALID


def test_what_is_far_too_long_is_not_even_read() -> None:
    assert open_override(TOKEN + "A" * 5_000, KEY, START) is OverrideProblem.INVALID


def test_a_key_is_handed_on_as_text() -> None:
    text = format_override_key(KEY)

    assert len(text) == 43
    assert parse_override_key(text) == KEY


@pytest.mark.parametrize("text", ["", "k", "l" * 43, format_override_key(b"short"), "é" * 43])
def test_what_is_no_key_is_said_to_be_none(text: str) -> None:
    with pytest.raises(ValueError, match="override key"):
        parse_override_key(text)
