"""Recipe v1: from a salt and a unit to two coordinates.

The hashed bytes are a contract: once an experiment has run, a changed recipe silently moves people. Do not improve this
file; a better recipe is a new version beside it. `conformance/assignment/v1` pins every step.
"""

from xxhash import xxh3_64_intdigest

from signpost.model.limits import SLOTS

RECIPE_VERSION = 1
MASK = 0xFFFF_FFFF


def hash_unit(salt: str, unit: str) -> int:
    """Return the 64-bit hash of a unit in an experiment: XXH3_64 of the UTF-8 text `salt + unit`, seed 0.

    The salt has 22 characters always, so the text needs no separator.

    Raises:
        UnicodeEncodeError: the unit has a lone surrogate and so no UTF-8 form.
    """
    return xxh3_64_intdigest((salt + unit).encode())


def split_of(hashed: int) -> int:
    """Return the split point, 32 bits, of a hash: it chooses the slot."""
    return hashed >> 32


def exposure_of(hashed: int) -> int:
    """Return the exposure point, 32 bits, of a hash: it is held against a ramp's level."""
    return hashed & MASK


def slot_of(split: int) -> int:
    """Return the slot, 0 to 999,999, of a 32-bit split point."""
    return (split * SLOTS) >> 32


def is_exposed(exposure: int, level: int) -> bool:
    """Return whether a 32-bit exposure point is exposed at a level in percent."""
    return (exposure * 100) >> 32 < level


def first_hash(slot: int) -> int:
    """Return the smallest hash whose slot is not below this one.

    `h >= first_hash(slot)` says the same as `slot_of(split_of(h)) >= slot`, exactly, and spares the arithmetic when asked.
    """
    return -(-(slot << 32) // SLOTS) << 32


def exposure_limit(level: int) -> int:
    """Return the smallest exposure point that is not exposed.

    `point < exposure_limit(level)` says the same as `is_exposed(point, level)`.
    """
    return -(-(level << 32) // 100)
