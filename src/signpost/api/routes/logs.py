"""The tenant's logs: what happened, each event with the experiment that it belongs to."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict

from signpost.api.description import replies
from signpost.api.errors import JSON_TYPE, answer
from signpost.api.log_searches import SearchInvalidError, parse_search
from signpost.api.route import InTenant, ManagementRoute, Services, WithServices, needs
from signpost.ports.events import FOUND_MAX, LogEntry, LogSearch

TAKE_DEFAULT, TAKE_MAX = 50, 100
PAGE_NUMBER_MAX = 100_000

USER_ID_MAX = 512
USER_ID = r"^[^\x00-\x1f\x7f]+$"

router = APIRouter(prefix="/api/v2/logs", route_class=ManagementRoute, tags=["Logs"])
users_router = APIRouter(prefix="/api/v2/users", route_class=ManagementRoute, tags=["Logs"])

PageNumber = Annotated[int, Query(ge=0, le=PAGE_NUMBER_MAX)]
PerPage = Annotated[int, Query(ge=1, le=TAKE_MAX)]
Search = Annotated[
    str | None, Query(max_length=1_100, description='`type:s`, `user_id:"auth0|1"`, or both with AND between them.')
]
Sort = Annotated[str, Query(pattern="^date:(1|-1)$", description="date:1 oldest first, date:-1 newest.")]


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
    page: PageNumber = 0,
    per_page: PerPage = TAKE_DEFAULT,
    sort: Sort = "date:-1",
    q: Search = None,
    search: Search = None,
    fields: Annotated[str | None, Query(max_length=1_000, description="Names with commas between.")] = None,
    *,
    include_fields: Annotated[bool, Query(description="Whether `fields` is what to show or to leave out.")] = True,
    include_totals: Annotated[bool, Query()] = False,
) -> Response:
    """List events: after a checkpoint with `from` and `take`, or by `page`."""

    def show(entries: tuple[LogEntry, ...]) -> list[Any]:
        return [_select(entry, fields, is_shown=include_fields) for entry in entries]

    if from_ is not None or take is not None:
        if q is not None or search is not None:
            raise _refused("q" if search is None else "search", "Not together with from or take")
        try:
            entries = services.log.after(call.tenant_id, from_, take or TAKE_DEFAULT)
        except ValueError as error:
            raise _refused("from", "Not a log id") from error
        headers = {"Link": _next_link(request, entries, from_)} if entries or from_ else {}
        return Response(msgspec.json.encode(show(entries)), 200, headers, JSON_TYPE)
    if q is not None or search is not None:
        asked = _parse(q, search)
        entries, total = _find(call.tenant_id, services, asked, page, per_page, sort, is_counted=include_totals)
    else:
        entries = services.log.page(call.tenant_id, page, per_page, newest_first=sort == "date:-1")
        total = services.log.count(call.tenant_id) if include_totals else 0
    shown = _total(show(entries), page, per_page, total) if include_totals else show(entries)
    return Response(msgspec.json.encode(shown), 200, media_type=JSON_TYPE)


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


@users_router.get(
    "/{id:path}/logs",
    operation_id="listUserLogs",
    openapi_extra=needs("read:logs"),
    responses=replies({200: list[Log] | LogPage}, 404),
)
def list_user_logs(
    call: InTenant,
    services: WithServices,
    id: Annotated[str, Path(min_length=1, max_length=USER_ID_MAX, pattern=USER_ID)],
    page: PageNumber = 0,
    per_page: PerPage = TAKE_DEFAULT,
    sort: Sort = "date:-1",
    *,
    include_totals: Annotated[bool, Query()] = False,
) -> Response:
    """List the events of a user: those whose `user_id` is theirs; 1,000 at most."""
    search = LogSearch(user_id=id)
    entries, total = _find(call.tenant_id, services, search, page, per_page, sort, is_counted=include_totals)
    shown = [msgspec.Raw(entry.body) for entry in entries]
    body = _total(shown, page, per_page, total) if include_totals else shown
    return Response(msgspec.json.encode(body), 200, media_type=JSON_TYPE)


def _find(
    tenant_id: str, services: Services, search: LogSearch, page: int, per_page: int, sort: str, *, is_counted: bool
) -> tuple[tuple[LogEntry, ...], int]:
    """Return a page of what is found, and how much that is, as far as it was counted."""
    end = min((page + 1) * per_page, FOUND_MAX)
    most = FOUND_MAX if is_counted else end
    found = services.log.search(tenant_id, search, most, newest_first=sort == "date:-1")
    return found[page * per_page : end], len(found)


def _total(shown: list[Any], page: int, per_page: int, total: int) -> dict[str, Any]:
    return {"start": page * per_page, "limit": per_page, "length": len(shown), "total": total, "logs": shown}


def _parse(q: str | None, search: str | None) -> LogSearch:
    """Read the one that is there: published clients call it `search`."""
    name, text = ("search", search) if q is None else ("q", q)
    if text is None or (q is not None and search is not None):
        raise _refused("search", "Not together with q")
    try:
        return parse_search(text)
    except SearchInvalidError as error:
        raise _refused(name, 'Expected type:s, user_id:"auth0|1", or both with AND between them') from error


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


def _refused(name: str, what: str) -> RequestValidationError:
    return RequestValidationError([{"type": "said", "loc": ("query", name), "ctx": {"what": what}}])
