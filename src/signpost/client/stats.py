"""What a client tells of itself."""

from dataclasses import dataclass
from enum import StrEnum


class Source(StrEnum):
    """Where the configuration came from that decides now."""

    NONE = "none"
    SERVER = "server"
    CACHE = "cache"
    FILE = "file"
    MEMORY = "memory"


@dataclass(frozen=True, slots=True)
class Stats:
    """How a client is doing."""

    source: Source
    revision: int
    age_seconds: float | None
    """Since the configuration was last known to be the present one; None: never since this process began."""
    problem: str | None
    """What was wrong with the last refresh, None if nothing was."""
    queued: int
    """Exposures and events that wait to be sent."""
    sent: int
    """… that the server has kept."""
    dropped: int
    """… that found the queue full."""
    failed: int
    """… that the server has refused, or that nothing takes."""
    is_unauthorized: bool = False
    """Whether the problem is that the server does not take the credentials, or that they lack a scope."""
