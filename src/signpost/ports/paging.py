"""Pages of things that are listed in the order in which they were made."""

from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page: at most `take` things that come after the position `after` (None: from the beginning)."""

    take: int
    after: int | None = None


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """A page. `next_after` is the position of its last thing when more follow, else None.

    Positions only grow, and a deleted thing's position is never given to another; so walking the pages neither repeats nor
    skips what was there all along.
    """

    items: tuple[T, ...]
    next_after: int | None
