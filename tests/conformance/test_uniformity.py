"""Units are spread evenly whatever ids look like, and experiments divide independently; a bad hash is found out.

The ids are fixed, so a test passes always or never. `python -m conformance.assignment.uniformity` does it with a million.
"""

import pytest

from conformance.assignment.uniformity import BAD, FORMS, check
from signpost.batch import hash_units

UNITS = 100_000
FLAWS = {
    "CRC-32": "split × split of another",
    "no salt": "split × split of another",
    "one coordinate for both": "split × exposure",
    "the halves of FNV-1a": "split × split of another",
}


@pytest.mark.parametrize("form", FORMS)
def test_ids_of_this_form_are_spread_evenly_and_independently(form: str) -> None:
    checks = list(check(hash_units, FORMS[form](UNITS)))

    assert len(checks) == 6
    assert [made for made in checks if not made.is_plausible] == []


@pytest.mark.parametrize("name", FLAWS)
def test_a_hash_that_is_known_to_be_bad_is_found_out(name: str) -> None:
    checks = {made.name: made for made in check(BAD[name], FORMS["padded"](UNITS))}

    assert not checks[FLAWS[name]].is_plausible


def test_every_bad_hash_is_tried() -> None:
    assert FLAWS.keys() == BAD.keys()
