"""Passwords, hashed with Argon2id."""

import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

LENGTH_MIN = 8
LENGTH_MAX = 1_024
"""Characters; every one is hashed."""
AT_ONCE_MAX = 4
"""Passwords that are hashed in a process at one moment: each takes memory."""
COMMON = Path(__file__).with_name("common_passwords.txt")


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """How dear it is to hash a password.

    The default is one of the settings of Argon2id that OWASP's Password Storage Cheat Sheet names as equally strong: 19 MiB,
    two passes, one lane.
    """

    memory_kib: int = 19_456
    passes: int = 2
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class PasswordCheck:
    """Whether a password is right, and what its hash is to be replaced with when that was made at another cost."""

    is_right: bool
    new_hash: str | None = None


class Passwords:
    """Hashes and checks passwords; blocks for tens of milliseconds, so not to be called on an event loop."""

    def __init__(self, cost: PasswordCost | None = None) -> None:
        cost = cost or PasswordCost()
        self._hasher = PasswordHasher(time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.lanes)
        self._free = BoundedSemaphore(AT_ONCE_MAX)
        self._nobodys = self._hasher.hash("nobody has this password")

    def check_new(self, password: str, email: str) -> str | None:
        """Return the key of what is wrong with a new password, None if it may be used.

        Length counts, not kinds of characters, and the commonest passwords are refused, as in NIST SP 800-63B, section
        5.1.1.2.
        """
        if not password:
            return "password_required"
        if len(password) > LENGTH_MAX:
            return "password_too_long"
        lowered = _normalise(password).lower()
        if len(lowered) < LENGTH_MIN:
            return "password_too_short"
        email = _normalise(email).lower()
        local = email.partition("@")[0]
        if lowered in _common_passwords() or lowered in {email, local} or len(set(lowered)) == 1:
            return "password_too_common"
        return None

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""
        with self._free:
            return self._hasher.hash(_bytes_of(password))

    def verify(self, password: str, password_hash: str | None) -> PasswordCheck:
        """Check a password against what is kept; without anything kept it takes as long, and is wrong."""
        if len(password) > LENGTH_MAX:
            return PasswordCheck(is_right=False)
        try:
            with self._free:
                self._hasher.verify(password_hash or self._nobodys, _bytes_of(password))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return PasswordCheck(is_right=False)
        if not password_hash:
            return PasswordCheck(is_right=False)
        is_old = self._hasher.check_needs_rehash(password_hash)
        return PasswordCheck(is_right=True, new_hash=self.hash(password) if is_old else None)


def _bytes_of(password: str) -> bytes:
    """Return what is hashed. Half a surrogate pair, which no keyboard makes, is no error: it is just another character."""
    return _normalise(password).encode("utf-8", "surrogatepass")


def _normalise(password: str) -> str:
    """Return the password as it is hashed: the same, however a keyboard puts its characters together (NFKC, RFC 8265)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _common_passwords() -> frozenset[str]:
    lines = COMMON.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("#"))
