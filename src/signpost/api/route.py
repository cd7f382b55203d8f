"""How every management route is entered: admit the caller, check the query, read the body; then FastAPI does the rest."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute

from signpost.api.bodies import read_body
from signpost.edge.asgi import keep_headers, peer_of
from signpost.edge.catalog import Catalog
from signpost.edge.gate import Admission, Gate
from signpost.model.tenants import Generation
from signpost.ports.actions import ActionSecrets
from signpost.ports.clock import Clock
from signpost.ports.events import EventLog
from signpost.ports.ids import IdFactory
from signpost.ports.log_streams import StreamProgress
from signpost.ports.measurements import Measures
from signpost.ports.store import Store, StoreUnavailableError
from signpost.usecases.call import Call

SCHEME = "bearer"
READS = {"GET", "HEAD"}


@dataclass(frozen=True, slots=True)
class Services:
    """What the routes work with."""

    store: Store
    clock: Clock
    ids: IdFactory
    gate: Gate
    catalog: Catalog
    log: EventLog
    measures: Measures
    progress: StreamProgress
    action_secrets: ActionSecrets
    check_template: Callable[[str], str | None]
    """Says what is wrong with a template for the hosted pages."""


class ReadRequest(Request):
    """A request whose body has been read."""

    def __init__(self, request: Request, value: Any) -> None:
        headers = [(name, text) for name, text in request.scope["headers"] if name != b"content-type"]
        scope = {**request.scope, "headers": [*headers, (b"content-type", b"application/json")]}
        super().__init__(scope, request.receive)
        self._value = value

    async def body(self) -> bytes:
        """Return bytes that say only that there is a body."""
        return b"read"

    async def json(self) -> Any:
        """Return the body's value."""
        return self._value


class ManagementRoute(APIRoute):
    """A route that asks for a scope: the one that its OpenAPI description names."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answer = super().get_route_handler()
        security = (self.openapi_extra or {}).get("security", [])
        scope = security[0][SCHEME][0]
        known = {field.alias for field in self.dependant.query_params}
        changes = not set(self.methods or ()) <= READS

        async def enter(request: Request) -> Response:
            services: Services = request.app.state.services
            headers = request.headers
            admission = await services.gate.admit(
                headers.get("host"), _authorization(request), peer_of(request.scope), scope
            )
            keep_headers(request.scope, admission.headers)
            request.state.admission = admission
            _check_query(request.query_params.multi_items(), known)
            entered: Request = request
            if self.body_field is not None:
                body = await request.body()
                entered = ReadRequest(request, read_body(body, headers.get("content-type", "")))
            response = await answer(entered)
            if changes and response.status_code < 300:
                await asyncio.to_thread(_refresh, services.catalog)
            return response

        return enter


def _check_query(given: list[tuple[str, str]], known: set[str]) -> None:
    """Refuse what no route could make sense of: a parameter that it does not have or has twice, and NUL."""
    seen: set[str] = set()
    for name, text in given:
        if name not in known:
            raise RequestValidationError([{"type": "extra_forbidden", "loc": ("query", name)}])
        if name in seen or "\0" in text:
            what = "Given twice" if name in seen else "Holds a NUL"
            raise RequestValidationError([{"type": "said", "loc": ("query", name), "ctx": {"what": what}}])
        seen.add(name)


def _refresh(catalog: Catalog) -> None:
    """Let this process know of a change at once. Where it can't, the change stands all the same, and is noticed later."""
    with suppress(StoreUnavailableError):
        catalog.refresh()


def _authorization(request: Request) -> str | None:
    """Return the one Authorization header; two of them are none."""
    given = request.headers.getlist("authorization")
    return given[0] if len(given) == 1 else None


def needs(scope: str) -> dict[str, Any]:
    """Return the part of a route's description that says which scope it asks for."""
    return {"security": [{SCHEME: [scope]}]}


async def _services(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


async def _admission(request: Request) -> Admission:
    admission: Admission = request.state.admission
    return admission


async def _call(
    services: Annotated[Services, Depends(_services)], admission: Annotated[Admission, Depends(_admission)]
) -> Call:
    return Call(
        store=services.store,
        clock=services.clock,
        ids=services.ids,
        tenant_id=admission.state.tenant.id,
        actor=admission.principal.subject,
    )


async def _generation(admission: Annotated[Admission, Depends(_admission)]) -> Generation:
    return admission.state.tenant.api_generation


async def _tenant_name(admission: Annotated[Admission, Depends(_admission)]) -> str:
    return admission.state.tenant.name


InTenant = Annotated[Call, Depends(_call)]
TenantName = Annotated[str, Depends(_tenant_name)]
InGeneration = Annotated[Generation, Depends(_generation)]
WithServices = Annotated[Services, Depends(_services)]


class JsonReply(Response):
    """A JSON reply that says its character set."""

    media_type = "application/json; charset=utf-8"

    def render(self, content: Any) -> bytes:
        """Return the body."""
        return json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
