"""WSGI: `app.wsgi_app = SignpostMiddleware(app.wsgi_app, visits)` in Flask."""

from collections.abc import Callable, Iterable
from typing import Any

from signpost.middleware.visits import Visits

Environ = dict[str, Any]
App = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]

EXPERIMENT = "signpost.experiment"
EXPERIMENTS = "signpost.experiments"


class SignpostMiddleware:
    """Puts into the environ what the path's flow shows, and what is asked for any flow."""

    def __init__(self, app: App, visits: Visits) -> None:
        self._app = app
        self._visits = visits

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Pass a request on."""
        visit = self._visits.begin(
            cookie=environ.get("HTTP_COOKIE"),
            user_agent=environ.get("HTTP_USER_AGENT"),
            ip=environ.get("REMOTE_ADDR"),
            query=environ.get("QUERY_STRING", ""),
        )
        environ[EXPERIMENTS] = visit
        environ[EXPERIMENT] = visit(self._visits.flow_of(environ.get("PATH_INFO", "")))

        def start(status: str, headers: list[tuple[str, str]], *error: Any) -> Any:
            cookie = visit.finish_head()
            more = [("Vary", "Cookie")] if visit.is_used else []
            if cookie is not None:
                more.append(("Set-Cookie", cookie.as_header()))
                if not any(name.lower() == "cache-control" for name, _ in headers):
                    more.append(("Cache-Control", "private"))
            return start_response(status, [*headers, *more], *error)

        return self._app(environ, start)
