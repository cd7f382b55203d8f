"""Log streams on the wire, in Auth0's form; `file` is a type of our own."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field

from signpost.api.wire.common import TEXT, PatchBody, ReplyBody, RequestBody, leave_out_none, render_time, said
from signpost.api.wire.endpoints import Endpoint
from signpost.model import limits
from signpost.model.errors import FieldRefusedError
from signpost.model.log_streams import (
    CATEGORIES,
    ContentFormat,
    FileSink,
    HttpSink,
    LogStream,
    StreamStatus,
    StreamType,
)
from signpost.usecases.log_streams import StreamDraft, StreamView

JSON_TYPE = "application/json"
MEDIA_TYPE = r"^[A-Za-z0-9.+-]{1,60}/[A-Za-z0-9.+-]{1,60}(; ?charset=[A-Za-z0-9-]{1,20})?$"
FILE_NAME = rf"^[A-Za-z0-9_][A-Za-z0-9._-]{{0,{limits.FILE_NAME_MAX - 1}}}$"
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _check_category(name: str) -> str:
    if name not in CATEGORIES:
        raise said(f"No enum match, expected one of {', '.join(CATEGORIES)}")
    return name


def _parse_start(text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or not FIRST_YEAR <= at.year < LAST_YEAR:
        raise said("Expected a time as ISO 8601, like 2026-03-02T08:30:00Z")
    return text


StreamName = Annotated[str, Field(min_length=1, max_length=limits.NAME_MAX, pattern=TEXT)]
Authorization = Annotated[
    str, Field(min_length=1, max_length=limits.AUTHORIZATION_MAX, pattern=r"^[!-~]([ -~]*[!-~])?$")
]
Format = Literal["JSONARRAY", "JSONLINES", "JSONOBJECT"]
Start = Annotated[str, Field(max_length=40), AfterValidator(_parse_start)]


class FilterBody(RequestBody):
    """A category of log types."""

    type: Literal["category"]
    name: Annotated[str, AfterValidator(_check_category)] = Field(json_schema_extra={"enum": list(CATEGORIES)})


class SinkBody(RequestBody):
    """Where a stream leads: the fields of its type."""

    httpEndpoint: Endpoint = Field(default="", description="https, or on this machine.")  # noqa: N815 the wire's name
    httpContentType: str = Field(default=JSON_TYPE, pattern=MEDIA_TYPE)  # noqa: N815
    httpContentFormat: Format = "JSONLINES"  # noqa: N815
    httpAuthorization: Authorization | None = Field(  # noqa: N815
        default=None, description="The Authorization header. It is never shown."
    )
    fileName: str = Field(default="", pattern=FILE_NAME, description="In `log-streams/<tenant>` of the data folder.")  # noqa: N815

    def parse(self, type: StreamType) -> Mapping[str, HttpSink | FileSink]:
        """Return the sink of a new stream, by its field of the model."""
        self._check(type)
        needed = _NEEDED[type]
        if needed not in self.model_fields_set:
            raise FieldRefusedError(f"sink.{needed}", f"is required for a stream of type {type}")
        if type is StreamType.FILE:
            return {"file": FileSink(self.fileName)}
        return {
            "http": HttpSink(
                self.httpEndpoint, ContentFormat(self.httpContentFormat), self.httpContentType, self.httpAuthorization
            )
        }

    def apply(self, stream: LogStream) -> LogStream:
        """Return the stream with the changes. Its secret goes to no other host than the one that it was given for."""
        self._check(stream.type)
        given = self.model_fields_set
        if stream.http is None:
            return replace(stream, file=FileSink(self.fileName)) if given else stream
        http = stream.http
        if "httpEndpoint" in given:
            is_same = _origin_of(self.httpEndpoint) == _origin_of(http.endpoint)
            kept = http.authorization if is_same else None
            http = replace(http, endpoint=self.httpEndpoint, authorization=kept)
        if "httpContentFormat" in given:
            http = replace(http, content_format=ContentFormat(self.httpContentFormat))
        if "httpContentType" in given:
            http = replace(http, content_type=self.httpContentType)
        if "httpAuthorization" in given:
            http = replace(http, authorization=self.httpAuthorization)
        return replace(stream, http=http)

    def _check(self, type: StreamType) -> None:
        for field in sorted(self.model_fields_set):
            if field.startswith("http") is not (type is StreamType.HTTP):
                raise FieldRefusedError(f"sink.{field}", f"does not apply to a stream of type {type}")


_NEEDED = {StreamType.HTTP: "httpEndpoint", StreamType.FILE: "fileName"}
Filters = Annotated[list[FilterBody], Field(max_length=limits.LOG_STREAM_FILTERS_MAX)]


class LogStreamCreation(RequestBody):
    """A stream to be made."""

    name: StreamName = Field("", description="Left out: its id.")
    type: Literal["http", "file"]
    filters: Filters = Field([], description="Left out or empty: everything.")
    sink: SinkBody
    startFrom: Start = Field("", description="Send what was kept since then. Left out: from now on.")  # noqa: N815

    def parse(self) -> StreamDraft:
        """Return the stream as the model has it."""
        starts_at = datetime.fromisoformat(self.startFrom) if self.startFrom else None
        if starts_at is not None and starts_at.tzinfo is None:
            starts_at = starts_at.replace(tzinfo=UTC)
        return StreamDraft(
            filters=_names(self.filters),
            name=self.name or None,
            starts_at=starts_at.astimezone(UTC) if starts_at is not None else None,
            **self.sink.parse(StreamType(self.type)),  # type: ignore[arg-type]
        )


class LogStreamPatch(PatchBody):
    """Changes to a stream."""

    name: StreamName = ""
    status: Literal["active", "paused"] = Field(
        "active", description="One that is suspended goes on where it was when it is activated."
    )
    filters: Filters = Field([])
    sink: SinkBody = Field(SinkBody(), description="What is not in it stays; the secret only for the same host.")

    def apply(self, stream: LogStream) -> LogStream:
        """Return the stream with the changes."""
        if self.has("name"):
            stream = replace(stream, name=self.name)
        if self.has("status"):
            stream = replace(stream, status=StreamStatus(self.status))
        if self.has("filters"):
            stream = replace(stream, filters=_names(self.filters))
        return self.sink.apply(stream) if self.has("sink") else stream


class SinkReply(ReplyBody):
    """Where a stream leads; the secret is not shown."""

    httpEndpoint: str = ""  # noqa: N815
    httpContentType: str = ""  # noqa: N815
    httpContentFormat: Format = "JSONLINES"  # noqa: N815
    fileName: str = ""  # noqa: N815


class StreamHealth(ReplyBody):
    """How the delivery goes; what is not so is left out."""

    lastLogId: str = Field("", description="The last entry that was delivered, or passed by a filter.")  # noqa: N815
    deliveredAt: datetime = datetime.fromtimestamp(0, UTC)  # noqa: N815
    failingSince: datetime = datetime.fromtimestamp(0, UTC)  # noqa: N815
    problem: str = ""


class LogStreamReply(ReplyBody):
    """A log stream."""

    id: str
    name: str
    type: Literal["http", "file"]
    status: Literal["active", "paused", "suspended"]
    statusReason: str = Field("", description="Why it is suspended.")  # noqa: N815
    filters: list[FilterBody]
    sink: SinkReply
    startFrom: datetime = Field(description="What was kept before is not sent.")  # noqa: N815
    health: StreamHealth


def render_log_stream(view: StreamView) -> dict[str, Any]:
    """Return the body of a stream."""
    stream, progress = view.stream, view.progress
    return leave_out_none(
        {
            "id": stream.id,
            "name": stream.name,
            "type": stream.type.value,
            "status": stream.status.value,
            "statusReason": stream.suspended_because,
            "filters": [{"type": "category", "name": name} for name in stream.filters],
            "sink": _render_sink(stream),
            "startFrom": render_time(stream.starts_at),
            "health": leave_out_none(
                {
                    "lastLogId": progress.log_id,
                    "deliveredAt": progress.delivered_at and render_time(progress.delivered_at),
                    "failingSince": progress.failing_since and render_time(progress.failing_since),
                    "problem": progress.problem,
                }
            ),
        }
    )


def _render_sink(stream: LogStream) -> dict[str, str]:
    if stream.http is not None:
        return {
            "httpEndpoint": stream.http.endpoint,
            "httpContentType": stream.http.content_type,
            "httpContentFormat": stream.http.content_format.value,
        }
    return {"fileName": stream.file.name} if stream.file is not None else {}


def _names(filters: list[FilterBody]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(given.name for given in filters))


def _origin_of(uri: str) -> tuple[str, str]:
    scheme, _, rest = uri.partition("://")
    return scheme.lower(), rest.partition("/")[0].partition("?")[0].lower()
