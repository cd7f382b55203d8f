"""The provider's routes but for `/authorize`, which the journeys have, and `/oauth/token`, which is shared with machines."""

from collections.abc import Callable, Sequence
from urllib.parse import parse_qsl, urlencode

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from signpost.edge.asgi import authorization_of, keep_headers, peer_of
from signpost.edge.errors import Refusal, render_error
from signpost.edge.gate import Gate
from signpost.edge.tokens import TokenInvalidError
from signpost.model.accounts import Session
from signpost.ports.store import StoreUnavailableError
from signpost.signin.oidc.answers import render_answer
from signpost.signin.oidc.logout import Logout, LogoutRefusedError, csrf_of, is_csrf, read_logout, read_old_logout
from signpost.signin.oidc.pages import HEADERS, FormPage, render_form, render_message
from signpost.signin.oidc.provider import Answer, Provider
from signpost.signin.oidc.userinfo import PeoplesClaims, ScopeMissingError
from signpost.signin.screens.words import choose_locale, read_words
from signpost.usecases.catalog import TenantState

FIELDS_MAX = 20
RETRY_SECONDS = 5
JSON_TYPE = "application/json; charset=utf-8"
LOGOUT = "/oidc/logout"

FindSession = Callable[[Request], Session | None]
EndSession = Callable[[Request, Response], None]
Pairs = Sequence[tuple[str, str]]
Endpoint = Callable[[TenantState, Request, Pairs], Response]


def oidc_routes(provider: Provider, gate: Gate, find_session: FindSession, end_session: EndSession) -> list[Route]:
    """Return the routes of `/userinfo`, `/oidc/logout` and `/v2/logout`.

    Args:
        provider: What they ask.
        gate: Knows the tenants, and counts requests.
        find_session: Returns the session of a browser; it may wait for the database.
        end_session: Ends the browser's session, if it has one, in the store and, by the response, in the browser; it
            may wait, too.
    """
    logouts = _Logouts(provider, find_session, end_session)
    userinfo = _UserInfos(PeoplesClaims(provider.accounts, provider.tokens))
    return [
        Route("/userinfo", _served(gate, userinfo.answer), methods=["GET", "POST"]),
        Route(LOGOUT, _served(gate, logouts.answer), methods=["GET", "POST"]),
        Route("/v2/logout", _served(gate, logouts.answer_old), methods=["GET"]),
    ]


class _UserInfos:
    """Answers at `/userinfo`."""

    def __init__(self, userinfo: PeoplesClaims) -> None:
        self._userinfo = userinfo

    def answer(self, state: TenantState, request: Request, fields: Pairs) -> Response:
        """Return the claims, or what RFC 6750, section 3, says."""
        posted = [value for name, value in fields if name == "access_token"] if request.method == "POST" else []
        header = authorization_of(request.scope)
        if header is None and not posted:
            return _challenge(401, "", "")
        if len(posted) + (header is not None) > 1:
            return _challenge(400, "invalid_request", "The token is given more than once.")
        scheme, _, token = f"Bearer {posted[0]}".partition(" ") if header is None else header.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            return _challenge(401, "", "")
        try:
            claims = self._userinfo.tell(state, token.strip())
        except TokenInvalidError:
            return _challenge(401, "invalid_token", "The token is not good, or not good any more.")
        except ScopeMissingError:
            return _challenge(403, "insufficient_scope", "The token needs the scope openid.")
        return JSONResponse(claims, headers={"Cache-Control": "no-store"})


class _Logouts:
    """Answers where somebody is to sign out."""

    def __init__(self, provider: Provider, find_session: FindSession, end_session: EndSession) -> None:
        self._provider = provider
        self._find_session = find_session
        self._end_session = end_session

    def answer(self, state: TenantState, request: Request, fields: Pairs) -> Response:
        """Sign out at once if a valid hint names the session; otherwise ask the visitor, who posts a form.

        Refresh tokens with `offline_access` outlive the session, as at Auth0: what was given for offline use is ended by
        revoking the grant. What was granted without it ends with the session.
        """
        locale = _locale_of(request, fields)
        try:
            logout = read_logout(self._provider.tokens, state, fields)
        except LogoutRefusedError:
            return render_message("bad_request", state.tenant.name, locale, 400)
        if request.method == "POST" and not logout.csrf:
            # Sent by another site, so a browser leaves its cookies out; it does not when it is led here by a redirect.
            return Response(status_code=303, headers={**HEADERS, "Location": f"{LOGOUT}?{urlencode(logout.query)}"})
        session = self._find_session(request)
        if session is None:
            return _leave(state, logout.answer, locale)
        is_asked = request.method == "POST" and is_csrf(self._secret(state), session, logout.csrf)
        if not is_asked and not logout.is_proved_for(session):
            return self._ask(state, session, logout, locale)
        response = _leave(state, logout.answer, locale)
        self._end_session(request, response)
        return response

    def answer_old(self, state: TenantState, request: Request, fields: Pairs) -> Response:
        """Sign out at once, as Auth0 does: any site can have somebody signed out by a link, and nothing worse."""
        locale = _locale_of(request, fields)
        try:
            answer = read_old_logout(state, fields)
        except LogoutRefusedError:
            return render_message("bad_request", state.tenant.name, locale, 400)
        response = _leave(state, answer, locale)
        self._end_session(request, response)
        return response

    def _ask(self, state: TenantState, session: Session, logout: Logout, locale: str) -> Response:
        words = read_words(locale)
        return render_form(
            FormPage(
                locale=locale,
                title=words["messages"]["sign_out_title"],
                text=words["messages"]["sign_out_text"],
                button=words["message"]["sign_out"],
                action=LOGOUT,
                fields=(*logout.fields, ("csrf", csrf_of(self._secret(state), session))),
                leads_to=None if logout.answer is None else logout.answer.redirect_uri,
            )
        )

    def _secret(self, state: TenantState) -> bytes:
        return self._provider.tokens.keys.device_secret(state.tenant.id)


def _served(gate: Gate, answer: Endpoint) -> Callable[[Request], object]:
    """Return an endpoint that admits anybody, reads the query or the form, and answers on another thread."""

    async def serve(request: Request) -> Response:
        try:
            state, headers = gate.admit_stranger(request.headers.get("host"), peer_of(request.scope))
            keep_headers(request.scope, headers)
            fields = _read_fields(await request.body() if request.method == "POST" else request.scope["query_string"])
            if fields is None:
                body = render_error(400, "invalid_request", f"A form of up to {FIELDS_MAX} fields is expected.")
                return Response(body, 400, media_type=JSON_TYPE)
            return await run_in_threadpool(answer, state, request, fields)
        except Refusal as refusal:
            keep_headers(request.scope, refusal.headers)
            body = render_error(refusal.status, refusal.code, refusal.message)
            return Response(body, refusal.status, media_type=JSON_TYPE)
        except StoreUnavailableError:
            body = render_error(503, "database_unavailable", f"Try again in {RETRY_SECONDS} seconds.")
            return Response(body, 503, {"Retry-After": str(RETRY_SECONDS)}, JSON_TYPE)

    return serve


def _read_fields(form: bytes) -> Pairs | None:
    try:
        return parse_qsl(form.decode(), keep_blank_values=True, max_num_fields=FIELDS_MAX, errors="strict")
    except ValueError:
        return None


def _challenge(status: int, error: str, description: str) -> Response:
    """Return an error of RFC 6750. Who shows no token at all is told none."""
    said = f', error="{error}", error_description="{description}"' if error else ""
    headers = {"WWW-Authenticate": f'Bearer realm="signpost"{said}', "Cache-Control": "no-store"}
    body = {"error": error or "invalid_token", "error_description": description or "A Bearer token is needed."}
    return JSONResponse(body, status, headers)


def _leave(state: TenantState, answer: Answer | None, locale: str) -> Response:
    if answer is None:
        return render_message("signed_out", state.tenant.name, locale)
    return render_answer(answer)


def _locale_of(request: Request, fields: Pairs) -> str:
    return choose_locale(dict(fields).get("ui_locales"), request.headers.get("accept-language"))
