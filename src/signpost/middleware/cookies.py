"""The device cookie: an id that a browser brings back, signed, so that nobody can choose one.

Its value is `VERSION.ID.TIME.SIGNATURE`: 22 base58 characters of 128 random bits, when it was signed, and HMAC-SHA256 with a key that
is derived for this purpose alone; 76 characters in all. Signing is itsdangerous's. What is not of this form, or signed with
none of the keys, is as good as no cookie.
"""

import hashlib
import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import time  # noqa: TID251 when a cookie was signed

from itsdangerous import BadSignature, TimestampSigner

from signpost.model.ids import ALPHABET, RANDOM_LENGTH, encode_number

NAME = "signpost_device"
SECURE_NAME = f"__Host-{NAME}"
"""Browsers take a cookie of this name over https only, and never from another host, be it one above or below."""
VERSION = "1"
MAX_AGE_SECONDS = 400 * 24 * 60 * 60
"""The longest that browsers keep a cookie."""
RENEWAL_SECONDS = 30 * 24 * 60 * 60
"""A cookie that is older is signed again, so that who comes back within `MAX_AGE_SECONDS` stays who they are."""
KEY_LENGTH_MIN = 32
CANDIDATES_MAX = 4
"""Cookies of our name that are looked at; each costs a few hashes."""

_SALT = "signpost device"
_FORM = re.compile(rf"{VERSION}\.(?P<id>[{ALPHABET}]{{{RANDOM_LENGTH}}})\.[\w-]{{1,11}}\.[\w-]{{43}}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Device:
    """A device, and whether its cookie has to be set: it is new, or was signed long ago or with an older key."""

    id: str
    is_new: bool
    is_to_be_set: bool


@dataclass(frozen=True, slots=True)
class SetCookie:
    """A cookie to be set, with `Path=/`, `HttpOnly` and `SameSite=Lax`."""

    name: str
    value: str
    is_secure: bool

    def __str__(self) -> str:
        """Return the value of a `Set-Cookie` header."""
        secure = "; Secure" if self.is_secure else ""
        return f"{self.name}={self.value}; Max-Age={MAX_AGE_SECONDS}; Path=/; HttpOnly; SameSite=Lax{secure}"


class DeviceCookie:
    """Makes and reads device cookies. The first key signs, all are good for reading.

    Raises:
        ValueError: there is no key, or a short one.
    """

    def __init__(self, keys: Sequence[str], *, is_secure: bool = True, now: Callable[[], float] = time) -> None:
        if isinstance(keys, str) or not keys or not all(isinstance(key, str) for key in keys):
            raise ValueError("the cookie's keys are a list of texts, of which the first signs")
        if any(len(key) < KEY_LENGTH_MIN for key in keys):
            raise ValueError(
                f"a key for cookies has at least {KEY_LENGTH_MIN} characters; 'openssl rand -hex 32' makes one"
            )
        self.name = SECURE_NAME if is_secure else NAME
        self._is_secure = is_secure
        self._now = now
        self._signers = [_Signer(key, now) for key in keys]

    def read(self, header: str) -> Device | None:
        """Return the device that a `Cookie` header tells of: the first good cookie of our name, however many there are."""
        candidates = 0
        for pair in header.split(";"):
            name, _, value = pair.partition("=")
            if name.strip() != self.name:
                continue
            device = self._open(value.strip())
            candidates += 1
            if device is not None or candidates == CANDIDATES_MAX:
                return device
        return None

    def make(self) -> Device:
        """Return a new device."""
        return Device(encode_number(secrets.randbits(128)), is_new=True, is_to_be_set=True)

    def write(self, device: Device) -> SetCookie:
        """Return the cookie that a device is given."""
        return SetCookie(self.name, self._signers[0].sign(f"{VERSION}.{device.id}").decode(), self._is_secure)

    def _open(self, value: str) -> Device | None:
        form = _FORM.fullmatch(value)
        if form is None:
            return None
        for i, signer in enumerate(self._signers):
            try:
                _, signed_at = signer.unsign(value, return_timestamp=True)
            except BadSignature:
                continue
            is_old = self._now() - signed_at.timestamp() > RENEWAL_SECONDS
            return Device(form["id"], is_new=False, is_to_be_set=i > 0 or is_old)
        return None


class _Signer(TimestampSigner):
    def __init__(self, key: str, now: Callable[[], float]) -> None:
        super().__init__(key, salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
        self._now = now

    def get_timestamp(self) -> int:
        return int(self._now())
