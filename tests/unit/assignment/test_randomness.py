"""The split is uniform whatever ids look like, and experiments split independently of one another.

Everything is fixed, so a test passes always or never; the limit of each is the 99.9 % quantile of its χ² distribution.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any
from uuid import UUID

import pytest
from scipy.stats import chi2

from signpost.assignment.hashing import hash_unit, slot_of, split_of
from signpost.assignment.slots import lay_out, reweigh

SALT, OTHER_SALT = "7Fh2mVq9ZtXc4KdPnR8sWy", "7Fh2mVq9ZtXc4KdPnR8sWz"
UNITS = 100_000

ID_FORMS: dict[str, Callable[[int], str]] = {
    "sequential": str,
    "padded": "{:012d}".format,
    "e-mail-like": lambda i: f"user.{i}@example.com",
    "uuid": lambda i: str(UUID(int=i * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)),
    "uuid counting": lambda i: str(UUID(int=i)),
    "non-ascii": lambda i: f"用户-{i}-é",
    "long": lambda i: "x" * 250 + str(i),
}


@cache
def hash_units(form: str, salt: str = SALT) -> Sequence[int]:
    return [hash_unit(salt, ID_FORMS[form](i)) for i in range(UNITS)]


def is_plausible(counts: Mapping[Any, int], cells: int, units: int) -> bool:
    """Whether counts like these come out of that many equally likely cells 99.9 times in 100."""
    expected = units / cells
    missing = (cells - len(counts)) * expected
    statistic = missing + sum((count - expected) ** 2 / expected for count in counts.values())
    return statistic < float(chi2.ppf(0.999, cells - 1))


@pytest.mark.parametrize("form", ID_FORMS)
def test_the_split_is_uniform(form: str) -> None:
    hundredths = Counter((hashed >> 32) * 100 >> 32 for hashed in hash_units(form))

    assert is_plausible(hundredths, 100, UNITS)


@pytest.mark.parametrize("form", ID_FORMS)
def test_exposure_is_uniform_and_independent_of_the_split(form: str) -> None:
    cells = Counter(((h >> 32) * 10 >> 32, (h & 0xFFFFFFFF) * 10 >> 32) for h in hash_units(form))

    assert is_plausible(cells, 100, UNITS)


@pytest.mark.parametrize("form", ID_FORMS)
def test_two_experiments_split_independently(form: str) -> None:
    both = zip(hash_units(form), hash_units(form, OTHER_SALT), strict=True)

    cells = Counter((first * 10 >> 64, second * 10 >> 64) for first, second in both)

    assert is_plausible(cells, 100, UNITS)


def test_a_million_sequential_ids_fill_the_slots_evenly() -> None:
    thousandths = Counter(hash_unit(SALT, str(i)) * 1_000 >> 64 for i in range(1_000_000))

    assert is_plausible(thousandths, 1_000, 1_000_000)


def test_what_is_not_uniform_is_not_plausible() -> None:
    shifted = Counter((hashed >> 32) * 100 >> 32 for hashed in hash_units("uuid") if hashed % 10 or hashed >> 63)

    assert not is_plausible(shifted, 100, shifted.total())


def test_one_to_one_to_one_becomes_two_to_one_to_one_without_a_move_between_the_others() -> None:
    before = lay_out({"a": 1, "b": 1, "c": 1})
    after = reweigh(before, {"a": 2, "b": 1, "c": 1})
    slots = [slot_of(split_of(hash_unit(SALT, f"device-{i}"))) for i in range(20_000)]

    moves = Counter(
        (old.variation_id, new.variation_id)
        for slot in slots
        for old in before
        for new in after
        if old.start <= slot < old.stop and new.start <= slot < new.stop and old.variation_id != new.variation_id
    )

    assert set(moves) == {("b", "a"), ("c", "a")}
