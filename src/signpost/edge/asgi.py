"""The outermost layer of the HTTP routes: limits on bodies, correlation, errors that tell nothing of the inside, a log line."""

import asyncio
import logging
import secrets
import time
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from signpost.edge.errors import Headers, Refusal, render_error
from signpost.edge.gate import Gate
from signpost.model.limits import BODY_BYTES_MAX

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

BODY_SECONDS_MAX = 30
CORRELATION_MAX = 64
PATH_LENGTH_MAX = 256
"""Characters of a path that are logged."""
KEPT = "signpost.headers"

log = logging.getLogger("signpost.http")


class _BodyTooLargeError(Exception):
    pass


class _BodyTooSlowError(Exception):
    pass


def keep_headers(scope: Scope, headers: Headers) -> None:
    """Keep headers that the reply to this request is to carry, whatever it will be."""
    scope[KEPT] = headers


def header_of(scope: Scope, name: bytes) -> str | None:
    """Return a request header, None when it is not there."""
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == name), None)


def authorization_of(scope: Scope) -> str | None:
    """Return the one Authorization header; two of them are as bad as a wrong one."""
    given = [value for key, value in scope["headers"] if key == b"authorization"]
    return b", ".join(given).decode("latin-1") if given else None


def peer_of(scope: Scope) -> str:
    """Return the caller's address."""
    client = scope.get("client")
    return client[0] if client else "unknown"


class Envelope:
    """Wraps an application: what is true of every reply is made true here."""

    def __init__(self, app: App, gate: Gate) -> None:
        self._app = app
        self._gate = gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = _Exchange(self._gate, scope, receive, send)
        try:
            if sum(name == b"host" for name, _ in scope["headers"]) > 1:
                await exchange.refuse(400, "invalid_host", "More than one Host header.")
                return
            await self._app(scope, exchange.receive, exchange.send)
        except _BodyTooLargeError:
            message = f"The body is over {BODY_BYTES_MAX:,} bytes."
            await exchange.refuse(413, "payload_too_large", message)
        except _BodyTooSlowError:
            await exchange.refuse(408, "request_timeout", f"The body did not arrive within {BODY_SECONDS_MAX} seconds.")
        except Exception:
            log.exception("internal error", extra={"request_id": exchange.id})
            await exchange.refuse(500, "internal_error", f"Something went wrong on our side. Request {exchange.id}.")
        finally:
            exchange.log()


class _Exchange:
    """One request and its reply."""

    def __init__(self, gate: Gate, scope: Scope, receive: Receive, send: Send) -> None:
        self.id = f"req_{secrets.token_hex(8)}"
        self._gate = gate
        self._scope = scope
        self._receive = receive
        self._send = send
        self._received = 0
        self._is_whole = False
        self._deadline: float | None = None
        self._status = 0
        self._began = time.perf_counter()

    async def receive(self) -> Message:
        """Return the next part of the body, as long as it is within its limits; afterwards, that the caller has gone."""
        if self._is_whole:
            return await self._receive()
        declared = header_of(self._scope, b"content-length") or "0"
        if not declared.isdigit() or int(declared) > BODY_BYTES_MAX:
            raise _BodyTooLargeError
        if self._deadline is None:
            self._deadline = asyncio.get_running_loop().time() + BODY_SECONDS_MAX
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError as error:
            raise _BodyTooSlowError from error
        self._received += len(message.get("body", b""))
        if self._received > BODY_BYTES_MAX:
            raise _BodyTooLargeError
        self._is_whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        """Send a part of the reply, with the headers that all replies have."""
        if message["type"] == "http.response.start":
            self._status = message["status"]
            message["headers"] = [*message.get("headers", ()), *self._headers()]
        await self._send(message)

    async def refuse(self, status: int, code: str, text: str) -> None:
        """Send an error, unless the reply has begun already."""
        if self._status:
            return
        body = render_error(status, code, text)
        headers = [
            (b"content-type", b"application/json; charset=utf-8"),
            (b"content-length", b"%d" % len(body)),
        ]
        if status in {400, 408, 413}:  # the rest of the body is still on its way
            headers.append((b"connection", b"close"))
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        await self.send({"type": "http.response.body", "body": body})

    def log(self) -> None:
        """Write the line of this request; neither the query, the headers nor the body are in it."""
        log.info(
            "request",
            extra={
                "request_id": self.id,
                "method": self._scope["method"],
                "path": self._scope["path"][:PATH_LENGTH_MAX],
                "status": self._status,
                "correlation_id": self._correlation(),
                "ms": round((time.perf_counter() - self._began) * 1000, 1),
            },
        )

    def _headers(self) -> Headers:
        kept = self._scope.get(KEPT)
        if kept is None:
            try:
                kept = self._gate.stranger(peer_of(self._scope))
            except Refusal as refusal:
                kept = refusal.headers
        headers = [*kept, (b"x-request-id", self.id.encode())]
        correlation = self._correlation()
        if correlation is not None:
            headers.append((b"x-correlation-id", correlation.encode("latin-1")))
        return headers

    def _correlation(self) -> str | None:
        given = header_of(self._scope, b"x-correlation-id")
        return given if given and len(given) <= CORRELATION_MAX and given.isprintable() else None


class Lifespan:
    """Wraps an application: starts what it needs before the first request, and stops it after the last."""

    def __init__(self, app: App, start: Callable[[], None], stop: Callable[[], None]) -> None:
        self._app = app
        self._start = start
        self._stop = stop

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or start and stop."""
        if scope["type"] != "lifespan":
            await self._app(scope, receive, send)
            return
        await receive()
        try:
            await asyncio.to_thread(self._start)
        except Exception as error:
            log.exception("can't start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._stop)
        await send({"type": "lifespan.shutdown.complete"})
