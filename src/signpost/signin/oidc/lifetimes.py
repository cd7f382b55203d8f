"""How long what clients are given is good."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """Lifetimes, as is usual at Auth0, but for the code's: RFC 6749 lets it live 10 minutes at most.

    A refresh token that is not used for `refresh_idle` is good no more, nor is the last of a family after
    `refresh_whole`.
    """

    code: timedelta = timedelta(seconds=60)
    access_token: timedelta = timedelta(hours=2)
    id_token: timedelta = timedelta(hours=10)
    refresh_idle: timedelta = timedelta(days=15)
    refresh_whole: timedelta = timedelta(days=30)


def seconds_of(lifetime: timedelta) -> int:
    """Return a lifetime in whole seconds."""
    return lifetime // timedelta(seconds=1)
