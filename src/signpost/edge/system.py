"""The real clock and real randomness."""

import secrets
import time
from datetime import UTC, datetime

from signpost.model.ids import IdKind, encode_id


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """Return the present moment, cut to whole milliseconds."""
        now = datetime.now(UTC)  # noqa: TID251 the one place
        return now.replace(microsecond=now.microsecond // 1000 * 1000)

    def now_seconds(self) -> float:
        """Return the present moment in Unix seconds."""
        return time.time()  # noqa: TID251 the one place


class RandomIds:
    """The operating system's randomness."""

    def make_id(self, kind: IdKind) -> str:
        """Return a new identifier of 128 random bits."""
        return encode_id(kind, secrets.randbits(128))

    def make_secret(self) -> str:
        """Return a new secret of 384 random bits."""
        return secrets.token_urlsafe(48)
