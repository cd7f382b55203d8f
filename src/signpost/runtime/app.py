"""The runtime routes as one ASGI application."""

import asyncio
import logging
import secrets
from collections.abc import Mapping

from signpost.authlogs.parsing import BodyInvalidError
from signpost.edge.asgi import BODY_SECONDS_MAX, App, Receive, Scope, Send, peer_of
from signpost.edge.errors import Headers, Refusal
from signpost.edge.gate import Gate
from signpost.edge.protocol import LEAVE
from signpost.edge.whole import whole_of, write_lines
from signpost.model.limits import BODY_BYTES_MAX
from signpost.ports.accounts import AccountStore
from signpost.ports.clock import Clock
from signpost.ports.events import EventsRejectedError
from signpost.requests.attributes import Attributes
from signpost.runtime.answers import JSON, Answer, Answered, Stream
from signpost.runtime.changes import Changes
from signpost.runtime.decisions import Decisions
from signpost.runtime.intake import Events, Intake
from signpost.runtime.linked import LinkedUnits
from signpost.runtime.linking import Linking
from signpost.runtime.logstream import LogStream, take_key
from signpost.runtime.ofrep.evaluations import Evaluations, Recorded
from signpost.runtime.ofrep.routes import PREFIX as OFREP_PREFIX
from signpost.runtime.ofrep.routes import OfrepRoutes, take_api_key
from signpost.runtime.ofrep.streams import Streams
from signpost.runtime.ofrep.wire import ErrorCode, EvaluationError
from signpost.runtime.plan import Plans
from signpost.runtime.recorder import Recorder
from signpost.runtime.reports import Reports
from signpost.runtime.requests import (
    QUERY,
    BodyTooLargeError,
    BodyTooSlowError,
    HungUpError,
    Patience,
    QueryInvalidError,
    Said,
    check_length,
    correlation_headers,
    read_body,
    read_headers,
    text_of,
)
from signpost.runtime.routes import Route, say_refusal
from signpost.runtime.secrets import AssignmentSecrets
from signpost.usecases.catalog import TenantState

PREFIX = "/runtime/"
DECISIONS_PATH = f"{PREFIX}v1/decisions"
EVENTS_PATH = f"{PREFIX}v1/events"
EXPOSURES_PATH = f"{PREFIX}v1/exposures"
LINKS_PATH = f"{PREFIX}v1/links"
LOG_STREAM_PATH = f"{PREFIX}v1/log-stream"
PLAN_PATH = f"{PREFIX}v1/plan"
RETRY_AFTER_SECONDS = 1

_CLOSE = (b"connection", b"close")

log = logging.getLogger(__name__)


class RuntimeApp:
    """Answers what lies under `/runtime/` and `/ofrep/`, and leaves everything else to `otherwise`.

    It stands before every other layer, because each of them would cost more than a decision.
    """

    def __init__(
        self,
        gate: Gate,
        events: Events,
        keys: AssignmentSecrets,
        attributes: Attributes,
        clock: Clock,
        *,
        accounts: AccountStore,
        otherwise: App,
        ofrep_exposures: Recorded = Recorded.ALL,
        origins: frozenset[str] = frozenset(),
    ) -> None:
        self._otherwise = otherwise
        self._gate = gate
        self._patience = Patience()
        self._written: tuple[Headers, bytes] = ([], b"")
        self.recorder = Recorder(events)
        self._changes = changes = Changes(gate.find_tenant)
        streams = Streams(changes, keys)
        linked = LinkedUnits(accounts)
        evaluations = Evaluations(
            attributes, self.recorder, clock, changes, streams, linked=linked, recorded=ofrep_exposures
        )
        self._ofrep = OfrepRoutes(evaluations, streams, origins)
        self._routes: Mapping[str, Route] = {
            DECISIONS_PATH: Route(
                "decide:experimentation", Decisions(attributes, self.recorder, keys, clock, linked).answer
            ),
            EVENTS_PATH: Route("create:events", Intake(events, keys, clock).answer),
            EXPOSURES_PATH: Route("create:events", Reports(events, clock).answer),
            LINKS_PATH: Route("create:events", Linking(accounts, events, clock).answer),
            LOG_STREAM_PATH: Route("create:events", LogStream(events, clock).answer, has_query=True),
            PLAN_PATH: Route("read:plan", Plans(changes).answer, method="GET", has_query=True),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        path = scope["path"] if scope["type"] == "http" else ""
        route = self._routes.get(path)
        if route is not None or path.startswith(PREFIX):
            said = read_headers(scope["headers"])
            if path == LOG_STREAM_PATH:
                take_key(said)
            await self._answer(route, said, correlation_headers(said), scope, receive, send)
        elif path.startswith(OFREP_PREFIX):
            await self._answer_ofrep(path, scope, receive, send)
        else:
            if scope["type"] == "lifespan" and "state" in scope:
                scope["state"][LEAVE] = self._changes.end
            await self._otherwise(scope, receive, send)

    async def _answer_ofrep(self, path: str, scope: Scope, receive: Receive, send: Send) -> None:
        said = read_headers(scope["headers"])
        if scope["method"] == "OPTIONS" and b"origin" in said:
            await _send(Answer(b"", 204, self._ofrep.preflight_headers(said)), receive, send, [])
            return
        take_api_key(said)
        more = [*self._ofrep.origin_headers(said), *correlation_headers(said)]
        await self._answer(self._ofrep.find(path), said, more, scope, receive, send)

    async def _answer(  # noqa: PLR0917 what ASGI gives, and what was found
        self, route: Route | None, said: Said, more: Headers, scope: Scope, receive: Receive, send: Send
    ) -> None:
        headers: Headers = []
        whole = whole_of(scope)
        try:
            if route is None or scope["method"] != route.method:
                raise self._misdirected(scope, route)
            key = (said.get(b"host"), said.get(b"authorization"), route.scope)
            known = self._gate.recall(key)
            if known is not None:
                state, headers = known.state, known.headers
            else:
                state, headers = await self._enter(key, route.scope, scope, said)
            body = whole.take_body(scope)
            if body is None:
                check_length(said)
                body = await read_body(self._patience, receive)
            if route.has_query:
                said[QUERY] = scope["query_string"]
            answer = route.answer(state, body, said)
            if not isinstance(answer, bytes | Answer | Stream):
                answer = await answer
        except HungUpError:
            return
        except Exception as error:  # noqa: BLE001 the outermost edge
            answer, headers = _say(error, route, headers)
        if isinstance(answer, bytes) and whole.reply(scope, self._lines_of(headers, more), answer):
            return
        await _send(answer, receive, send, [*headers, *more])

    async def _enter(
        self, key: tuple[bytes | None, bytes | None, str | None], asked: str | None, scope: Scope, said: Said
    ) -> tuple[TenantState, Headers]:
        """Return the tenant, and the headers of the reply."""
        host = text_of(said, b"host")
        if asked is None:
            return self._gate.admit_stranger(host, peer_of(scope))
        admission = await self._gate.admit(host, text_of(said, b"authorization"), peer_of(scope), asked)
        self._gate.keep(key, host, admission)
        return admission.state, admission.headers

    def _lines_of(self, headers: Headers, more: Headers) -> bytes:
        """Return the lines of a JSON reply. Where requests are not limited, `headers` are the same ones for a minute."""
        if headers is not self._written[0]:
            self._written = headers, write_lines([*JSON, *headers])
        return self._written[1] + write_lines(more) if more else self._written[1]

    def _misdirected(self, scope: Scope, route: Route | None) -> Refusal:
        headers = self._gate.stranger(peer_of(scope))
        if route is not None:
            allowed = (b"allow", route.method.encode())
            return Refusal(405, "method_not_allowed", f"Only {route.method} is served here.", [*headers, allowed])
        return Refusal(404, "not_found", "There is nothing here.", headers)


async def _send(answer: Answered, receive: Receive, send: Send, headers: Headers) -> None:
    if isinstance(answer, Stream):
        await _send_stream(answer, receive, send, headers)
        return
    whole = Answer(answer) if isinstance(answer, bytes) else answer
    headers = [*whole.headers, *headers]
    if whole.status not in {204, 304}:
        headers.append((b"content-length", b"%d" % len(whole.body)))
    await send({"type": "http.response.start", "status": whole.status, "headers": headers})
    await send({"type": "http.response.body", "body": whole.body})


async def _send_stream(stream: Stream, receive: Receive, send: Send, headers: Headers) -> None:
    """Send until the caller hangs up, or the server does."""

    async def pour() -> None:
        async for chunk in stream.chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})

    await send({"type": "http.response.start", "status": 200, "headers": [*stream.headers, *headers]})
    pouring = asyncio.create_task(pour())
    hanging_up = asyncio.create_task(_wait_for_end(receive))
    try:
        await asyncio.wait({pouring, hanging_up}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        pouring.cancel()
        hanging_up.cancel()
        await asyncio.gather(pouring, hanging_up, return_exceptions=True)
        await stream.chunks.aclose()


async def _wait_for_end(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _say(error: Exception, route: Route | None, headers: Headers) -> tuple[Answer, Headers]:
    refusal = error if isinstance(error, Refusal) else _refusal_of(error, headers)
    say = say_refusal if route is None else route.say
    return Answer(say(refusal), refusal.status), refusal.headers


def _refusal_of(error: Exception, headers: Headers) -> Refusal:
    """Return how an error is said: the one place where the runtime routes' errors have their statuses."""
    match error:
        case EvaluationError():
            return Refusal(404 if error.code is ErrorCode.FLAG_NOT_FOUND else 400, error.code, error.details, headers)
        case BodyInvalidError() | QueryInvalidError():
            is_body = isinstance(error, BodyInvalidError)
            code, what = ("invalid_body", "Payload") if is_body else ("invalid_query_string", "Query")
            return Refusal(400, code, f"{what} validation error: {error}.", headers)
        case BodyTooSlowError():
            message = f"The body did not arrive within {BODY_SECONDS_MAX} seconds."
            return Refusal(408, "request_timeout", message, [*headers, _CLOSE])
        case BodyTooLargeError():
            message = f"The body is over {BODY_BYTES_MAX:,} bytes."
            return Refusal(413, "payload_too_large", message, [*headers, _CLOSE])
        case EventsRejectedError():
            log.error("events were turned away: %s", error)
            message = "The events could not be stored, none of them was. Send them again later."
            return Refusal(503, "events_not_stored", message, [*headers, (b"retry-after", b"%d" % RETRY_AFTER_SECONDS)])
    request_id = f"req_{secrets.token_hex(8)}"
    log.error("internal error", extra={"request_id": request_id}, exc_info=error)
    message = f"Something went wrong on our side. Request {request_id}."
    return Refusal(500, "internal_error", message, [*headers, (b"x-request-id", request_id.encode())])
