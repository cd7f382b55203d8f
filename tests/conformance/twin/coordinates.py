"""Coordinates, slots and levels, by the words of the recipe and in exact fractions."""

from fractions import Fraction
from math import floor

from tests.conformance.twin.xxh3 import xxh3_64

SLOTS = 1_000_000


def hash_of(salt: str, unit: object) -> int | None:
    """None where the unit can't be hashed."""
    if not isinstance(unit, str) or unit == "":
        return None
    try:
        return xxh3_64((salt + unit).encode("utf-8", "strict"))
    except UnicodeEncodeError:
        return None


def split_and_exposure(hashed: int) -> tuple[int, int]:
    return hashed // 2**32, hashed % 2**32


def slot_of(split: int) -> int:
    return floor(Fraction(split, 2**32) * SLOTS)


def is_exposed(exposure: int, level: int) -> bool:
    return floor(Fraction(exposure, 2**32) * 100) < level
