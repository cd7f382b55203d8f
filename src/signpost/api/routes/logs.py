"""The tenant's logs: what happened, each event with the experiment that it belongs to."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict

from signpost.api.description import replies
from signpost.api.errors import JSON_TYPE, answer
from signpost.api.route import InTenant, ManagementRoute, WithServices, needs
from signpost.ports.events import LogEntry

TAKE_DEFAULT, TAKE_MAX = 50, 100
PAGE_NUMBER_MAX = 100_000

router = APIRouter(prefix="/api/v2/logs", route_class=ManagementRoute, tags=["Logs"])


class Log(BaseModel):
    """One event, in the shape of a tenant log."""

    model_config = ConfigDict(extra="allow")

    log_id: str = ""
    type: str = ""
    date: str = ""


class LogPage(BaseModel):
    """A page of events with the total."""

    start: int
    limit: int
    length: int
    total: int
    logs: list[Log]


@router.get(
    "",
    operation_id="listLogs",
    openapi_extra=needs("read:logs"),
    responses=replies({200: list[Log] | LogPage}),
)
def list_logs(
    request: Request,
    call: InTenant,
    services: WithServices,
    from_: Annotated[str | None, Query(alias="from", max_length=64, description="A log id to go on from.")] = None,
    take: Annotated[int | None, Query(ge=1, le=TAKE_MAX, description="How many after `from`.")] = None,
    page: Annotated[int, Query(ge=0, le=PAGE_NUMBER_MAX)] = 0,
    per_page: Annotated[int, Query(ge=1, le=TAKE_MAX)] = TAKE_DEFAULT,
    sort: Annotated[
        str, Query(pattern="^date:(1|-1)$", description="date:1 oldest first, date:-1 newest.")
    ] = "date:-1",
    fields: Annotated[str | None, Query(max_length=1_000, description="Names with commas between.")] = None,
    *,
    include_fields: Annotated[bool, Query(description="Whether `fields` is what to show or to leave out.")] = True,
    include_totals: Annotated[bool, Query()] = False,
) -> Response:
    """List events: after a checkpoint with `from` and `take`, or by `page`."""

    def show(entries: tuple[LogEntry, ...]) -> list[Any]:
        return [_select(entry, fields, is_shown=include_fields) for entry in entries]

    if from_ is not None or take is not None:
        try:
            entries = services.log.after(call.tenant_id, from_, take or TAKE_DEFAULT)
        except ValueError as error:
            raise _not_a_log_id() from error
        headers = {"Link": _next_link(request, entries, from_)} if entries or from_ else {}
        return Response(msgspec.json.encode(show(entries)), 200, headers, JSON_TYPE)
    entries = services.log.page(call.tenant_id, page, per_page, newest_first=sort == "date:-1")
    if not include_totals:
        return Response(msgspec.json.encode(show(entries)), 200, media_type=JSON_TYPE)
    body = {
        "start": page * per_page,
        "limit": per_page,
        "length": len(entries),
        "total": services.log.count(call.tenant_id),
        "logs": show(entries),
    }
    return Response(msgspec.json.encode(body), 200, media_type=JSON_TYPE)


@router.get(
    "/{id}",
    operation_id="getLog",
    openapi_extra=needs("read:logs"),
    responses=replies({200: Log}, 404),
)
def get_log(call: InTenant, services: WithServices, id: str) -> Response:
    """Get an event."""
    try:
        entry = services.log.get(call.tenant_id, id)
    except ValueError:
        entry = None
    if entry is None:
        return answer(404, "log_not_found", "Log not found.")
    return Response(entry.body, 200, media_type=JSON_TYPE)


def _select(entry: LogEntry, fields: str | None, *, is_shown: bool) -> Any:
    if fields is None:
        return msgspec.Raw(entry.body)
    named = set(fields.split(","))
    body: dict[str, Any] = msgspec.json.decode(entry.body)
    return {name: value for name, value in body.items() if (name in named) is is_shown}


def _next_link(request: Request, entries: tuple[LogEntry, ...], from_: str | None) -> str:
    """Return a link to what follows, asked for as this was."""
    last = entries[-1].log_id if entries else from_
    return f'<{request.url.include_query_params(**{"from": last})}>; rel="next"'


def _not_a_log_id() -> RequestValidationError:
    return RequestValidationError([{"type": "said", "loc": ("query", "from"), "ctx": {"what": "Not a log id"}}])
