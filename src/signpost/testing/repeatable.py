"""Clocks and ids that repeat."""

from datetime import UTC, datetime, timedelta
from itertools import count

from signpost.model.ids import IdKind, encode_id

START = datetime(2026, 1, 1, tzinfo=UTC)


class SteppingClock:
    """A clock that goes on by one millisecond whenever it is read, and further when told to."""

    def __init__(self, start: datetime = START) -> None:
        self._now = start

    def now(self) -> datetime:
        self._now += timedelta(milliseconds=1)
        return self._now

    def advance(self, step: timedelta) -> None:
        self._now += step


class SequentialIds:
    """Ids that count, in the form of real ones."""

    def __init__(self) -> None:
        self._numbers = count(1)

    def make_id(self, kind: IdKind) -> str:
        return encode_id(kind, next(self._numbers))

    def make_secret(self) -> str:
        return f"secret-{next(self._numbers):032}"
