"""Secrets as they are kept, and moments as they are compared."""

import hashlib
from datetime import UTC, datetime, timedelta

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


def digest(secret: str) -> str:
    """Return what is kept of a secret that the server made: it is random enough for a plain SHA-256."""
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()


def to_ms(at: datetime) -> int:
    """Return a moment as milliseconds since 1970."""
    return (at - EPOCH) // MILLISECOND
