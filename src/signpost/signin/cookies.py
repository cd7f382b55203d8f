"""The cookies of hosted sign-in, beside the device's: the session, and what remembers who was here, and what was put off."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta

SESSION = "signpost_session"
RETURNING = "signpost_returning"
PUT_OFF = "signpost_put_off_"
RETURNING_FOR = timedelta(days=400)
PUT_OFF_FOR = timedelta(days=30)
"""How long nobody is asked again for what was put off."""
CAN_BE_PUT_OFF = ("passkey-enroll", "mfa-enroll")
LENGTH_MAX = 200


def read_session(cookies: str, *, is_secure: bool) -> str | None:
    """Return the secret of the session that a `Cookie` header tells of."""
    return _find(cookies, _name(SESSION, is_secure=is_secure))


def write_session(secret: str, lifetime: timedelta, *, is_secure: bool) -> str:
    """Return the `Set-Cookie` header of a session."""
    return _write(SESSION, secret, lifetime, is_secure=is_secure)


def forget_session(*, is_secure: bool) -> str:
    """Return the `Set-Cookie` header that ends a session in the browser."""
    return _write(SESSION, "", timedelta(), is_secure=is_secure)


def read_returning(cookies: str, *, is_secure: bool) -> str | None:
    """Return the mark of the account that was signed in with this browser last; None: nobody has been so far."""
    return _find(cookies, _name(RETURNING, is_secure=is_secure))


def write_returning(account_id: str, *, is_secure: bool) -> str:
    """Return the `Set-Cookie` header that remembers that somebody has signed in."""
    return _write(RETURNING, mark_of(account_id), RETURNING_FOR, is_secure=is_secure)


def mark_of(account_id: str) -> str:
    """Return what a browser keeps of an account: enough to know it again, too little to tell anybody which it is."""
    return hashlib.sha256(f"signpost returning\0{account_id}".encode()).hexdigest()[:16]


def read_put_off(cookies: str, *, is_secure: bool) -> frozenset[str]:
    """Return the screens that were put off."""
    return frozenset(
        step for step in CAN_BE_PUT_OFF if _find(cookies, _name(PUT_OFF + step, is_secure=is_secure)) is not None
    )


def write_put_off(step: str, *, is_secure: bool) -> str:
    """Return the `Set-Cookie` header that remembers that a screen was put off."""
    return _write(PUT_OFF + step, "1", PUT_OFF_FOR, is_secure=is_secure)


def _name(name: str, *, is_secure: bool) -> str:
    return f"__Host-{name}" if is_secure else name


def _write(name: str, value: str, lifetime: timedelta, *, is_secure: bool) -> str:
    secure = "; Secure" if is_secure else ""
    seconds = lifetime // timedelta(seconds=1)
    return f"{_name(name, is_secure=is_secure)}={value}; Max-Age={seconds}; Path=/; HttpOnly; SameSite=Lax{secure}"


def _find(cookies: str, name: str) -> str | None:
    return next((value for found, value in _pairs(cookies) if found == name and 0 < len(value) <= LENGTH_MAX), None)


def _pairs(cookies: str) -> Iterable[tuple[str, str]]:
    for pair in cookies.split(";"):
        name, _, value = pair.partition("=")
        yield name.strip(), value.strip()
