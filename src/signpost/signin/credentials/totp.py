"""One-time codes of authenticator apps (RFC 6238): six digits, SHA-1, a new one every 30 seconds, as all apps have them."""

import io
from dataclasses import dataclass
from datetime import datetime

import pyotp
import segno

from signpost.model.accounts import Account, TotpFactor
from signpost.ports.clock import Clock

STEP_SECONDS = 30
AROUND = 1
"""Codes of so many steps before and after are taken, too: clocks differ, and typing takes time."""
DIGITS = 6
GROUP = 4
ISSUER_MAX = 64
"""Characters of the tenant's name that an app is told: twice, at up to twelve bytes each, they still fit in a picture."""


@dataclass(frozen=True, slots=True)
class TotpEnrolment:
    """What sets an app up: an address, the same as a picture, and its key for typing in."""

    uri: str
    secret_grouped: str
    qr_svg: str


def make_factor(account: Account, clock: Clock) -> TotpFactor:
    """Return a factor with a new key of 160 random bits (RFC 4226, section 4)."""
    return TotpFactor(account.id, pyotp.random_base32(), clock.now())


def enrolment(factor: TotpFactor, email: str, issuer: str) -> TotpEnrolment:
    """Return what sets an app up."""
    # Apps part the issuer from the name at a colon, and a picture holds so much.
    name = issuer.replace(":", " ")[:ISSUER_MAX]
    uri = pyotp.TOTP(factor.secret).provisioning_uri(name=email, issuer_name=name)
    out = io.BytesIO()
    segno.make(uri, error="m").save(out, kind="svg", scale=4, border=4, dark="#000", light="#fff", xmldecl=False)
    grouped = " ".join(factor.secret[i : i + GROUP] for i in range(0, len(factor.secret), GROUP))
    return TotpEnrolment(uri, grouped, out.getvalue().decode())


def check_code(factor: TotpFactor, code: str, now: datetime) -> int | None:
    """Return the time step whose code it is, None if it is wrong. That a step is used once is the caller's to see to."""
    digits = "".join(code.split())
    if len(digits) != DIGITS or not (digits.isascii() and digits.isdigit()):
        return None
    totp = pyotp.TOTP(factor.secret)
    step = int(now.timestamp()) // STEP_SECONDS
    # All are compared, so that it takes as long whichever it is.
    right = [near for near in range(step - AROUND, step + AROUND + 1) if _is(totp, near, digits)]
    return right[-1] if right else None


def _is(totp: pyotp.TOTP, step: int, digits: str) -> bool:
    return pyotp.utils.strings_equal(totp.generate_otp(step), digits)
