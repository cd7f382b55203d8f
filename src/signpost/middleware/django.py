"""Django: `MIDDLEWARE = [..., "signpost.middleware.django.experiments"]`, and a setting `SIGNPOST`.

SIGNPOST = {
    "CLIENT": "login.experiments.client",          # a signpost.Client, or what returns one, by its dotted name
    "FLOWS": {"/login": "authentication"},         # which flow a path is
    "KEYS": ["…"],                                 # of the device cookie; else SECRET_KEY and its fallbacks
    "SECURE": True,                                # False only without https; else as SESSION_COOKIE_SECURE says
    "READ_OVERRIDE": "login.experiments.override", # optional
}
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.utils.cache import patch_vary_headers
from django.utils.decorators import sync_and_async_middleware
from django.utils.module_loading import import_string

from signpost.client import Client
from signpost.middleware.cookies import MAX_AGE_SECONDS, DeviceCookies
from signpost.middleware.visits import Shown, Visit, Visits

Answer = Callable[[HttpRequest], Any]


@sync_and_async_middleware  # type: ignore[untyped-decorator]
def experiments(get_response: Answer) -> Answer:
    """Put `experiment` and `experiments` onto each request."""
    visits = _read_settings()
    if iscoroutinefunction(get_response):

        async def answer_async(request: HttpRequest) -> HttpResponseBase:
            visit = _begin(visits, request)
            pending: Awaitable[HttpResponseBase] = get_response(request)
            return _finish(visit, await pending)

        return answer_async

    def answer(request: HttpRequest) -> HttpResponseBase:
        visit = _begin(visits, request)
        return _finish(visit, get_response(request))

    return answer


def experiment(request: HttpRequest) -> Mapping[str, Shown]:
    """Return the template context: a context processor."""
    return {"experiment": request.experiment}


def _begin(visits: Visits, request: HttpRequest) -> Visit:
    visit = visits.begin(
        cookie=request.META.get("HTTP_COOKIE"),
        user_agent=request.META.get("HTTP_USER_AGENT"),
        ip=request.META.get("REMOTE_ADDR"),
        query=request.META.get("QUERY_STRING", ""),
    )
    request.experiments = visit
    request.experiment = visit(visits.flow_of(request.path))
    return visit


def _finish(visit: Visit, response: HttpResponseBase) -> HttpResponseBase:
    cookie = visit.finish_head()
    if visit.is_used:
        patch_vary_headers(response, ["Cookie"])
    if cookie is not None:
        response.set_cookie(
            cookie.name,
            cookie.value,
            max_age=MAX_AGE_SECONDS,
            secure=cookie.is_secure,
            httponly=True,
            samesite="Lax",
        )
        if not response.has_header("Cache-Control"):
            response.headers["Cache-Control"] = "private"
    return response


def _read_settings() -> Visits:
    said: Mapping[str, Any] = settings.SIGNPOST
    keys = said.get("KEYS") or [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    cookies = DeviceCookies(keys, secure=said.get("SECURE", settings.SESSION_COOKIE_SECURE))
    client = _find(said["CLIENT"])
    read_override = _find(said["READ_OVERRIDE"]) if "READ_OVERRIDE" in said else None
    return Visits(client if isinstance(client, Client) else client(), cookies, said.get("FLOWS"), read_override)


def _find(named: Any) -> Any:
    return import_string(named) if isinstance(named, str) else named
