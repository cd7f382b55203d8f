"""The device cookie: a random id, signed, so that nobody chooses an id, or that of somebody else.

`<version>.<22 base58 characters>.<signature>`; the signature is HMAC-SHA256 by `itsdangerous`.
"""

import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import NamedTuple

from itsdangerous import BadSignature, Signer

from signpost.model.ids import ALPHABET, encode_number

MAX_AGE_SECONDS = 400 * 24 * 3600
"""What browsers keep a cookie at most."""
HEADER_MAX = 16_384
VALUE_MAX = 256
KEY_LENGTH_MIN = 16

_VERSION = "1"
_SALT = "signpost.device"
_VALUE = re.compile(rf"{_VERSION}\.([{ALPHABET}]{{22}})")


class Device(NamedTuple):
    """A device, and whether its cookie has to be sent: it is new, or was signed with an older key."""

    id: str
    is_to_be_sent: bool


@dataclass(frozen=True, slots=True)
class CookieFields:
    """A cookie as it is to be set."""

    name: str
    value: str
    is_secure: bool

    def as_header(self) -> str:
        """Return the value of a Set-Cookie header."""
        cookie: SimpleCookie = SimpleCookie({self.name: self.value})
        morsel = cookie[self.name]
        morsel["path"], morsel["max-age"], morsel["httponly"], morsel["samesite"] = "/", MAX_AGE_SECONDS, True, "Lax"
        morsel["secure"] = self.is_secure
        return morsel.OutputString()


class DeviceCookies:
    """Makes and reads device cookies.

    Args:
        keys: Secrets of at least 16 characters, the newest first: it signs, all of them verify. To rotate, put a new one in
            front, and take the old one away when the devices that matter have been back.
        secure: False only for development without https.
    """

    def __init__(self, keys: Sequence[str], *, secure: bool = True) -> None:
        if not keys or any(len(key) < KEY_LENGTH_MIN for key in keys):
            raise ValueError(f"each key of the device cookie needs {KEY_LENGTH_MIN} characters at least")
        self.name = "__Host-signpost_device" if secure else "signpost_device"
        self._is_secure = secure
        self._newest = _signer([keys[0]])
        self._all = _signer(list(reversed(keys)))

    def read(self, header: str | None) -> Device | None:
        """Return the device of a Cookie header; None where it has no cookie of ours that is good."""
        for value in self._values_of(header or ""):
            try:
                found = _VALUE.fullmatch(self._all.unsign(value).decode())
            except (BadSignature, UnicodeError):
                continue
            if found is not None:
                return Device(found[1], not self._newest.validate(value))
        return None

    def make(self) -> Device:
        """Return a new device."""
        return Device(encode_number(secrets.randbits(128)), is_to_be_sent=True)

    def write(self, device: Device) -> CookieFields:
        """Return the cookie of a device."""
        return CookieFields(self.name, self._newest.sign(f"{_VERSION}.{device.id}").decode(), self._is_secure)

    def _values_of(self, header: str) -> list[str]:
        """Return the values of all cookies of our name: whoever can add one must not be able to hide the good one."""
        if len(header) > HEADER_MAX:
            return []
        pairs = (part.strip().partition("=") for part in header.split(";"))
        return [value for name, _, value in pairs if name == self.name and len(value) <= VALUE_MAX and value.isascii()]


def _signer(keys: list[str]) -> Signer:
    return Signer([key.encode() for key in keys], salt=_SALT, key_derivation="hmac", digest_method=hashlib.sha256)
