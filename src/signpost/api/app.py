"""The management API as one application."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.utils import get_openapi

from signpost.api.docs import create_docs_router
from signpost.api.errors import HANDLERS
from signpost.api.route import SCHEME, JsonReply, Services
from signpost.api.routes import ROUTERS
from signpost.edge.asgi import App
from signpost.model.tenants import SCOPES

TITLE = "Signpost"
SUMMARY = "Experiments for sign-in: feature flags, variations, segments, experiments, decisions, events, results."


def create_api(services: Services, more_routers: Sequence[APIRouter] = (), more_paths: Any = None) -> App:
    """Return the application.

    Args:
        services: What the routes work with.
        more_routers: Routers of others to serve beside the management routes: tokens, health.
        more_paths: A fragment of an OpenAPI document (`paths`, `components`) of routes that are served elsewhere.
    """
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    api.state.services = services
    for kind, handler in HANDLERS.items():
        api.add_exception_handler(kind, handler)
    for router in (*ROUTERS, *more_routers):
        api.include_router(router)
    document = describe(api, more_paths or {})
    api.include_router(create_docs_router(document))

    @api.get("/openapi.json", include_in_schema=False)
    async def get_openapi_document(_: Request) -> JsonReply:
        return JsonReply(document)

    return api


def describe(api: FastAPI, more: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of everything that is served."""
    document = get_openapi(title=TITLE, version=version("signpost"), summary=SUMMARY, routes=api.routes)
    for path in document["paths"].values():
        for operation in path.values():
            _correct(operation)
    document["paths"] |= more.get("paths", {})
    components = document.setdefault("components", {})
    for kind, parts in more.get("components", {}).items():
        components.setdefault(kind, {}).update(parts)
    components["securitySchemes"] = {
        SCHEME: {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": f"An access token with the scope that the route names. Scopes: {', '.join(SCOPES)}.",
        }
    }
    for schema in ("HTTPValidationError", "ValidationError"):
        components.get("schemas", {}).pop(schema, None)
    return document


def _correct(operation: dict[str, Any]) -> None:
    """Take out what FastAPI says of its own validation errors, which are told in our form, with 400."""
    replies: dict[str, Any] = operation["responses"]
    described = replies.get("422", {})
    if "HTTPValidationError" in str(described):
        del replies["422"]
    for status in ("204",):
        replies.get(status, {}).pop("content", None)
