"""Hosted sign-in as an ASGI application: `/authorize`, the pages under `/u/`, and the OpenID Connect provider's other routes."""

import hmac
import logging
from collections.abc import Callable, Mapping, Sequence
from urllib.parse import parse_qsl, quote, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from signpost.edge.asgi import App, Receive, Scope, Send, keep_headers
from signpost.exchange.overrides import PARAMETER
from signpost.middleware.testers import OverrideCookie
from signpost.model.accounts import Session
from signpost.ports.store import StoreUnavailableError
from signpost.runtime.wire import Override
from signpost.signin.arrivals import Arrivals
from signpost.signin.cookies import forget_session
from signpost.signin.desk import Desk
from signpost.signin.journeys.screens import ANSWERS
from signpost.signin.journeys.showing import show, tell
from signpost.signin.journeys.starting import Asked, begin
from signpost.signin.journeys.steps import may_go
from signpost.signin.journeys.turns import Go, Leave, Next, Stay, Stop, Turn
from signpost.signin.links import Links
from signpost.signin.oidc.provider import Answer, RequestRefusedError, RequestReturnedError, render_answer
from signpost.signin.pages import Pages, redirect, respond, with_cookies
from signpost.signin.records import Step, record_of
from signpost.signin.screens.assets import find_asset
from signpost.signin.screens.screen import Screen
from signpost.signin.visits import Visit, is_csrf
from signpost.usecases.catalog import TenantState

FIELDS_MAX = 50
FIELD_MAX = 70_000
"""Characters of a field: what an authenticator says of a passkey is the longest."""
QUERY_MAX = 16_384
OUTBOX_MAILS = 50
RETRY_SECONDS = 5

log = logging.getLogger("signpost.signin")

FindState = Callable[[str | None], TenantState | None]


class SignIn:
    """Answers what browsers ask for on their way through a sign-in."""

    def __init__(self, desk: Desk, find_state: FindState) -> None:
        self._desk = desk
        self._find_state = find_state
        self._arrivals = Arrivals(desk.accounts, desk.secrets)
        self._pages = Pages(desk.notices)
        self._links = Links(desk, self._pages)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the routes."""
        return [
            Route("/authorize", self.authorize, methods=["GET", "POST"]),
            Route("/u/static/{name}", self.send_asset),
            Route("/u/override", self.keep_override),
            Route("/u/context", self.tell_context),
            Route("/u/outbox", self.show_outbox),
            Route("/u/verify-email", self.verify_email),
            Route("/u/reset-password", self.reset_password, methods=["GET", "POST"]),
            Route("/u/{screen}", self.show_screen, methods=["GET"]),
            Route("/u/{screen}", self.answer_screen, methods=["POST"]),
        ]

    async def authorize(self, request: Request) -> Response:
        """Begin a sign-in.

        What is posted from another site brings no cookies, so it is sent on to the same address with GET, which does.
        """
        if request.method == "POST":
            query = urlencode(await _read_form(request))
            if len(query) <= QUERY_MAX:
                return redirect(f"/authorize?{query}")
            return await self._in_thread(request, lambda _, visit: self._pages.message(visit, "bad_request", 400))
        return await self._in_thread(request, self._begin)

    async def show_screen(self, request: Request) -> Response:
        """Show a screen of a sign-in under way."""
        return await self._in_thread(request, self._show)

    async def tell_context(self, request: Request) -> Response:
        """Tell a page of one's own what to show."""
        return await self._in_thread(request, self._tell)

    async def answer_screen(self, request: Request) -> Response:
        """Take a screen's form."""
        fields = dict(await _read_form(request))
        return await self._in_thread(request, lambda request, visit: self._answer(request, visit, fields))

    async def reset_password(self, request: Request) -> Response:
        """Take a new password, by the link in a mail."""
        fields = dict(await _read_form(request)) if request.method == "POST" else None
        ticket = request.query_params.get("ticket", "") if fields is None else fields.get("ticket", "")
        return await self._in_thread(request, lambda _, visit: self._links.reset(visit, ticket, fields))

    async def verify_email(self, request: Request) -> Response:
        """Take the link that was sent to a new account's address."""
        ticket = request.query_params.get("ticket", "")
        return await self._in_thread(request, lambda _, visit: self._links.verify(visit, ticket))

    async def keep_override(self, request: Request) -> Response:
        """Let a tester's browser see one variation from here on, by a link of `signpost override`; without a token no more."""
        return await self._in_thread(request, self._keep_override)

    async def show_outbox(self, request: Request) -> Response:
        """Show the mails that were not sent, to who knows the key."""
        return await self._in_thread(request, self._show_outbox)

    async def send_asset(self, request: Request) -> Response:
        """Send a file that pages refer to."""
        asset = find_asset(request.path_params["name"])
        if asset is None:
            return Response(status_code=404)
        headers = {"Cache-Control": asset.cache_control, "X-Content-Type-Options": "nosniff"}
        return Response(asset.content, 200, headers, asset.content_type)

    def find_session(self, request: Request) -> Session | None:
        """Return the session of a browser; reads the database."""
        visit = self.find_visit(request)
        return visit.session if visit is not None else None

    def end_session(self, request: Request, response: Response) -> None:
        """End the session of a browser, if it has one."""
        visit = self.find_visit(request)
        if visit is None:
            return
        with_cookies(response, [forget_session(is_secure=visit.is_secure)])
        session = visit.session
        if session is None:
            return
        people = self._desk.accounts.of(visit.state.tenant.id)
        people.sessions.remove(session.id)
        account, now = people.accounts.get(session.account_id), self._desk.clock.now()
        tenant_id, unit = visit.state.tenant.id, visit.device.id
        self._desk.recording.note([record_of(Step.SIGNED_OUT, now, tenant_id, unit=unit, visit=visit, account=account)])

    def find_visit(self, request: Request) -> Visit | None:
        """Return the visit that a request is; None while there is no tenant."""
        state = self._find_state(request.headers.get("host"))
        return None if state is None else self._arrivals.visit(request, state)

    async def _in_thread(self, request: Request, work: Callable[[Request, Visit], Response]) -> Response:
        """Answer on a thread: databases and passwords take their time."""

        def run() -> Response:
            state = self._find_state(request.headers.get("host"))
            if state is None:
                return Response("There is no tenant yet.\n", 503, media_type="text/plain")
            try:
                visit = self._arrivals.visit(request, state)
                return with_cookies(work(request, visit), self._arrivals.cookies_for(visit))
            except StoreUnavailableError as error:
                log.warning("a sign-in has to wait: the database does not answer: %s", error)
                visit = self._arrivals.visit(request, state, has_session=False)
                page = self._pages.message(visit, "unavailable", 503)
                page.headers["Retry-After"] = str(RETRY_SECONDS)
                return page

        return await run_in_threadpool(run)

    def _begin(self, request: Request, visit: Visit) -> Response:
        desk = self._desk
        parameters = read_query(request)
        try:
            client, authorize = desk.provider.read_request(visit.state, parameters)
        except RequestRefusedError as error:
            return self._pages.message(visit, "bad_request", 400, text=error.reason)
        except RequestReturnedError as error:
            return render_answer(error.answer)
        begun = begin(desk, visit, Asked(client, authorize, parameters), OverrideCookie(is_secure=visit.is_secure))
        if isinstance(begun, Answer):
            return render_answer(begun)
        begun.flush()
        return redirect(_path_of(begun), begun.cookies)

    def _show(self, request: Request, visit: Visit) -> Response:
        turn = self._find_turn(visit, request.query_params.get("state", ""))
        if turn is None:
            return self._pages.message(visit, "expired", 400)
        wanted = request.path_params["screen"]
        if wanted != turn.journey.step:
            has_identifier = turn.fact("email") is not None
            if not may_go(turn.journey.step, wanted, has_identifier=has_identifier):
                return redirect(_path_of(turn))
            turn.enter(wanted)
        response = show(turn, self._pages, turn.cookies)
        turn.flush()
        return response

    def _tell(self, request: Request, visit: Visit) -> Response:
        turn = self._find_turn(visit, request.query_params.get("state", ""))
        if turn is None:
            return self._pages.message(visit, "expired", 400)
        response = tell(turn, turn.cookies)
        turn.flush()
        return response

    def _answer(self, request: Request, visit: Visit, fields: Mapping[str, str]) -> Response:
        turn = self._find_turn(visit, fields.get("state", ""))
        if turn is None:
            return self._pages.message(visit, "expired", 400)
        screen, step = request.path_params["screen"], turn.journey.step
        secret = self._desk.secrets.device_secret(visit.state.tenant.id)
        if not is_csrf(secret, turn.journey.id, visit.device.id, fields.get("csrf", "")):
            return show(turn, self._pages, turn.cookies, ["form_expired"])
        if screen not in ANSWERS or not may_go(step, screen, has_identifier=turn.fact("email") is not None):
            return redirect(_path_of(turn))
        is_elsewhere = screen != step
        if is_elsewhere and screen != "passkey-signin":
            turn.enter(screen)
        response = self._follow(turn, ANSWERS[screen](turn, fields))
        turn.flush()
        return response

    def _follow(self, turn: Turn, following: Next) -> Response:
        match following:
            case Stay(errors, values):
                return show(turn, self._pages, turn.cookies, errors, values)
            case Go(step):
                turn.enter(step)
                turn.keep()
                return redirect(_path_of(turn), turn.cookies)
            case Leave(answer):
                return with_cookies(render_answer(answer), turn.cookies)
            case Stop(message, status, text):
                turn.keep()
                return self._pages.message(turn.visit, message, status, text=text)

    def _find_turn(self, visit: Visit, journey_id: str) -> Turn | None:
        """Return the sign-in under way; only to the browser that began it."""
        if not journey_id or len(journey_id) > FIELD_MAX or visit.device.is_new:
            return None
        journey = self._desk.accounts.of(visit.state.tenant.id).journeys.find(journey_id)
        if journey is None or not hmac.compare_digest(journey.device_id, visit.device.id):
            return None
        client = visit.state.clients.get(journey.client_id)
        if client is None or client.revoked_at is not None or journey.request.redirect_uri not in client.callbacks:
            return None
        return Turn(self._desk, visit, journey, client)

    def _keep_override(self, request: Request, visit: Visit) -> Response:
        testers = OverrideCookie(is_secure=visit.is_secure)
        token = request.query_params.get(PARAMETER, "")
        if not token:
            said = "This browser sees what every browser may see."
            return with_cookies(self._pages.message(visit, "override", 200, text=said), [testers.forget()])
        asked = self._desk.experiments.open_override(visit, Override(token=token))
        if asked.signed is None:
            why = asked.ignored.value if asked.ignored is not None else "token_invalid"
            return self._pages.message(visit, "bad_request", 400, text=f"This link is no good: {why}.")
        until = asked.signed.expires_at.isoformat(" ", "seconds")
        said = f"This browser sees what the link says until {until}. Its sign-ins are logged and not counted."
        cookie = testers.write(token, asked.signed, self._desk.clock.now())
        return with_cookies(self._pages.message(visit, "override", 200, text=said), [cookie])

    def _show_outbox(self, request: Request, visit: Visit) -> Response:
        outbox, tenant = self._desk.outbox, visit.state.tenant
        key = outbox_key(self._desk.secrets.device_secret(tenant.id))
        given = request.query_params.get("key", "").encode()
        if outbox is None or not hmac.compare_digest(given, key.encode()):
            return self._pages.message(visit, "bad_request", 404)
        mails = [
            {
                "to": m.to,
                "subject": m.subject,
                "sent_at": m.sent_at.isoformat(" ", "seconds"),
                "text": m.text,
                "links": m.links,
            }
            for m in outbox.newest(tenant.id, OUTBOX_MAILS)
        ]
        facts = {"tenant_name": tenant.name, "mails": mails}
        screen = Screen("outbox", journey="", csrf="", locale=visit.locale_of(None), facts=facts)
        return respond(self._pages.render(screen, visit).html)


class SignInApp:
    """Sign-in's routes in front of another application, which gets every other request."""

    def __init__(self, routes: Sequence[BaseRoute], otherwise: App) -> None:
        self._app = Starlette(routes=list(routes))
        self._app.router.redirect_slashes = False  # it would lead to whatever host the request names
        self._paths = frozenset(route.path for route in routes if isinstance(route, Route))
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] == "http" and (scope["path"].startswith("/u/") or scope["path"] in self._paths):
            keep_headers(scope, [])
            await self._app(scope, receive, send)
            return
        await self._otherwise(scope, receive, send)


def outbox_key(secret: bytes) -> str:
    """Return what opens the outbox: its links open accounts, so its address is not to be guessed."""
    return hmac.digest(secret, b"signpost outbox", "sha256").hex()[:32]


def read_query(request: Request) -> list[tuple[str, str]]:
    """Return a query's parameters, in order; none of one that is too long."""
    raw = request.scope["query_string"]
    if len(raw) > QUERY_MAX:
        return []
    try:
        return parse_qsl(raw.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return []


def _path_of(turn: Turn) -> str:
    return f"/u/{turn.journey.step}?state={quote(turn.journey.id, safe='')}"


async def _read_form(request: Request) -> list[tuple[str, str]]:
    """Return the fields of a form; none of one that can't be read."""
    body = await request.body()
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        return []
    return [(name, value) for name, value in fields if len(value) <= FIELD_MAX]
