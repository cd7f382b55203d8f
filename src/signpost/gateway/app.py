"""The gateway as an ASGI application."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from signpost.edge.asgi import App
from signpost.edge.notices import Notice, Notices
from signpost.exchange.overrides import PARAMETER
from signpost.gateway.opening import Opening
from signpost.gateway.provider import PATH, Provider, Published
from signpost.gateway.queries import QUERY_BYTES_MAX, Query, join, make_visible
from signpost.gateway.settings import GatewaySettings
from signpost.gateway.visits import Visit, Way
from signpost.runtime.overrides import NOT_ASKED

AUTHORIZE_PATH = "/authorize"
OAUTH_PATH = "/.well-known/oauth-authorization-server"
RETRY_SECONDS = 5
FORM_SECONDS_MAX = 5.0


class Gateway:
    """Answers requests. Browsers are sent to the provider's endpoint, or to callbacks that the operator has named; nowhere else."""

    def __init__(self, settings: GatewaySettings, provider: Provider, opening: Opening, notices: Notices) -> None:
        self._settings = settings
        self._provider = provider
        self._opening = opening
        self._notices = notices

    def create_app(self) -> App:
        """Return the application."""
        return Starlette(
            routes=[
                Route(AUTHORIZE_PATH, self.authorize, methods=["GET", "POST"]),
                Route("/callback/{client}", self.call_back, methods=["GET", "POST"]),
                Route("/override", self.keep_override),
                Route(PATH, self.discover),
                Route(OAUTH_PATH, self.discover),
                Route("/health", self.tell_health),
                Route("/ready", self.tell_readiness),
            ],
            lifespan=self._live,
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
        address = self._settings.callbacks.get(client)
        if address is None:
            return JSONResponse({"error": "unknown_client", "error_description": "No callback is set for it."}, 404)
        told = raw = make_visible(request.scope["query_string"])
        if request.method == "POST":
            told = await _read_form(request)
        query, station = Query.read(told), self._opening.station
        if station is not None and query is not None and request.method != "HEAD":
            device = station.cookie.read(_cookies_of(request))
            await station.outcomes.note(client, query, device, station.recorder.record)
        return _redirect(307 if request.method == "POST" else 302, join(address.encode(), [raw]))

    async def keep_override(self, request: Request) -> Response:
        """Let a tester's browser see one variation from here on, by a link of `signpost override`; without a token no more."""
        station, token = self._opening.station, request.query_params.get(PARAMETER, "")
        if station is None:
            return _unavailable("The data can't be opened yet.")
        asked = station.assigning.open_override(token) if token else NOT_ASKED
        if asked.ignored is not None:
            return _tell(f"This link is no good: {asked.ignored.value}.", 400)
        if asked.signed is None:
            return _tell("This browser sees what every browser may see.", 200, station.testers.forget())
        now, until = station.clock.now(), asked.signed.expires_at.isoformat(" ", "seconds")
        said = f"This browser sees what the link says until {until}. Its sign-ins are logged and not counted."
        return _tell(said, 200, station.testers.write(token, asked.signed, now))

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
        decides = self._opening.station is not None
        parts = {"provider": "ok" if is_ready else "failing", "experiments": "ok" if decides else "failing"}
        return JSONResponse({"status": "ok" if is_ready else "failing", "parts": parts}, 200 if is_ready else 503)

    async def _lead(self, request: Request, raw: bytes, published: Published) -> Way:
        station = self._opening.station
        if station is None:
            self._notices.tell(Notice.CIRCUIT_OPEN, "the data can't be opened yet")
            return Way(raw)
        visit = Visit(
            query=raw,
            cookies=_cookies_of(request),
            user_agent=request.headers.get("user-agent"),
            address=request.client.host if request.client else None,
        )
        room = self._settings.url_length_max - len(published.authorization_endpoint) - 1
        return await station.assigning.lead(visit, room)

    @asynccontextmanager
    async def _live(self, _: Starlette) -> AsyncIterator[None]:
        await run_in_threadpool(self._start)
        yield
        await run_in_threadpool(self._stop)

    def _start(self) -> None:
        self._opening.start()
        self._provider.start()

    def _stop(self) -> None:
        self._provider.close()
        self._opening.close()


def _redirect(status: int, address: bytes) -> Response:
    """Return a redirect to an address as it is: it is personal, and the page that follows need not know it."""
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Location": address.decode("ascii")}
    return Response(status_code=status, headers=headers)


async def _read_form(request: Request) -> bytes:
    """Return what is posted, as far as it is worth looking at; the browser posts it once more to where it is sent."""
    body = b""
    try:
        async with asyncio.timeout(FORM_SECONDS_MAX):
            async for part in request.stream():
                body += part
                if len(body) > QUERY_BYTES_MAX:
                    break
    except (TimeoutError, ClientDisconnect):
        return b""
    return make_visible(body)


def _tell(text: str, status: int, cookie: str | None = None) -> Response:
    headers = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "X-Content-Type-Options": "nosniff"}
    return PlainTextResponse(f"{text}\n", status, headers if cookie is None else {**headers, "Set-Cookie": cookie})


def _unavailable(why: str = "The provider does not answer yet.") -> Response:
    said = {"error": "temporarily_unavailable", "error_description": why}
    return JSONResponse(said, 503, {"Retry-After": str(RETRY_SECONDS)})


def _cookies_of(request: Request) -> str:
    return "; ".join(request.headers.getlist("cookie"))
