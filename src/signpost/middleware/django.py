"""Django. Views find the experiment at `request.experiment`, templates at `experiment` by the context processor of that name."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf import settings as django_settings
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.module_loading import import_string
from maxminddb import InvalidDatabaseError

from signpost.middleware.cookies import MAX_AGE_SECONDS
from signpost.middleware.experiments import Experiment
from signpost.middleware.headers import keep_private
from signpost.middleware.journeys import Journey, Journeys
from signpost.middleware.settings import Settings, SettingsInvalidError
from signpost.requests.places import Places, PlacesFile

_NAMES = frozenset({"CLIENT", "COOKIE_KEYS", "FLOWS", "SECURE", "ATTRIBUTES", "PLACES", "OVERRIDE", "SESSION_ID"})


class SignpostMiddleware:
    """Puts the experiment onto the request, and the device's cookie onto the response, in sync and async stacks alike.

    Raises:
        ImproperlyConfigured: the setting `SIGNPOST` can't be used.
    """

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        try:
            self._journeys = Journeys(read_settings())
        except SettingsInvalidError as error:
            raise ImproperlyConfigured(str(error)) from error
        self._is_async = iscoroutinefunction(get_response)
        if self._is_async:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Take a request."""
        journey = self._journeys.begin(_Request(request))
        request.experiment = Experiment(journey)
        if self._is_async:
            return self._answer(request, journey)
        return _complete(self.get_response(request), journey)

    async def _answer(self, request: HttpRequest, journey: Journey) -> HttpResponseBase:
        return _complete(await self.get_response(request), journey)


def experiment(request: HttpRequest) -> dict[str, Experiment | None]:
    """Give templates `experiment`: a context processor."""
    return {"experiment": getattr(request, "experiment", None)}


def in_flow(flow: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Say of a view which flow it is in, whatever its path: a decorator."""

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(view)
        def enter(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            request.experiment.enter(flow)
            return view(request, *args, **kwargs)

        return markcoroutinefunction(enter) if iscoroutinefunction(view) else enter

    return decorate


def read_settings() -> Settings:
    """Return the settings that `SIGNPOST` in Django's settings stands for.

    Functions and the client may be given as they are, or by their dotted names. The cookie's keys are `SECRET_KEY` and
    `SECRET_KEY_FALLBACKS`, unless others are named.

    Raises:
        ImproperlyConfigured: it can't be used.
    """
    given = getattr(django_settings, "SIGNPOST", None)
    if not isinstance(given, dict) or "CLIENT" not in given:
        raise ImproperlyConfigured("SIGNPOST = {'CLIENT': …} is missing in the settings; None decides nothing.")
    if unknown := sorted(set(given) - _NAMES):
        raise ImproperlyConfigured(f"SIGNPOST has no setting {unknown[0]!r}; there are {', '.join(sorted(_NAMES))}.")
    return Settings(
        client=_find(given["CLIENT"]),
        cookie_keys=given.get("COOKIE_KEYS") or [django_settings.SECRET_KEY, *django_settings.SECRET_KEY_FALLBACKS],
        flows=given.get("FLOWS", {}),
        secure=given.get("SECURE", True),
        attributes=_find(given.get("ATTRIBUTES")),
        places=_open_places(given.get("PLACES")),
        override=_find(given.get("OVERRIDE")),
        session_id=_find(given.get("SESSION_ID")),
    )


def _find(named: Any) -> Any:
    try:
        return import_string(named) if isinstance(named, str) else named
    except ImportError as error:
        raise ImproperlyConfigured(f"SIGNPOST names {named!r}, which is not there: {error}") from error


def _open_places(given: Any) -> Places | None:
    try:
        return PlacesFile(Path(given)) if isinstance(given, str | Path) else given
    except (OSError, InvalidDatabaseError) as error:
        raise ImproperlyConfigured(
            f"SIGNPOST names the file {given!r} for PLACES, which can't be read: {error}"
        ) from error


def _complete(response: HttpResponseBase, journey: Journey) -> HttpResponseBase:
    cookie = journey.answer()
    if journey.is_personal:
        response.headers["Cache-Control"] = keep_private(response.headers.get("Cache-Control", ""))
        patch_vary_headers(response, ["Cookie"])
    if cookie is not None:
        response.set_cookie(
            cookie.name, cookie.value, max_age=MAX_AGE_SECONDS, secure=cookie.is_secure, httponly=True, samesite="Lax"
        )
    return response


class _Request:
    def __init__(self, request: HttpRequest) -> None:
        self.source = request

    @property
    def method(self) -> str:
        return str(self.source.method)

    @property
    def path(self) -> str:
        return str(self.source.path_info)

    @property
    def query(self) -> str:
        return str(self.source.META.get("QUERY_STRING", ""))

    @property
    def cookies(self) -> str:
        return str(self.source.META.get("HTTP_COOKIE", ""))

    @property
    def user_agent(self) -> str | None:
        return self._find("HTTP_USER_AGENT")

    @property
    def address(self) -> str | None:
        return self._find("REMOTE_ADDR")

    def _find(self, name: str) -> str | None:
        value = self.source.META.get(name)
        return str(value) if value else None
