"""ASGI: Starlette, FastAPI and whatever else speaks it. Views find the experiment at `request.state.experiment`."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any

from signpost.middleware.cookies import SetCookie
from signpost.middleware.experiments import Experiment
from signpost.middleware.headers import make_personal
from signpost.middleware.journeys import Journeys
from signpost.middleware.settings import Settings

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class SignpostMiddleware:
    """Puts the experiment into `scope["state"]`, and the device's cookie onto the response.

    Bodies pass as they come, websockets and lifespan untouched, the application's exceptions too.

    Raises:
        SettingsInvalidError: a setting can't be used.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self._journeys = Journeys(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take a request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        journey = self._journeys.begin(_Request(scope))
        scope.setdefault("state", {})["experiment"] = Experiment(journey)

        async def send_completed(message: Message) -> None:
            if message["type"] == "http.response.start":
                cookie = journey.answer()
                if journey.is_personal:
                    message = {**message, "headers": _complete(message.get("headers", ()), cookie)}
            await send(message)

        await self.app(scope, receive, send_completed)


def _complete(headers: Iterable[tuple[bytes, bytes]], cookie: SetCookie | None) -> list[tuple[bytes, bytes]]:
    given = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in make_personal(given, cookie)]


class _Request:
    def __init__(self, scope: Scope) -> None:
        self.source = scope

    @property
    def method(self) -> str:
        return str(self.source["method"])

    @property
    def path(self) -> str:
        path, root = str(self.source["path"]), str(self.source.get("root_path", ""))
        return path.removeprefix(root) if path.startswith(f"{root}/") else path

    @property
    def query(self) -> str:
        return bytes(self.source.get("query_string", b"")).decode("latin-1")

    @property
    def cookies(self) -> str:
        return "; ".join(self._find(b"cookie"))

    @property
    def user_agent(self) -> str | None:
        return next(iter(self._find(b"user-agent")), None)

    @property
    def address(self) -> str | None:
        client = self.source.get("client")
        return client[0] if client else None

    def _find(self, wanted: bytes) -> list[str]:
        return [value.decode("latin-1") for name, value in self.source["headers"] if name == wanted]
