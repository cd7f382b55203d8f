"""The token endpoint, and what is needed to check tokens. Who gets tokens for people is handed in, and served here too."""

import json
from typing import Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from signpost.api.route import JsonReply
from signpost.edge.asgi import authorization_of, keep_headers, peer_of
from signpost.edge.catalog import Catalog
from signpost.edge.errors import Refusal
from signpost.edge.gate import Gate
from signpost.edge.grants import GrantError, GrantRequest, PeoplesGrants, grant_token
from signpost.edge.keys import KeyRing
from signpost.edge.limits import WINDOW_SECONDS, RateLimiter
from signpost.edge.tokens import OWN_ALGORITHM, Tokens
from signpost.model.clients import PEOPLES
from signpost.model.tenants import SCOPES
from signpost.usecases.catalog import TenantState

FIELDS_MAX = 20

_TOKEN_REQUEST = {
    "type": "object",
    "required": ["grant_type"],
    "properties": {
        "grant_type": {"type": "string", "enum": ["client_credentials", *PEOPLES]},
        "client_id": {"type": "string"},
        "client_secret": {"type": "string", "format": "password"},
        "audience": {"type": "string", "description": "`https://<tenant domain>/api/v2/`, with client_credentials."},
        "scope": {"type": "string", "description": "To have less than all scopes of the client, with blanks between."},
        "code": {"type": "string", "description": "With authorization_code: what the browser came back with."},
        "redirect_uri": {"type": "string", "description": "With authorization_code: where it came back to."},
        "code_verifier": {"type": "string", "description": "With authorization_code: the secret of PKCE."},
        "refresh_token": {"type": "string", "format": "password", "description": "With refresh_token."},
    },
}
_TOKEN_REPLY = {
    "type": "object",
    "required": ["access_token", "token_type", "expires_in", "scope"],
    "properties": {
        "access_token": {"type": "string"},
        "token_type": {"type": "string", "enum": ["Bearer"]},
        "expires_in": {"type": "integer"},
        "scope": {"type": "string"},
        "id_token": {"type": "string", "description": "For people, with the scope openid."},
        "refresh_token": {"type": "string", "description": "For people, with the scope offline_access."},
    },
}
_ERROR = {
    "type": "object",
    "required": ["error", "error_description"],
    "properties": {"error": {"type": "string"}, "error_description": {"type": "string"}},
}


def _json(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def create_oauth_router(
    catalog: Catalog,
    gate: Gate,
    keys: KeyRing,
    tokens: Tokens,
    guesses: RateLimiter,
    *,
    people: PeoplesGrants | None = None,
) -> APIRouter:
    """Return the routes of the token endpoint, the key set and the discovery document.

    Without `people` there are no tokens but those of machines.
    """
    router = APIRouter(tags=["Tokens"])

    @router.post(
        "/oauth/token",
        operation_id="postToken",
        summary="Get an access token",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {
                    "application/json": {"schema": _TOKEN_REQUEST},
                    "application/x-www-form-urlencoded": {"schema": _TOKEN_REQUEST},
                },
            }
        },
        responses={
            200: _json("The token.", _TOKEN_REPLY),
            400: _json("The request is not right.", _ERROR),
            401: _json("The client did not prove who it is.", _ERROR),
            403: _json("There is no such audience.", _ERROR),
            404: _json("There is no tenant yet.", _ERROR),
            429: _json("Too many requests.", _ERROR),
        },
    )
    async def post_token(request: Request) -> Response:
        no_store = {"cache-control": "no-store", "pragma": "no-cache"}
        basic = authorization_of(request.scope)
        try:
            keep_headers(request.scope, gate.stranger(peer_of(request.scope)))
            state = _find(catalog, request)
            asked = GrantRequest(
                host=request.headers.get("host"),
                peer=peer_of(request.scope),
                basic=basic,
                fields=_read_fields(await request.body()),
            )
            # Signing takes as long as hundreds of other requests, which are not to wait for it.
            if people is not None and asked.fields.get("grant_type") in PEOPLES:
                return JsonReply(await run_in_threadpool(people.grant, state, asked), headers=no_store)
            grant = await run_in_threadpool(grant_token, tokens, guesses, state, asked)
        except Refusal as refusal:
            keep_headers(request.scope, refusal.headers)
            return _error(refusal.status, "temporarily_unavailable", refusal.message, no_store)
        except GrantError as error:
            return _error(error.status, error.error, error.description, no_store | _more_headers(error, basic))
        body = {
            "access_token": grant.access_token,
            "token_type": "Bearer",
            "expires_in": grant.expires_in,
            "scope": grant.scope,
        }
        return JsonReply(body, headers=no_store)

    @router.get(
        "/.well-known/jwks.json",
        operation_id="getKeys",
        summary="Get the keys that tokens are signed with",
        responses={200: _json("A JSON Web Key Set.", {"type": "object", "required": ["keys"]})},
    )
    def get_keys(request: Request) -> Response:
        state = catalog.find(request.headers.get("host"))
        if state is None:
            return JsonReply({"keys": []})
        keys.signing_key(state.tenant.id)
        found = [key.as_jwk() for key in keys.verifying_keys(state.tenant.id).values()]
        return JsonReply({"keys": found}, headers={"cache-control": "public, max-age=15"})

    @router.get(
        "/.well-known/openid-configuration",
        operation_id="getDiscovery",
        summary="Get the discovery document",
        responses={
            200: _json("The discovery document.", {"type": "object", "required": ["issuer", "jwks_uri"]}),
            404: _json("There is no tenant yet.", _ERROR),
        },
    )
    def get_discovery(request: Request) -> Response:
        try:
            tenant = _find(catalog, request).tenant
        except GrantError as error:
            return _error(error.status, error.error, error.description, {})
        base = f"{request.scope['scheme']}://{request.headers.get('host') or tenant.domain}/"
        document: dict[str, object] = {
            "issuer": tenant.issuer,
            "token_endpoint": f"{base}oauth/token",
            "jwks_uri": f"{base}.well-known/jwks.json",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "scopes_supported": list(SCOPES),
            "response_types_supported": [],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [OWN_ALGORITHM],
        }
        return JsonReply(document if people is None else document | people.describe(tenant, base))

    return router


def _more_headers(error: GrantError, basic: str | None) -> dict[str, str]:
    if error.status == 401 and basic is not None:
        return {"www-authenticate": 'Basic realm="signpost"'}
    return {"retry-after": str(WINDOW_SECONDS)} if error.status == 429 else {}


def _find(catalog: Catalog, request: Request) -> TenantState:
    state = catalog.find(request.headers.get("host"))
    if state is None:
        raise GrantError(404, "invalid_request", "There is no tenant yet.")
    return state


def _read_fields(body: bytes) -> dict[str, object]:
    """Return the fields of a JSON object or of a form, whichever the body is."""
    try:
        if body.lstrip().startswith(b"{"):
            fields = json.loads(body)
            if isinstance(fields, dict):
                return fields
        pairs = parse_qsl(body.decode(), keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS_MAX)
        if len(dict(pairs)) < len(pairs):
            raise GrantError(400, "invalid_request", "A field is given twice.")
        return dict(pairs)
    except (ValueError, RecursionError) as error:
        raise GrantError(400, "invalid_request", "The body is neither a form nor a JSON object.") from error


def _error(status: int, error: str, description: str, headers: dict[str, str]) -> Response:
    return JsonReply({"error": error, "error_description": description}, status, headers)
