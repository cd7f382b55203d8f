"""Where decisions and events are put."""

from typing import Protocol, TypeVar

T_contra = TypeVar("T_contra", contravariant=True)


class Queue(Protocol[T_contra]):
    """Where something is put: a list, a deque, or what looks like one."""

    def __len__(self) -> int: ...

    def append(self, item: T_contra, /) -> None:
        """Take the item."""
        ...


class Nowhere:
    """Counts what nobody takes."""

    def __init__(self) -> None:
        self.count = 0

    def __len__(self) -> int:
        return 0

    def append(self, _: object) -> None:
        """Count it."""
        self.count += 1
