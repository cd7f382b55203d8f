"""Rate limits."""

import pytest

from signpost.edge import limits
from signpost.edge.limits import CALLERS_MAX, RateLimiter


class Seconds:
    def __init__(self) -> None:
        self.now = 90.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def seconds() -> Seconds:
    return Seconds()


def test_a_caller_has_its_limit_and_no_more(seconds: Seconds) -> None:
    limiter = RateLimiter(3, seconds)

    spent = [limiter.spend("a") for _ in range(5)]

    assert [allowance.remaining for allowance in spent] == [2, 1, 0, 0, 0]
    assert [allowance.is_exceeded for allowance in spent] == [False, False, False, True, True]
    assert {allowance.reset_at for allowance in spent} == {120}


def test_callers_are_counted_apart(seconds: Seconds) -> None:
    limiter = RateLimiter(1, seconds)
    limiter.spend("a")

    assert not limiter.spend("b").is_exceeded
    assert limiter.spend("a").is_exceeded


def test_looking_spends_nothing(seconds: Seconds) -> None:
    limiter = RateLimiter(1, seconds)
    assert not limiter.is_spent("a")

    limiter.spend("a")

    assert limiter.is_spent("a")
    seconds.now = 120.0
    assert not limiter.is_spent("a")


def test_no_limit_is_never_spent(seconds: Seconds) -> None:
    limiter = RateLimiter(0, seconds)

    assert limiter.spend("a").remaining == limits.UNLIMITED
    assert not limiter.is_spent("a")


def test_a_crowd_of_strangers_frees_nobody_from_its_count(seconds: Seconds) -> None:
    limiter = RateLimiter(2, seconds)
    limiter.spend("a")
    limiter.spend("a")
    for number in range(CALLERS_MAX):
        limiter.spend(f"stranger {number}")

    assert limiter.spend("a").is_exceeded
    assert len(limiter._counts) <= CALLERS_MAX + 1
