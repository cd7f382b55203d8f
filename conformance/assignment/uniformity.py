"""Whether units are spread evenly and experiments divide independently: `python -m conformance.assignment.uniformity`.

Ids of many forms, a million of each, are counted in cells that should be equally likely, and χ² says how surprising the
counts are. A good hash gives p-values like any between 0 and 1; a bad one gives 0 (uneven, or one thing follows from
another) or 1 (more even than chance). The hashes that are known to be bad have to be found out, or the tests are worth
nothing.
"""

import sys
from argparse import ArgumentParser
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from signpost.analysis.distributions import chi_square_tail
from signpost.assignment.hashing import MASK
from signpost.batch import hash_units
from signpost.batch.ids import generate_ids

Hashes = NDArray[np.uint64]
Hash = Callable[[str, Sequence[str]], Hashes]

SALT, SIBLING = "7Fh2mVq9ZtXc4KdPnR8sWy", "7Fh2mVq9ZtXc4KdPnR8sWz"
"""Two salts that are as much alike as can be."""
UNITS = 1_000_000
ODD = 0x9E3779B97F4A7C15F39CC0605CEDC835
HALF = np.uint64(32)
P_MIN = 1e-5
"""Closer to 0 or to 1 is no chance any more: among the checks here it would happen once in a thousand runs."""

FORMS: Mapping[str, Callable[[int], list[str]]] = {
    "sequential": lambda count: [str(i) for i in range(count)],
    "padded": lambda count: [f"{i:012d}" for i in range(count)],
    "e-mail-like": lambda count: [f"user.{i}@example.com" for i in range(count)],
    "random UUIDs": lambda count: [unit.decode() for unit in generate_ids("uniformity", 0, count).tolist()],
    "counting UUIDs": lambda count: [str(UUID(int=i)) for i in range(count)],
    "striding UUIDs": lambda count: [str(UUID(int=i * ODD % 2**128)) for i in range(count)],
    "non-ASCII": lambda count: [f"用户-{i}-é" for i in range(count)],
    "of 130 and more bytes": lambda count: [f"{'x' * 108}{i}" for i in range(count)],
    "of 250 and more bytes": lambda count: [f"{'x' * 228}{i}" for i in range(count)],
}
"""What ids look like; the last two go other ways through the hash."""


def hash_by_crc(salt: str, units: Sequence[str]) -> Hashes:
    """CRC-32 is linear: for ids of one length, what two salts give differs by a constant."""
    split = np.array([crc32((salt + unit).encode()) for unit in units], np.uint64)
    exposure = np.array([crc32((unit + salt).encode()) for unit in units], np.uint64)
    return split << HALF | exposure


def hash_without_salt(_: str, units: Sequence[str]) -> Hashes:
    """Without a salt every experiment divides alike."""
    return hash_units("", units)


def hash_once_for_both(salt: str, units: Sequence[str]) -> Hashes:
    """With the same bits for both coordinates, who is exposed is all of one side of the split."""
    split = hash_units(salt, units) >> HALF
    return split << HALF | split


def hash_to_low_bits(salt: str, units: Sequence[str]) -> Hashes:
    """FNV-1a of 32 bits, its low 16 bits for the one and its high 16 bits for the other coordinate."""
    hashes = np.array([_fnv_1a((salt + unit).encode()) for unit in units], np.uint64)
    return (hashes & np.uint64(0xFFFF)) << np.uint64(48) | (hashes >> np.uint64(16)) << np.uint64(16)


BAD: Mapping[str, Hash] = {
    "CRC-32": hash_by_crc,
    "no salt": hash_without_salt,
    "one coordinate for both": hash_once_for_both,
    "the halves of FNV-1a": hash_to_low_bits,
}


@dataclass(frozen=True, slots=True)
class Check:
    """One χ² test."""

    name: str
    statistic: float
    degrees_of_freedom: int
    p_value: float

    @property
    def is_plausible(self) -> bool:
        """Whether counts like these come by chance."""
        return P_MIN < self.p_value < 1 - P_MIN


def check(hash_: Hash, units: Sequence[str]) -> Iterator[Check]:
    """Yield what the hash does to these units, in one experiment and in two."""
    first, second = hash_(SALT, units), hash_(SIBLING, units)
    split, exposure = first >> HALF, first & np.uint64(MASK)
    other_split, other_exposure = second >> HALF, second & np.uint64(MASK)
    yield measure("split", cells_of(split, 1_000), 1_000)
    yield measure("exposure", cells_of(exposure, 100), 100)
    yield measure("split × exposure", cross(split, exposure), SIDE**2)
    yield measure("split × split of another", cross(split, other_split), SIDE**2)
    yield measure("exposure × exposure of another", cross(exposure, other_exposure), SIDE**2)
    yield measure("split × exposure of another", cross(split, other_exposure), SIDE**2)


SIDE = 30
"""Cells on each side of a cross table; no power of two, as weights and levels are none."""


def cells_of(points: Hashes, cells: int) -> NDArray[np.int64]:
    """Return the cell of each 32-bit point."""
    return (points * np.uint64(cells) >> HALF).astype(np.int64)


def cross(points: Hashes, others: Hashes) -> NDArray[np.int64]:
    """Return the cell of each pair of points in a cross table."""
    return cells_of(points, SIDE) * SIDE + cells_of(others, SIDE)


def measure(name: str, found: NDArray[np.int64], cells: int) -> Check:
    """Return Pearson's χ² of counts that should be equal."""
    counts = np.bincount(found, minlength=cells)
    expected = len(found) / cells
    statistic = float(((counts - expected) ** 2).sum() / expected)
    return Check(name, statistic, cells - 1, float(chi_square_tail(statistic, cells - 1)))


def main() -> None:
    """Print every check; end with 1 when one is not plausible, or a bad hash is not found out."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--units", type=int, default=UNITS)
    count = parser.parse_args().units
    is_fine = True
    print(f"XXH3_64 of salt and unit, {count:,} units of each form")
    for form, make in FORMS.items():
        for made in check(hash_units, make(count)):
            is_fine &= made.is_plausible
            print_check(form, made)
    for name, hash_ in BAD.items():
        made = min(check(hash_, FORMS["padded"](count)), key=lambda made: min(made.p_value, 1 - made.p_value))
        is_fine &= not made.is_plausible
        print_check(f"to be found out: {name}", made)
    sys.exit(not is_fine)


def print_check(about: str, made: Check) -> None:
    """Print one line."""
    verdict = "" if made.is_plausible else "  not by chance"
    print(
        f"{about:42}{made.name:32}χ² {made.statistic:14,.1f}{made.degrees_of_freedom:5} df  p {made.p_value:.4f}{verdict}"
    )


def _fnv_1a(data: bytes) -> int:
    hashed = 0x811C9DC5
    for byte in data:
        hashed = (hashed ^ byte) * 0x01000193 & 0xFFFF_FFFF
    return hashed


if __name__ == "__main__":
    main()
