"""Ids that look like UUIDs, made in columns; the same for the same seed on every machine."""

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

WIDTH = 36
GROUPS = ((0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24))
"""The hexadecimal digits of each group of a UUID, from and to, and where it stands in the text."""
VERSION, VARIANT = (14, ord("4")), (19, ord("8"))
DIGITS = np.frombuffer("".join(f"{byte:02x}" for byte in range(256)).encode(), np.uint16)
"""The two digits of each byte."""
STEP = np.uint64(0x9E3779B97F4A7C15)
MIX_1, MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)


def generate_ids(seed: str, first: int, count: int) -> NDArray[np.bytes_]:
    """Return the ids number `first` to `first + count - 1` of a seed: an array of 36 bytes each."""
    numbers = generate_numbers(xxh3_64_intdigest(seed.encode()), 2 * first, 2 * count)
    digits = DIGITS[numbers.astype(">u8").view(np.uint8)].view(np.uint8).reshape(count, 32)
    ids = np.full((count, WIDTH), ord("-"), np.uint8)
    for start, stop, place in GROUPS:
        ids[:, place : place + stop - start] = digits[:, start:stop]
    for place, character in (VERSION, VARIANT):
        ids[:, place] = character
    return ids.view(f"S{WIDTH}").reshape(count)


def generate_numbers(seed: int, first: int, count: int) -> NDArray[np.uint64]:
    """Return the 64-bit numbers number `first` to `first + count - 1` that follow from a 64-bit seed.

    Source: SplitMix64 (G. L. Steele, D. Lea, C. H. Flood (2014), Fast splittable pseudorandom number generators). NumPy's
    own generators may give other numbers in a later version.
    """
    numbers = np.arange(first + 1, first + count + 1, dtype=np.uint64) * STEP + np.uint64(seed)
    numbers ^= numbers >> np.uint64(30)
    numbers *= MIX_1
    numbers ^= numbers >> np.uint64(27)
    numbers *= MIX_2
    numbers ^= numbers >> np.uint64(31)
    return numbers
