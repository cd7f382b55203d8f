"""Log streams, and how far each has been delivered."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from signpost.model.log_streams import LogStream


class LogStreams(Protocol):
    """The log streams of one tenant. Every write raises `NameTakenError` where the name is another's."""

    def get(self, stream_id: str) -> LogStream | None: ...
    def all(self) -> tuple[LogStream, ...]:
        """Return every stream, in the order in which they were made."""
        ...

    def add(self, stream: LogStream) -> None: ...
    def replace(self, stream: LogStream) -> None: ...
    def remove(self, stream_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stream has been delivered: the id of the last entry that was (None: none yet), and how it goes.

    `failing_since` and `problem` are None while it goes well.
    """

    log_id: str | None = None
    delivered_at: datetime | None = None
    failing_since: datetime | None = None
    problem: str | None = None


class StreamProgress(Protocol):
    """Keeps how far streams have been delivered, beside the events that they deliver."""

    def get(self, stream_id: str) -> Progress:
        """Return a stream's progress; that of one that was never delivered is empty.

        Raises:
            OSError: it can't be read.
        """
        ...

    def keep(self, stream_id: str, progress: Progress) -> None:
        """Keep a stream's progress; it is durable when this returns.

        Raises:
            OSError: it can't be written; what was kept before still is.
        """
        ...

    def forget(self, stream_id: str) -> None:
        """Forget a stream; one that is not known is forgotten already.

        Raises:
            OSError: it can't be removed.
        """
        ...
