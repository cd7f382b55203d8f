"""What callers can do with log streams. How they are delivered is the server's business; how far they are is shown."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from signpost.model import limits
from signpost.model.errors import FieldRefusedError, Kind, LogStreamLimitError, NotFoundError
from signpost.model.ids import IdKind
from signpost.model.log_streams import FileSink, HttpSink, LogStream, StreamStatus
from signpost.ports.log_streams import Progress, StreamProgress
from signpost.ports.store import Workspace
from signpost.usecases.call import Call


@dataclass(frozen=True, slots=True)
class StreamDraft:
    """A stream to be made, with exactly one sink: without a name it is called by its id, without a start it begins now."""

    filters: tuple[str, ...]
    name: str | None = None
    http: HttpSink | None = None
    file: FileSink | None = None
    starts_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class StreamView:
    """A stream, and how far it has been delivered."""

    stream: LogStream
    progress: Progress


def list_log_streams(call: Call, progress: StreamProgress) -> tuple[StreamView, ...]:
    """Return all streams in the order in which they were made."""
    with call.reading() as tenant:
        streams = tenant.log_streams.all()
    return tuple(StreamView(stream, progress.get(stream.id)) for stream in streams)


def get_log_stream(call: Call, progress: StreamProgress, stream_id: str) -> StreamView:
    """Return a stream.

    Raises:
        NotFoundError: there is none of this id.
    """
    with call.reading() as tenant:
        return StreamView(_find(tenant, stream_id), progress.get(stream_id))


def create_log_stream(call: Call, draft: StreamDraft) -> StreamView:
    """Create a stream, which is delivered from now on.

    Raises:
        NameTakenError: another stream has the name.
        FieldRefusedError: another stream writes the file.
        LogStreamLimitError: the tenant has as many as it may have.
    """
    now = call.clock.now()
    stream_id = call.ids.make_id(IdKind.LOG_STREAM)
    stream = LogStream(
        id=stream_id,
        name=draft.name or stream_id,
        status=StreamStatus.ACTIVE,
        filters=draft.filters,
        starts_at=draft.starts_at or now,
        created_at=now,
        updated_at=now,
        http=draft.http,
        file=draft.file,
    )
    with call.writing() as tenant:
        if len(tenant.log_streams.all()) >= limits.LOG_STREAMS_MAX:
            raise LogStreamLimitError(limits.LOG_STREAMS_MAX)
        _check_file(tenant, stream)
        tenant.log_streams.add(stream)
    return StreamView(stream, Progress())


def update_log_stream(
    call: Call, progress: StreamProgress, stream_id: str, change: Callable[[LogStream], LogStream]
) -> StreamView:
    """Change a stream into what `change` makes of it. It goes on where it was, one that was suspended with a clean slate.

    Raises:
        NotFoundError: there is none of this id.
        NameTakenError: another stream has the name.
        FieldRefusedError: another stream writes the file.
    """
    with call.writing() as tenant:
        stream = _find(tenant, stream_id)
        changed = change(stream)
        if changed.status is not StreamStatus.SUSPENDED:
            changed = replace(changed, suspended_because=None)
        if changed != stream:
            changed = replace(changed, updated_at=call.clock.now())
            _check_file(tenant, changed)
            tenant.log_streams.replace(changed)
    known = progress.get(stream_id)
    if stream.status is StreamStatus.SUSPENDED and changed.status is not StreamStatus.SUSPENDED:
        known = replace(known, failing_since=None, problem=None)
        progress.keep(stream_id, known)
    return StreamView(changed, known)


def suspend_log_stream(call: Call, stream_id: str, because: str) -> None:
    """Suspend an active stream; one that is not there or not active stays as it is."""
    with call.writing() as tenant:
        stream = tenant.log_streams.get(stream_id)
        if stream is not None and stream.status is StreamStatus.ACTIVE:
            now = call.clock.now()
            tenant.log_streams.replace(
                replace(stream, status=StreamStatus.SUSPENDED, suspended_because=because, updated_at=now)
            )


def remove_log_stream(call: Call, progress: StreamProgress, stream_id: str) -> None:
    """Remove a stream; one that is not there is removed already. What it has written stays."""
    with call.writing() as tenant:
        if tenant.log_streams.get(stream_id) is None:
            return
        tenant.log_streams.remove(stream_id)
    progress.forget(stream_id)


def _find(tenant: Workspace, stream_id: str) -> LogStream:
    stream = tenant.log_streams.get(stream_id)
    if stream is None:
        raise NotFoundError(Kind.LOG_STREAM)
    return stream


def _check_file(tenant: Workspace, stream: LogStream) -> None:
    for other in tenant.log_streams.all():
        if stream.file is not None and other.id != stream.id and other.file == stream.file:
            raise FieldRefusedError("sink.fileName", "is the file of another stream")
