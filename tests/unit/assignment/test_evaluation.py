"""Levels at the very point where they change, which no id that anybody could find would hit."""

import pytest

from signpost.assignment import Outcome, Reason
from signpost.assignment.evaluation import always, expose_first
from signpost.assignment.hashing import exposure_limit, is_exposed

EXPOSED, OTHERWISE = Outcome(Reason.SPLIT, 1), Outcome(Reason.NOT_EXPOSED, 1)


@pytest.mark.parametrize("level", [1, 33, 50, 99])
@pytest.mark.parametrize("beside", [-1, 0, 1])
@pytest.mark.parametrize("split", [0, 0xFFFF_FFFF])
def test_who_is_at_the_limit_of_a_level_is_not_exposed(level: int, beside: int, split: int) -> None:
    exposure = exposure_limit(level) + beside
    hashed = split << 32 | exposure
    evaluate = expose_first(level, lambda _unit, _context: (EXPOSED, hashed), OTHERWISE)

    decision = evaluate("device", {})

    assert decision == ((EXPOSED if is_exposed(exposure, level) else OTHERWISE), hashed)
    assert is_exposed(exposure, level) == (beside < 0)


def test_what_is_always_decided_needs_no_unit() -> None:
    assert always(OTHERWISE)("", {}) == (OTHERWISE, 0)
