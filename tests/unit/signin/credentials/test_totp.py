"""One-time codes."""

import base64
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pyotp
import pytest

from signpost.model.accounts import TotpFactor
from signpost.signin.credentials.totp import check_code, enrolment, make_factor
from signpost.testing.builders import an_account
from signpost.testing.repeatable import SteppingClock

# RFC 6238, appendix B, SHA-1: the secret "12345678901234567890", and the last six of its eight digits.
SECRET = base64.b32encode(b"12345678901234567890").decode()
VECTORS = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
]
FACTOR = TotpFactor("auth0|1", SECRET, datetime(2026, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize(("at", "code"), VECTORS)
def test_codes_are_those_of_the_rfc(at: int, code: str) -> None:
    assert check_code(FACTOR, code, datetime.fromtimestamp(at, UTC)) == at // 30


@pytest.mark.parametrize(("at", "code"), VECTORS[1:])
def test_a_code_is_good_one_step_around_and_tells_its_own_step(at: int, code: str) -> None:
    now = datetime.fromtimestamp(at, UTC)

    found = [check_code(FACTOR, code, now + timedelta(seconds=30 * steps)) for steps in (-2, -1, 0, 1, 2)]

    assert found == [None, at // 30, at // 30, at // 30, None]


@pytest.mark.parametrize("code", ["", "28708", "2870822", "28708x", "２８７０８２", "287082\0", "-87082", "28708²"])
def test_what_is_no_code_is_wrong(code: str) -> None:
    assert check_code(FACTOR, code, datetime.fromtimestamp(59, UTC)) is None


def test_blanks_are_as_people_read_them() -> None:
    assert check_code(FACTOR, " 287 082 ", datetime.fromtimestamp(59, UTC)) == 1


def test_an_app_can_be_set_up_from_what_is_shown() -> None:
    clock = SteppingClock()
    factor = make_factor(an_account(), clock)

    shown = enrolment(factor, "ann+1@example.com", "Larkfield & Sons")

    parsed = pyotp.parse_uri(shown.uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert (parsed.secret, parsed.name, parsed.issuer) == (factor.secret, "ann+1@example.com", "Larkfield & Sons")
    assert parse_qs(urlsplit(shown.uri).query)["secret"] == [shown.secret_grouped.replace(" ", "")]
    assert shown.qr_svg.startswith("<svg")
    assert check_code(factor, parsed.at(factor.created_at), factor.created_at) is not None


def test_keys_are_random_and_160_bits_long() -> None:
    clock = SteppingClock()
    keys = {make_factor(an_account(), clock).secret for _ in range(100)}

    assert len(keys) == 100
    assert all(len(base64.b32decode(key)) == 20 for key in keys)


def test_another_accounts_key_gives_other_codes() -> None:
    other = replace(FACTOR, secret=base64.b32encode(b"09876543210987654321").decode())

    assert check_code(other, "287082", datetime.fromtimestamp(59, UTC)) is None


@pytest.mark.parametrize("issuer", ["日" * 300, "🔑" * 300, "A: B", ""])
def test_any_name_and_any_address_fit_in_a_picture(issuer: str) -> None:
    factor = make_factor(an_account(), SteppingClock())

    shown = enrolment(factor, "a" * 64 + "@" + "é" * 63 + ".example", issuer)

    parsed = pyotp.parse_uri(shown.uri)
    assert isinstance(parsed, pyotp.TOTP)
    assert parsed.secret == factor.secret
    assert ":" not in (parsed.issuer or "")
