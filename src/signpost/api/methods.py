"""Methods of HTTP that routes need not know of: HEAD is GET without its body, and a path can tell what it takes."""

from collections.abc import Iterable

from starlette.routing import BaseRoute, Match

from signpost.edge.asgi import App, Message, Receive, Scope, Send

ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Heads:
    """Wraps an application: answers HEAD as GET, headers and all, and keeps the body back."""

    def __init__(self, app: App) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return

        async def send_head(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, send_head)


def methods_at(routes: Iterable[BaseRoute], path: str) -> list[str]:
    """Return the methods that a path takes, of all routes that are at it."""
    found = {"OPTIONS"}
    for route in routes:
        match, _ = route.matches({"type": "http", "method": "", "path": path, "headers": []})
        if match is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found | ({"HEAD"} if "GET" in found else set()), key=ORDER.index)
