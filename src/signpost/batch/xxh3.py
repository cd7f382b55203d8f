"""XXH3_64, seed 0, default secret, of many messages of one length at once.

Source: xxHash's specification (Y. Collet, doc/xxhash_spec.md), "XXH3 algorithm for medium size inputs". NumPy has no product
of 128 bits, so it is put together of four products of halves.
"""

import numpy as np
from numpy.typing import NDArray

SHORTEST, MIDDLE, LONGEST = 17, 128, 240
"""The lengths in bytes that are known here; up to `MIDDLE` the algorithm goes one way, from there on another."""

SECRET = bytes.fromhex(
    "b8fe6c3923a44bbe7c01812cf721ad1cded46de9839097db7240a4a4b7b3671f"
    "cb79e64eccc0e578825ad07dccff7221b8084674f743248ee03590e6813a264c"
    "3c2852bb91c300cb88d0658b1b532ea371644897a20df94e3819ef46a9deacd8"
    "a8fa763fe39c343ff9dcbbc7c70b4f1d8a51e04bcdb45931c89f7ec9d9787364"
    "eac5ac8334d3ebc3c581a0fffa1363eb170ddd51b7f0da49d316552629d4689e"
    "2b16be587d47a1fc8ff8b8d17ad031ce45cb3a8f95160428afd7fbcabb4b407e"
)
PRIME_64_1 = 0x9E3779B185EBCA87
PRIME_MX1 = np.uint64(0x165667919E3779F9)
LOW_HALF = np.uint64(0xFFFF_FFFF)
HALF = np.uint64(32)

Words = NDArray[np.uint64]
Rows = NDArray[np.uint8]
"""One message in each row, all of one length; the rows lie behind one another without a gap."""


def hash_rows(rows: Rows) -> Words:
    """Return the hash of each row: an array of as many 64-bit numbers as there are rows.

    Some thousand rows at once are the fastest: the numbers in between then stay in the processor's cache.

    Raises:
        ValueError: the rows have a length that is not known here.
    """
    count, length = rows.shape
    if not SHORTEST <= length <= LONGEST:
        raise ValueError(f"messages of {length} bytes are not hashed here")
    sums = np.full(count, length * PRIME_64_1 & 0xFFFF_FFFF_FFFF_FFFF, np.uint64)
    return _add_pairs(sums, rows) if length <= MIDDLE else _add_blocks(sums, rows)


def _add_pairs(sums: Words, rows: Rows) -> Words:
    length = rows.shape[1]
    for i in range((length - 1) // 32 + 1):
        sums += _mix(rows, 16 * i, 32 * i)
        sums += _mix(rows, length - 16 * (i + 1), 32 * i + 16)
    return _avalanche(sums)


def _add_blocks(sums: Words, rows: Rows) -> Words:
    length = rows.shape[1]
    for i in range(8):
        sums += _mix(rows, 16 * i, 16 * i)
    sums = _avalanche(sums)
    for i in range(8, length // 16):
        sums += _mix(rows, 16 * i, 16 * (i - 8) + 3)
    sums += _mix(rows, length - 16, 136 - 17)
    return _avalanche(sums)


def _mix(rows: Rows, at: int, secret_at: int) -> Words:
    low, high = _read(rows, at), _read(rows, at + 8)
    low ^= np.uint64(int.from_bytes(SECRET[secret_at : secret_at + 8], "little"))
    high ^= np.uint64(int.from_bytes(SECRET[secret_at + 8 : secret_at + 16], "little"))
    return _fold_product(low, high)


def _read(rows: Rows, at: int) -> Words:
    """Return the eight bytes of each row that begin at a position, as a number, least significant first."""
    return np.ndarray((len(rows),), "<u8", rows.data, at, rows.strides[:1]).astype(np.uint64)


def _fold_product(a: Words, b: Words) -> Words:
    """Return the lower and the upper half of the 128-bit products, put together by exclusive or.

    With a = a₁·2³² + a₀ and b likewise: a₁b₁·2⁶⁴ + (a₁b₀ + a₀b₁)·2³² + a₀b₀; no sum of these leaves its 64 bits.
    """
    a_low, a_high, b_low, b_high = a & LOW_HALF, a >> HALF, b & LOW_HALF, b >> HALF
    low = a_low * b_low
    middle = a_high * b_low
    middle += low >> HALF
    high = a_high * b_high
    high += middle >> HALF
    middle &= LOW_HALF
    middle += a_low * b_high
    high += middle >> HALF
    middle <<= HALF
    low &= LOW_HALF
    high ^= middle
    high ^= low
    return high


def _avalanche(hashes: Words) -> Words:
    hashes ^= hashes >> np.uint64(37)
    hashes *= PRIME_MX1
    hashes ^= hashes >> HALF
    return hashes
