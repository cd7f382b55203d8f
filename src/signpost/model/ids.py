"""Identifiers: a prefix that tells the kind, and 128 random bits as 22 base58 characters."""

import re
from enum import StrEnum

ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
RANDOM_LENGTH = 22
"""Characters after the prefix: 58 ** 22 is the first power above 2 ** 128."""


class IdKind(StrEnum):
    """What an identifier names; the value is its prefix."""

    EXPERIMENT = "exp"
    FLAG = "flg"
    VARIATION = "var"
    SEGMENT = "seg"
    TENANT = "ten"
    CLIENT = "cli"
    OVERRIDE = "ovr"
    METRIC = "met"
    ACCOUNT = "usr"
    SESSION = "ses"
    GRANT = "gra"
    TRANSACTION = "txn"
    LOG_STREAM = "lst"
    ACTION = "act"


def encode_id(kind: IdKind, number: int) -> str:
    """Return the identifier of a 128-bit number.

    Raises:
        ValueError: the number does not fit 128 bits.
    """
    return f"{kind}_{encode_number(number)}"


def encode_number(number: int) -> str:
    """Return 22 base58 characters that stand for a 128-bit number.

    Raises:
        ValueError: the number does not fit 128 bits.
    """
    if not 0 <= number < 1 << 128:
        message = "an identifier holds 128 bits"
        raise ValueError(message)
    digits: list[str] = []
    for _ in range(RANDOM_LENGTH):
        number, digit = divmod(number, len(ALPHABET))
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def pattern_of(kind: IdKind) -> str:
    """Return the regular expression that every identifier of the kind matches in full."""
    return rf"^{kind}_[{ALPHABET}]{{{RANDOM_LENGTH}}}$"


def is_id(kind: IdKind, text: str) -> bool:
    """Return whether the text can be an identifier of the kind."""
    return re.fullmatch(pattern_of(kind)[1:-1], text) is not None


def is_salt(text: object) -> bool:
    """Return whether a value can be a salt: 22 base58 characters."""
    return isinstance(text, str) and len(text) == RANDOM_LENGTH and set(text) <= set(ALPHABET)


def salt_of(identifier: str) -> str:
    """Return the random part of an identifier: 22 base58 characters."""
    return identifier[-RANDOM_LENGTH:]
