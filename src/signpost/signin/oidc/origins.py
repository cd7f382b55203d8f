"""Lets pages of other origins use what browsers' applications need: tokens, `/userinfo`, discovery and the keys.

No cookie counts at these paths, and none is let in. Discovery and the keys are for everybody; the rest is for origins
that clients of the tenant have registered, as `web_origins` or by their callbacks.
"""

from signpost.edge.asgi import App, Message, Receive, Scope, Send, header_of
from signpost.edge.catalog import Catalog
from signpost.edge.errors import Headers
from signpost.model.clients import origin_of
from signpost.usecases.catalog import TenantState

FOR_ALL = frozenset({"/.well-known/openid-configuration", "/.well-known/jwks.json"})
FOR_CLIENTS = frozenset({"/oauth/token", "/userinfo"})
PREFLIGHT_SECONDS = 600
PREFLIGHT: Headers = [
    (b"access-control-allow-methods", b"GET, POST"),
    (b"access-control-allow-headers", b"authorization, content-type, auth0-client"),
    (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
]
EXPOSED: Headers = [(b"access-control-expose-headers", b"www-authenticate, retry-after")]


class Origins:
    """Wraps an application."""

    def __init__(self, app: App, catalog: Catalog) -> None:
        self._app = app
        self._catalog = catalog
        self._known: dict[str, tuple[TenantState, frozenset[str]]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http" or scope["path"] not in FOR_ALL | FOR_CLIENTS:
            await self._app(scope, receive, send)
            return
        headers = self._headers(scope)
        if scope["method"] == "OPTIONS" and header_of(scope, b"access-control-request-method") is not None:
            preflight = [*headers, *PREFLIGHT] if len(headers) > 1 else headers
            await send({"type": "http.response.start", "status": 204, "headers": preflight})
            await send({"type": "http.response.body", "body": b""})
            return

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message.get("headers", ()), *headers]
            await send(message)

        await self._app(scope, receive, send_more)

    def _headers(self, scope: Scope) -> Headers:
        origin = header_of(scope, b"origin")
        if scope["path"] in FOR_ALL:
            return [(b"access-control-allow-origin", b"*"), *EXPOSED]
        state = self._catalog.find(header_of(scope, b"host"))
        if origin is None or state is None or origin not in self._origins_of(state):
            return [(b"vary", b"origin")]
        return [(b"vary", b"origin"), (b"access-control-allow-origin", origin.encode("latin-1")), *EXPOSED]

    def _origins_of(self, state: TenantState) -> frozenset[str]:
        """Return the tenant's origins, found once for each of its revisions."""
        known = self._known.get(state.tenant.id)
        if known is None or known[0] is not state:
            known = self._known[state.tenant.id] = state, find_origins(state)
        return known[1]


def find_origins(state: TenantState) -> frozenset[str]:
    """Return the origins of all clients that are not revoked."""
    clients = [client for client in state.clients.values() if client.revoked_at is None]
    own = {origin for client in clients for origin in client.web_origins}
    callbacks = {origin_of(uri) for client in clients for uri in client.callbacks}
    return frozenset(own | {origin for origin in callbacks if origin is not None})
