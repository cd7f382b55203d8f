"""One step of a stream: read what follows, send it, remember how far it got. At least once: first sent, then remembered."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from signpost.edge.log_streams.sinks import Sinks
from signpost.edge.outbound import NotTakenError
from signpost.model.log_streams import LogStream, is_wanted
from signpost.ports.clock import Clock
from signpost.ports.events import EventLog, LogEntry
from signpost.ports.log_streams import Progress, StreamProgress

ENTRIES_MAX = 2_000
BODY_BYTES_MAX = 1024 * 1024
"""Of a request, unless its only entry is larger."""


class _Typed(msgspec.Struct):
    type: str = ""


_decode = msgspec.json.Decoder(_Typed).decode


@dataclass(frozen=True, slots=True)
class Delivery:
    """What it takes to deliver streams."""

    log: EventLog
    progress: StreamProgress
    sinks: Sinks
    clock: Clock

    def has_more(self, tenant_id: str, stream: LogStream) -> bool:
        """Return whether there is something to deliver, wanted or not.

        Raises:
            OSError, sqlite3.Error, EventsDamagedError: the events, or how far the stream is, can't be read.
        """
        return bool(self._read(tenant_id, stream, self.progress.get(stream.id), 1))

    def advance(self, tenant_id: str, stream: LogStream) -> bool:
        """Deliver what follows, as much as goes into one request; return whether there was anything.

        Raises:
            NotTakenError: the sink did not take it; that it fails, since when and why is kept.
            OSError, sqlite3.Error, EventsDamagedError: as above.
        """
        progress = self.progress.get(stream.id)
        entries = _fit(self._read(tenant_id, stream, progress, ENTRIES_MAX))
        if not entries:
            return False
        wanted = [entry for entry in entries if is_wanted(stream.filters, _decode(entry.body).type)]
        try:
            if wanted:
                self.sinks.send(tenant_id, stream, wanted)
        except NotTakenError as error:
            since = progress.failing_since or self.clock.now()
            self.progress.keep(stream.id, replace(progress, failing_since=since, problem=error.problem))
            raise
        delivered_at = self.clock.now() if wanted else progress.delivered_at
        self.progress.keep(stream.id, Progress(entries[-1].log_id, delivered_at))
        return True

    def _read(self, tenant_id: str, stream: LogStream, progress: Progress, take: int) -> Sequence[LogEntry]:
        start = progress.log_id
        if start is None:
            start = self.log.id_before(int(stream.starts_at.timestamp() * 1000))
        return self.log.after(tenant_id, start, take)


def _fit(entries: Sequence[LogEntry]) -> Sequence[LogEntry]:
    size = 0
    for count, entry in enumerate(entries):
        size += len(entry.body)
        if size > BODY_BYTES_MAX:
            return entries[: max(count, 1)]
    return entries
