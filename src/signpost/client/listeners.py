"""Those who are told of something."""

import logging
from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")

log = logging.getLogger("signpost.client")


def join(listeners: list[Callable[[T], None]], listener: Callable[[T], None]) -> Callable[[], None]:
    """Add a listener; return what takes it away."""
    listeners.append(listener)
    return lambda: listeners.remove(listener) if listener in listeners else None


def tell(listeners: Sequence[Callable[[T], None]], value: T) -> None:
    """Tell all of them."""
    for listener in tuple(listeners):
        try:
            listener(value)
        except Exception:  # the listener is the application's, its faults are not to end the following
            log.exception("a listener failed")
