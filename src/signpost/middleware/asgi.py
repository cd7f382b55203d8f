"""ASGI: `app.add_middleware(SignpostMiddleware, visits=visits)` in Starlette and FastAPI."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from signpost.middleware.visits import Visit, Visits

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SignpostMiddleware:
    """Puts into `request.state`: `experiment`, what the path's flow shows, and `experiments`, which is asked for any flow."""

    def __init__(self, app: App, visits: Visits) -> None:
        self._app = app
        self._visits = visits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on. Bodies and other kinds of connections go through untouched."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name: value.decode("latin-1") for name, value in reversed(scope["headers"])}
        cookies = [value.decode("latin-1") for name, value in scope["headers"] if name == b"cookie"]
        visit = self._visits.begin(
            cookie="; ".join(cookies),
            user_agent=headers.get(b"user-agent"),
            ip=scope["client"][0] if scope.get("client") else None,
            query=scope.get("query_string", b"").decode("latin-1"),
        )
        state = scope.setdefault("state", {})
        state["experiments"] = visit
        state["experiment"] = visit(self._visits.flow_of(scope["path"]))

        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _add_headers(list(message.get("headers", ())), visit)}
            await send(message)

        await self._app(scope, receive, send_with_cookie)


def _add_headers(headers: list[tuple[bytes, bytes]], visit: Visit) -> list[tuple[bytes, bytes]]:
    cookie = visit.finish_head()
    if visit.is_used:
        headers.append((b"vary", b"Cookie"))
    if cookie is not None:
        headers.append((b"set-cookie", cookie.as_header().encode("latin-1")))
        if not any(name.lower() == b"cache-control" for name, _ in headers):
            headers.append((b"cache-control", b"private"))
    return headers
