"""The difference between a field that a PATCH leaves alone and one that it sets to nothing."""

from enum import Enum
from typing import Final, TypeVar

T = TypeVar("T")


class Unset(Enum):
    """The type of `UNSET`, an enum so that a type checker can narrow it away."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET
"""The field was not given."""


def choose(given: T | Unset, current: T) -> T:
    """Return what was given, or the current value where nothing was."""
    return current if given is UNSET else given
