"""The runtime routes as one ASGI application."""

import logging
import secrets
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from signpost.edge.asgi import App, Receive, Scope, Send, peer_of
from signpost.edge.errors import Headers, Refusal, render_error
from signpost.edge.gate import Admission, Gate
from signpost.model.limits import BODY_BYTES_MAX
from signpost.ports.clock import Clock
from signpost.ports.events import EventsRejectedError
from signpost.runtime.attributes import Attributes
from signpost.runtime.decisions import Decisions
from signpost.runtime.intake import Events, Intake
from signpost.runtime.parsing import BodyInvalidError
from signpost.runtime.recorder import Recorder
from signpost.runtime.requests import Asked, Bodies, HungUpError, read_headers, too_large
from signpost.runtime.secrets import AssignmentSecrets

PREFIX = "/runtime/"
DECISIONS_PATH = f"{PREFIX}v1/decisions"
EVENTS_PATH = f"{PREFIX}v1/events"
RETRY_AFTER_SECONDS = 1

_JSON = (b"content-type", b"application/json; charset=utf-8")

log = logging.getLogger(__name__)


class _Route(NamedTuple):
    scope: str
    answer: Callable[[Admission, bytes, Asked], bytes | Awaitable[bytes]]


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
        self._bodies = Bodies()
        self.recorder = Recorder(events)
        decisions = Decisions(attributes, self.recorder, keys, clock)
        intake = Intake(events, keys, clock)
        self._routes = {
            DECISIONS_PATH: _Route(
                "decide:experimentation", lambda admission, body, _: decisions.answer(admission.state, body)
            ),
            EVENTS_PATH: _Route(
                "create:events",
                lambda admission, body, asked: intake.answer(admission.state.tenant.id, body, asked.content_type),
            ),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or not scope["path"].startswith(PREFIX):
            await self._otherwise(scope, receive, send)
            return
        asked = read_headers(scope)
        status = 200
        headers: Headers = []
        try:
            route = self._routes.get(scope["path"])
            if route is None or scope["method"] != "POST":
                raise self._misdirected(scope)
            admission = self._gate.admit_known(asked.host, asked.authorization, route.scope)
            if admission is None:
                admission = await self._gate.admit(asked.host, asked.authorization, peer_of(scope), route.scope)
            headers = admission.headers
            if asked.length > BODY_BYTES_MAX:
                raise too_large(headers)
            body = await self._bodies.read(receive, headers)
            answer = route.answer(admission, body, asked)
            reply = answer if isinstance(answer, bytes) else await answer
        except HungUpError:
            return
        except Exception as error:  # noqa: BLE001 the outermost edge
            refusal = error if isinstance(error, Refusal) else _refusal_of(error, headers)
            status, headers = refusal.status, refusal.headers
            reply = render_error(refusal.status, refusal.code, refusal.message)
        headers = [_JSON, (b"content-length", b"%d" % len(reply)), *headers]
        if asked.correlation is not None:
            headers.append((b"x-correlation-id", asked.correlation))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": reply})

    def _misdirected(self, scope: Scope) -> Refusal:
        headers = self._gate.stranger(peer_of(scope))
        if scope["path"] in self._routes:
            return Refusal(405, "method_not_allowed", "Only POST is served here.", [*headers, (b"allow", b"POST")])
        return Refusal(404, "not_found", "There is nothing here.", headers)


def _refusal_of(error: Exception, headers: Headers) -> Refusal:
    """Return how an error is said: the one place where the runtime routes' errors have their statuses."""
    if isinstance(error, BodyInvalidError):
        return Refusal(400, "invalid_body", f"Payload validation error: {error}.", headers)
    if isinstance(error, EventsRejectedError):
        log.error("events were turned away: %s", error)
        message = "The events could not be stored, none of them was. Send them again later."
        return Refusal(503, "events_not_stored", message, [*headers, (b"retry-after", b"%d" % RETRY_AFTER_SECONDS)])
    request_id = f"req_{secrets.token_hex(8)}"
    log.error("internal error", extra={"request_id": request_id}, exc_info=error)
    message = f"Something went wrong on our side. Request {request_id}."
    return Refusal(500, "internal_error", message, [*headers, (b"x-request-id", request_id.encode())])
