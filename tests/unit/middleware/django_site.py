"""A Django project in one module; its settings are made when it is first imported."""

import asyncio
from typing import Any

import django
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import path

PAGE = "<h1>{{ experiment.config.title|default:'Baseline' }}</h1>{% if experiment %}{{ experiment.variation_name }}{% endif %}"

if not settings.configured:
    settings.configure(
        ALLOWED_HOSTS=["*"],
        MIDDLEWARE=["signpost.middleware.django.SignpostMiddleware"],
        ROOT_URLCONF=__name__,
        SECRET_KEY="d" * 50,
        SIGNPOST={"CLIENT": None, "FLOWS": {"/login": "authentication"}, "SECURE": False},
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "OPTIONS": {
                    "context_processors": ["signpost.middleware.django.experiment"],
                    "loaders": [("django.template.loaders.locmem.Loader", {"page.html": PAGE})],
                },
            }
        ],
    )
    django.setup()

from signpost.middleware.django import in_flow  # noqa: E402 Django has to be set up first


def show(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html")


async def show_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return render(request, "page.html")


@in_flow("authentication")
def enter(request: HttpRequest) -> HttpResponse:
    return render(request, "page.html")


@in_flow("authentication")
async def enter_async(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    return render(request, "page.html")


def name_flow(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(request.experiment("authentication").config.get("title")))


def break_down(request: HttpRequest) -> HttpResponse:
    raise RuntimeError(request.experiment.variation_name)


def stream(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(iter(["<p>", str(request.experiment.config.get("title", "too late"))]))


def stream_late(request: HttpRequest) -> StreamingHttpResponse:
    return StreamingHttpResponse(str(request.experiment.config.get("title", "too late")) for _ in range(1))


def cached(request: HttpRequest) -> HttpResponse:
    response = show(request)
    response.headers["Cache-Control"] = "public, max-age=60"
    response.headers["Vary"] = "Origin"
    return response


def still(_: HttpRequest) -> HttpResponse:
    return HttpResponse("About")


def see(request: HttpRequest) -> dict[str, Any]:
    """Return what is known of a request."""
    return {"method": request.method, "connection": "database"}


urlpatterns = [
    path("login", show),
    path("login/async", show_async),
    path("enter", enter),
    path("enter/async", enter_async),
    path("named", name_flow),
    path("login/broken", break_down),
    path("login/stream", stream),
    path("login/late", stream_late),
    path("login/cached", cached),
    path("about", still),
]
