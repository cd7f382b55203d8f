"""Where entries go: to a webhook, or to a file of JSON lines."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from signpost.edge.log_streams.formats import join_entries
from signpost.edge.outbound import NotTakenError, Outbound
from signpost.model.log_streams import FileSink, HttpSink, LogStream
from signpost.ports.events import LogEntry

SECONDS_MAX = 10.0
RETRY_AFTER_MAX = 300.0
_BLOCK = 65_536


@dataclass(frozen=True, slots=True)
class Sinks:
    """The ways out: `folder` has the files, each tenant's in a folder of its own."""

    outbound: Outbound
    folder: Path

    def send(self, tenant_id: str, stream: LogStream, entries: Sequence[LogEntry]) -> None:
        """Give entries to a stream's sink; they are there when this returns.

        Raises:
            NotTakenError: they were not taken, or it is not known whether they were.
        """
        if stream.http is not None:
            _post(self.outbound, stream.http, entries)
        elif stream.file is not None:
            try:
                _append(self.folder / tenant_id, stream.file, entries)
            except OSError as error:
                raise NotTakenError(f"the file can't be written: {error.strerror}") from error


def _post(outbound: Outbound, sink: HttpSink, entries: Sequence[LogEntry]) -> None:
    headers = {"Content-Type": sink.content_type, "User-Agent": "Signpost"}
    if sink.authorization is not None:
        headers["Authorization"] = sink.authorization
    reply = outbound.post(sink.endpoint, join_entries(entries, sink.content_format), headers, seconds=SECONDS_MAX)
    if not 200 <= reply.status < 300:
        raise NotTakenError(f"answers with status {reply.status}", _seconds_of(reply.headers.get("retry-after")))


def _append(folder: Path, sink: FileSink, entries: Sequence[LogEntry]) -> None:
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(folder / sink.name, flags, 0o600)
    try:
        _drop_torn_line(descriptor)
        left = memoryview(b"".join(entry.body + b"\n" for entry in entries))
        while left:
            left = left[os.write(descriptor, left) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _drop_torn_line(descriptor: int) -> None:
    """Cut off a last line without an end: it was being written when the power went, and comes again now."""
    size = end = os.fstat(descriptor).st_size
    while end > 0:
        start = max(end - _BLOCK, 0)
        newline = os.pread(descriptor, end - start, start).rfind(b"\n")
        if newline >= 0:
            end = start + newline + 1
            break
        end = start
    if end < size:
        os.ftruncate(descriptor, end)


def _seconds_of(retry_after: str | None) -> float | None:
    if retry_after is None or not re.fullmatch(r"\s*[0-9]{1,9}\s*", retry_after):
        return None
    return min(float(retry_after), RETRY_AFTER_MAX)
