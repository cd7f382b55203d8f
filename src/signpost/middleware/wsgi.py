"""WSGI: Flask and whatever else speaks it. Views find the experiment at `environ["signpost.experiment"]`."""

from collections.abc import Callable, Iterable
from typing import Any

from signpost.middleware.experiments import Experiment
from signpost.middleware.headers import Headers, make_personal
from signpost.middleware.journeys import Journeys
from signpost.middleware.settings import Settings

KEY = "signpost.experiment"

Environ = dict[str, Any]
App = Callable[[Environ, Any], Iterable[bytes]]


class SignpostMiddleware:
    """Puts the experiment into the environ, and the device's cookie onto the response. Bodies pass as they come.

    Raises:
        SettingsInvalidError: a setting can't be used.
    """

    def __init__(self, app: App, settings: Settings) -> None:
        self.app = app
        self._journeys = Journeys(settings)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Take a request."""
        journey = self._journeys.begin(_Request(environ))
        environ[KEY] = Experiment(journey)

        def start_completed(status: str, headers: Headers, *exc_info: Any) -> Any:
            cookie = journey.answer()
            completed = make_personal(headers, cookie) if journey.is_personal else headers
            return start_response(status, completed, *exc_info)

        return self.app(environ, start_completed)


class _Request:
    def __init__(self, environ: Environ) -> None:
        self.source = environ

    @property
    def method(self) -> str:
        return str(self.source["REQUEST_METHOD"])

    @property
    def path(self) -> str:
        return str(self.source.get("PATH_INFO", "")).encode("latin-1", "replace").decode(errors="replace")

    @property
    def query(self) -> str:
        return str(self.source.get("QUERY_STRING", ""))

    @property
    def cookies(self) -> str:
        return str(self.source.get("HTTP_COOKIE", ""))

    @property
    def user_agent(self) -> str | None:
        return self.source.get("HTTP_USER_AGENT")

    @property
    def address(self) -> str | None:
        return self.source.get("REMOTE_ADDR")
