"""The runtime routes as one ASGI application."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from signpost.edge.asgi import BODY_SECONDS_MAX, App, Receive, Scope, Send, peer_of
from signpost.edge.errors import Headers, Refusal, render_error
from signpost.edge.gate import Admission, Gate
from signpost.model.limits import BODY_BYTES_MAX
from signpost.ports.clock import Clock
from signpost.ports.events import EventsRejectedError
from signpost.requests.attributes import Attributes
from signpost.runtime.decisions import Decisions
from signpost.runtime.intake import Events, Intake
from signpost.runtime.parsing import BodyInvalidError
from signpost.runtime.recorder import Recorder
from signpost.runtime.requests import (
    BodyTooLargeError,
    BodyTooSlowError,
    HungUpError,
    Patience,
    Said,
    check_length,
    may_come_back,
    part_of,
    read_headers,
    read_rest,
    text_of,
)
from signpost.runtime.secrets import AssignmentSecrets
from signpost.usecases.catalog import TenantState

PREFIX = "/runtime/"
DECISIONS_PATH = f"{PREFIX}v1/decisions"
EVENTS_PATH = f"{PREFIX}v1/events"
RETRY_AFTER_SECONDS = 1

_CLOSE = (b"connection", b"close")
_JSON = (b"content-type", b"application/json; charset=utf-8")

log = logging.getLogger(__name__)


class _Route(NamedTuple):
    scope: str
    answer: Callable[[TenantState, bytes, Said], bytes | Awaitable[bytes]]


class RuntimeApp:
    """Answers what lies under `/runtime/`, and leaves everything else to `otherwise`.

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
        otherwise: App,
    ) -> None:
        self._otherwise = otherwise
        self._gate = gate
        self._patience = Patience()
        self.recorder = Recorder(events)
        self._routes = {
            DECISIONS_PATH: _Route("decide:experimentation", Decisions(attributes, self.recorder, keys, clock).answer),
            EVENTS_PATH: _Route("create:events", Intake(events, keys, clock).answer),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        route = self._routes.get(scope["path"]) if scope["type"] == "http" else None
        if route is None and (scope["type"] != "http" or not scope["path"].startswith(PREFIX)):
            await self._otherwise(scope, receive, send)
            return
        said = read_headers(scope["headers"])
        status = 200
        headers: Headers = []
        try:
            if route is None or scope["method"] != "POST":
                raise self._misdirected(scope)
            key = (said.get(b"host"), said.get(b"authorization"), route.scope)
            admission = self._gate.recall(key) or await self._admit(key, scope, said)
            headers = admission.headers
            check_length(said)
            message = await self._patience.receive(receive)
            body = await read_rest(self._patience, receive, message) if message.get("more_body") else part_of(message)
            answer = route.answer(admission.state, body, said)
            reply = answer if isinstance(answer, bytes) else await answer
        except HungUpError:
            return
        except Exception as error:  # noqa: BLE001 the outermost edge
            refusal = error if isinstance(error, Refusal) else _refusal_of(error, headers)
            status, headers = refusal.status, refusal.headers
            reply = render_error(refusal.status, refusal.code, refusal.message)
        headers = [_JSON, (b"content-length", b"%d" % len(reply)), *headers]
        correlation = said.get(b"x-correlation-id")
        if correlation is not None and may_come_back(correlation):
            headers.append((b"x-correlation-id", correlation))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": reply})

    async def _admit(self, key: tuple[bytes | None, bytes | None, str], scope: Scope, said: Said) -> Admission:
        host = text_of(said, b"host")
        admission = await self._gate.admit(host, text_of(said, b"authorization"), peer_of(scope), key[2])
        self._gate.keep(key, host, admission)
        return admission

    def _misdirected(self, scope: Scope) -> Refusal:
        headers = self._gate.stranger(peer_of(scope))
        if scope["path"] in self._routes:
            return Refusal(405, "method_not_allowed", "Only POST is served here.", [*headers, (b"allow", b"POST")])
        return Refusal(404, "not_found", "There is nothing here.", headers)


def _refusal_of(error: Exception, headers: Headers) -> Refusal:
    """Return how an error is said: the one place where the runtime routes' errors have their statuses."""
    match error:
        case BodyInvalidError():
            return Refusal(400, "invalid_body", f"Payload validation error: {error}.", headers)
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
