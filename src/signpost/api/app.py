"""The management API as one application."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from fastapi import APIRouter, FastAPI
from fastapi.openapi.utils import get_openapi

from signpost.api.bodies import FORM_TYPE
from signpost.api.description import CORRELATION
from signpost.api.docs import create_docs_router
from signpost.api.errors import HANDLERS
from signpost.api.examples import EXAMPLES
from signpost.api.methods import Heads
from signpost.api.route import SCHEME, Services
from signpost.api.routes import ROUTERS
from signpost.edge.asgi import App
from signpost.model.tenants import SCOPES

TITLE = "Signpost"
JSON_TYPE = "application/json"
FLAT = ("StatusChange", "RampAdvance")
"""Ends of the names of bodies that clients also send as forms."""
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
    docs = create_docs_router(lambda: describe(api, more_paths or {}))
    api.include_router(docs)
    api.state.routes = [route for router in (*ROUTERS, *more_routers, docs) for route in router.routes]
    return Heads(api)


def describe(api: FastAPI, more: dict[str, Any]) -> dict[str, Any]:
    """Return the OpenAPI document of everything that is served."""
    document = get_openapi(title=TITLE, version=version("signpost"), summary=SUMMARY, routes=api.routes)
    for path in document["paths"].values():
        for operation in path.values():
            if SCHEME in str(operation.get("security")):
                operation.setdefault("parameters", []).append(CORRELATION)
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
    for name, schema in components["schemas"].items():
        _forget_placeholders(schema)
        if name in EXAMPLES:
            schema["examples"] = [EXAMPLES[name]]
    return document


def _forget_placeholders(schema: dict[str, Any]) -> None:
    """Take out of a schema the values that stand in the code for fields that are not there."""
    for field in schema.get("properties", {}).values():
        field.pop("default", None)


def _correct(operation: dict[str, Any]) -> None:
    """Take out what FastAPI says of its own validation errors, which are told in our form, with 400."""
    replies: dict[str, Any] = operation["responses"]
    described = replies.get("422", {})
    if "HTTPValidationError" in str(described):
        del replies["422"]
    replies.get("204", {}).pop("content", None)
    content = operation.get("requestBody", {}).get("content", {})
    if set(content) == {JSON_TYPE} and content[JSON_TYPE]["schema"].get("$ref", "").endswith(FLAT):
        content[FORM_TYPE] = content[JSON_TYPE]
