"""Recovery codes, for when the second factor is lost: each is good once."""

import hashlib
import secrets

from signpost.model.accounts import RecoveryCodes
from signpost.ports.clock import Clock

COUNT = 10
ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXZ"
"""Nothing that is mistaken for another, and no vowels, so that no word comes out."""
LENGTH, GROUP = 16, 4
"""Characters: 16 of 28 are 76 random bits, so a fast hash is enough to keep them by."""


def make_codes(account_id: str, clock: Clock) -> tuple[tuple[str, ...], RecoveryCodes]:
    """Return new codes, and what is kept of them."""
    codes = tuple(_make_code() for _ in range(COUNT))
    return codes, RecoveryCodes(account_id, tuple(map(hash_code, codes)), clock.now())


def hash_code(code: str) -> str:
    """Return what is kept of a code: blanks, dashes and case don't matter."""
    plain = "".join(character for character in code.upper() if character.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()


def _make_code() -> str:
    text = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(text[i : i + GROUP] for i in range(0, LENGTH, GROUP))
