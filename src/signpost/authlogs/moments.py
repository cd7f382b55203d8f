"""Moments as bodies show them."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from signpost.ports.clock import Clock

EARLIEST_MS = 946_684_800_000
"""2000-01-01: what is older is most likely a number of seconds."""
AHEAD_MS_MAX = 5 * 60 * 1000
"""How far a sender's clock may be ahead of ours."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(NamedTuple):
    """A moment in milliseconds since the epoch, and as ISO 8601 in UTC with milliseconds and `Z`."""

    epoch_ms: int
    text: str


def moment_of(at: datetime) -> Moment:
    """Return the moment of an aware datetime."""
    utc = at.astimezone(UTC)
    return Moment(
        (utc - _EPOCH) // timedelta(milliseconds=1), f"{utc.replace(tzinfo=None).isoformat(timespec='milliseconds')}Z"
    )


def moment_of_ms(epoch_ms: int) -> Moment:
    """Return the moment of a number of milliseconds since the epoch."""
    return moment_of(_EPOCH + timedelta(milliseconds=epoch_ms))


class Moments:
    """Tells the present moment. Many decisions fall into one millisecond, so the last moment is kept as it was worked out."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = (_EPOCH, moment_of(_EPOCH))

    def now(self) -> Moment:
        """Return the present moment."""
        at = self._clock.now()
        last_at, moment = self._last
        if at != last_at:
            moment = moment_of(at)
            self._last = (at, moment)
        return moment


def parse_moment(value: object, now_ms: int) -> Moment:
    """Return the moment of an ISO 8601 text (UTC unless it says otherwise) or of a number of milliseconds since the epoch.

    Raises:
        ValueError: it is neither, or too far away; the text says which.
    """
    moment = _moment_of(value)
    if moment.epoch_ms < EARLIEST_MS:
        message = "is before the year 2000; a number counts milliseconds, not seconds"
        raise ValueError(message)
    if moment.epoch_ms > now_ms + AHEAD_MS_MAX:
        message = "is more than 5 minutes in the future"
        raise ValueError(message)
    return moment


def _moment_of(value: object) -> Moment:
    try:
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return moment_of(at if at.tzinfo is not None else at.replace(tzinfo=UTC))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return moment_of(_EPOCH + timedelta(milliseconds=int(value)))
    except (ValueError, OverflowError):
        pass
    message = "must be an ISO 8601 date and time, or milliseconds since the epoch"
    raise ValueError(message)
