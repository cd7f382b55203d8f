"""The gateway as an ASGI application."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from signpost.edge.asgi import App
from signpost.gateway.abandonment import Abandonments
from signpost.gateway.assigning import Assigning, Desk
from signpost.gateway.notices import Notices
from signpost.gateway.outcomes import Events, Outcomes
from signpost.gateway.provider import PATH, Provider, Published
from signpost.gateway.queries import Query, join, make_visible
from signpost.gateway.visits import Visit, Way

AUTHORIZE_PATH = "/authorize"
OAUTH_PATH = "/.well-known/oauth-authorization-server"
RETRY_SECONDS = 5

log = logging.getLogger("signpost.gateway")


class Gateway:
    """Answers requests. Browsers are sent to the provider's endpoint, or to callbacks that the operator has named; nowhere else."""

    def __init__(self, desk: Desk, provider: Provider, events: Events) -> None:
        self._desk = desk
        self._provider = provider
        self._assigning = Assigning(desk, Notices(desk.monotonic))
        self._outcomes = Outcomes(events, desk.clock, desk.tenant_id)
        self._abandonments = Abandonments(
            events, self._outcomes, desk.clock, desk.tenant_id, desk.settings.abandoned_seconds
        )

    def create_app(self, start: Callable[[], None], stop: Callable[[], None]) -> App:
        """Return the application; `start` and `stop` are called before the first request and after the last."""

        @asynccontextmanager
        async def live(_: Starlette) -> AsyncIterator[None]:
            await run_in_threadpool(self._start, start)
            yield
            await run_in_threadpool(self._stop, stop)

        lifespan: Callable[[Starlette], AbstractAsyncContextManager[None]] = live
        return Starlette(
            routes=[
                Route(AUTHORIZE_PATH, self.authorize, methods=["GET", "POST"]),
                Route("/callback/{client}", self.call_back, methods=["GET", "POST"]),
                Route(PATH, self.discover),
                Route(OAUTH_PATH, self.discover),
                Route("/health", self.tell_health),
                Route("/ready", self.tell_readiness),
            ],
            lifespan=lifespan,
        )

    async def authorize(self, request: Request) -> Response:
        """Send a browser to the provider, with the decision where there is one.

        What is posted goes on as it is: a form from another site brings no cookie, so its device would be taken for a new one.
        """
        published = self._provider.published
        if published is None:
            return _unavailable()
        endpoint, raw = published.authorization_endpoint, make_visible(request.scope["query_string"])
        if request.method != "GET":
            return _redirect(307 if request.method == "POST" else 302, join(endpoint, [raw]))
        way = await self._lead(request, raw, published)
        reply = _redirect(302, join(endpoint, [way.query]))
        if way.cookie is not None:
            reply.headers["Set-Cookie"] = str(way.cookie)
        return reply

    async def call_back(self, request: Request) -> Response:
        """Note how a sign-in ended, and hand the browser on to the client with everything that the provider has sent."""
        client = request.path_params["client"]
        address = self._desk.settings.callbacks.get(client)
        if address is None:
            return JSONResponse({"error": "unknown_client", "error_description": "No callback is set for it."}, 404)
        raw = make_visible(request.scope["query_string"])
        if request.method == "HEAD":
            return _redirect(302, join(address.encode(), [raw]))
        is_posted = request.method == "POST"
        query = Query.read(raw)
        if query is not None and not is_posted:
            device = self._desk.cookie.read(_cookies_of(request))
            await self._outcomes.note(client, query, device, self._desk.recorder.record)
        return _redirect(307 if is_posted else 302, join(address.encode(), [raw]))

    async def discover(self, _: Request) -> Response:
        """Show what the provider publishes, with the gateway in the place of its authorization endpoint."""
        published = self._provider.published
        if published is None:
            return _unavailable()
        headers = {"Cache-Control": "public, max-age=300", "Access-Control-Allow-Origin": "*"}
        return Response(published.document, 200, headers, "application/json")

    async def tell_health(self, _: Request) -> Response:
        """Say that the process is there."""
        return JSONResponse({"status": "ok"})

    async def tell_readiness(self, _: Request) -> Response:
        """Say whether browsers can be sent on. That needs the provider's document, and nothing of the experiments."""
        is_ready = self._provider.published is not None
        decides = self._desk.catalog.state_of(self._desk.tenant_id) is not None
        parts = {"provider": "ok" if is_ready else "failing", "configuration": "ok" if decides else "failing"}
        return JSONResponse({"status": "ok" if is_ready else "failing", "parts": parts}, 200 if is_ready else 503)

    async def _lead(self, request: Request, raw: bytes, published: Published) -> Way:
        visit = Visit(
            query=raw,
            cookies=_cookies_of(request),
            user_agent=request.headers.get("user-agent"),
            address=request.client.host if request.client else None,
        )
        room = self._desk.settings.url_length_max - len(published.authorization_endpoint) - 1
        return await self._assigning.lead(visit, room)

    def _start(self, start: Callable[[], None]) -> None:
        start()
        self._provider.start()
        if self._desk.settings.callbacks:
            self._abandonments.start()

    def _stop(self, stop: Callable[[], None]) -> None:
        self._abandonments.close()
        self._provider.close()
        stop()


def _redirect(status: int, address: bytes) -> Response:
    """Return a redirect to an address as it is: it is personal, and the page that follows need not know it."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Location": address.decode("ascii")}
    return Response(status_code=status, headers=headers)


def _unavailable() -> Response:
    said = {"error": "temporarily_unavailable", "error_description": "The provider does not answer yet."}
    return JSONResponse(said, 503, {"Retry-After": str(RETRY_SECONDS)})


def _cookies_of(request: Request) -> str:
    return "; ".join(request.headers.getlist("cookie"))
