"""The documentation page: the OpenAPI document as plain HTML, with nothing to fetch from elsewhere."""

from collections.abc import Callable
from functools import cache
from html import escape
from itertools import starmap
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from signpost.api.docs_schemas import describe_type, render_schema
from signpost.api.route import JsonReply

STYLE = """
:root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 0 auto; padding: 1rem; }
nav { columns: 3 16rem; font-size: .9rem; } nav ul { margin: 0 0 .75rem; padding-left: 1rem; break-inside: avoid; }
details { border: 1px solid #8886; border-radius: 6px; margin: .5rem 0; padding: .5rem .75rem; }
summary { cursor: pointer; } summary code { font-weight: 600; }
.method { display: inline-block; min-width: 4.2rem; font: 600 .8rem ui-monospace, monospace; }
pre { overflow: auto; padding: .75rem; background: #8881; border-radius: 6px; font-size: .85rem; }
table { border-collapse: collapse; width: 100%; font-size: .9rem; } td, th { text-align: left; padding: .2rem .6rem .2rem 0;
vertical-align: top; border-bottom: 1px solid #8883; }
nav ul { list-style: none; } nav b::first-letter { text-transform: uppercase; } h2::first-letter { text-transform: uppercase; }
details:target { outline: 2px solid Highlight; } details:target::details-content { content-visibility: visible; block-size: auto; }
"""
METHODS = ("get", "post", "patch", "put", "delete")


def create_docs_router(describe: Callable[[], dict[str, Any]]) -> APIRouter:
    """Return the routes of the document and of the page; `describe` makes the document, and is asked once, when it is wanted."""
    router = APIRouter()
    document = cache(describe)
    page = cache(lambda: render_page(document()))

    @router.get("/openapi.json", include_in_schema=False)
    def get_document() -> JsonReply:
        return JsonReply(document())

    @router.get("/docs", include_in_schema=False)
    def get_docs() -> HTMLResponse:
        policy = "default-src 'none'; style-src 'unsafe-inline'"
        return HTMLResponse(page(), headers={"content-security-policy": policy, "x-content-type-options": "nosniff"})

    return router


def render_page(document: dict[str, Any]) -> str:
    """Return the page of an OpenAPI document."""
    groups: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                groups.setdefault(operation.get("tags", ["Other"])[0], []).append((method, path, operation))
    title = escape(document["info"]["title"])
    contents = "".join(
        f"<ul><b>{escape(group)}</b>"
        + "".join(f'<li><a href="#{escape(_anchor(o))}">{escape(_title(o))}</a></li>' for _, _, o in operations)
        + "</ul>"
        for group, operations in groups.items()
    )
    sections = "".join(
        f"<h2>{escape(group)}</h2>" + "".join(_render_operation(*operation) for operation in operations)
        for group, operations in groups.items()
    )
    schemas = "".join(starmap(render_schema, sorted(document["components"]["schemas"].items())))
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} API</title><style>{STYLE}</style><body><h1>{title} API</h1>"
        f"<p>{escape(document['info'].get('summary', ''))}</p>"
        f'<p>Version {escape(document["info"]["version"])}. The same as an <a href="/openapi.json">OpenAPI document</a>.</p>'
        f"<nav>{contents}</nav><main>{sections}<h2>Schemas</h2><p>A field with a question mark may be left out.</p>{schemas}</main></body></html>"
    )


def _render_operation(method: str, path: str, operation: dict[str, Any]) -> str:
    security = operation.get("security", [])
    scopes = ", ".join(scope for entry in security for names in entry.values() for scope in names)
    parameters = "".join(
        f"<tr><td><code>{escape(p['name'])}</code></td><td>{escape(p['in'])}</td>"
        f"<td>{escape(p.get('description') or p.get('schema', {}).get('description') or '')}</td></tr>"
        for p in operation.get("parameters", [])
    )
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    replies = "".join(
        f"<tr><td>{escape(status)}</td><td>{escape(reply.get('description', ''))}</td><td>{_render_link(reply)}</td></tr>"
        for status, reply in operation["responses"].items()
    )
    return (
        f'<details id="{escape(_anchor(operation))}"><summary><span class="method">{method.upper()}</span> '
        f"<code>{escape(path)}</code> — {escape(_title(operation))}</summary>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        + (f"<p>Scope: <code>{escape(scopes)}</code></p>" if scopes else "")
        + (f"<table><tr><th>Parameter<th>In<th>What</tr>{parameters}</table>" if parameters else "")
        + (f"<p>Body: {describe_type(body)}</p>" if body else "")
        + f"<table><tr><th>Status<th>Meaning<th>Body</tr>{replies}</table></details>"
    )


def _title(operation: dict[str, Any]) -> str:
    return str(operation.get("summary") or operation.get("operationId") or "")


def _anchor(operation: dict[str, Any]) -> str:
    return str(operation.get("operationId") or _title(operation))


def _render_link(reply: dict[str, Any]) -> str:
    return "".join(describe_type(content.get("schema", {})) for content in reply.get("content", {}).values())
