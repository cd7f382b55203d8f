"""A provider that speaks as Keycloak does, as far as a sign-in needs it: its paths, its strictness, its short request lines.

Written by hand after Keycloak's documented endpoints (keycloak.org, Securing applications, OpenID Connect): redirect addresses
and the code's are compared exactly, a parameter that is there twice is refused, and so is a request line over 4,096 bytes, as
Quarkus has it (quarkus.http.limits.max-initial-line-length).
"""

import base64
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, urlencode

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

LINE_MAX = 4_096
REALM = "/realms/main"
PROTOCOL = f"{REALM}/protocol/openid-connect"
CLIENT, SECRET = "shop", "a secret of the shop's"
USER, PASSWORD = "ada", "correct horse"


@dataclass
class Keycloak:
    """One realm with one client and one user."""

    host: str = ""
    redirect_uris: set[str] = field(default_factory=set)
    asked: list[bytes] = field(default_factory=list)
    """The queries with which browsers came to the authorize endpoint."""
    issuer_said: str | None = None
    endpoint_said: str | None = None

    def __post_init__(self) -> None:
        self._key = generate_private_key(public_exponent=65_537, key_size=2048)
        self._sign_ins: dict[str, dict[str, str]] = {}
        self._codes: dict[str, dict[str, str]] = {}
        self.app = Starlette(
            routes=[
                Route(f"{REALM}/.well-known/openid-configuration", self.discover),
                Route(f"{PROTOCOL}/auth", self.authorize, methods=["GET", "POST"]),
                Route(f"{REALM}/login-actions/authenticate", self.authenticate, methods=["POST"]),
                Route(f"{PROTOCOL}/token", self.grant, methods=["POST"]),
                Route(f"{PROTOCOL}/certs", self.show_keys),
            ]
        )

    @property
    def issuer(self) -> str:
        return f"http://{self.host}{REALM}"

    @property
    def last(self) -> dict[str, str]:
        """What the last browser came with; each parameter is there once."""
        return dict(parse_qsl(self.asked[-1].decode(), keep_blank_values=True))

    async def discover(self, _: Request) -> Response:
        base = f"http://{self.host}{PROTOCOL}"
        return JSONResponse(
            {
                "issuer": self.issuer_said or self.issuer,
                "authorization_endpoint": self.endpoint_said or f"{base}/auth",
                "token_endpoint": f"{base}/token",
                "jwks_uri": f"{base}/certs",
                "response_types_supported": ["code"],
                "response_modes_supported": ["query", "fragment", "form_post"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["plain", "S256"],
                "authorization_response_iss_parameter_supported": True,
            }
        )

    async def authorize(self, request: Request) -> Response:
        raw = request.scope["query_string"]
        self.asked.append(raw)
        if len(f"GET {request.url.path}? HTTP/1.1") + len(raw) > LINE_MAX:
            return Response(status_code=414)
        pairs = parse_qsl(raw.decode(), keep_blank_values=True)
        if request.method == "POST":
            pairs += parse_qsl((await request.body()).decode(), keep_blank_values=True)
        said = dict(pairs)
        if len(said) != len(pairs):
            return HTMLResponse("<h1>We are sorry…</h1><p>duplicated parameter</p>", 400)
        if said.get("client_id") != CLIENT or said.get("redirect_uri") not in self.redirect_uris:
            return HTMLResponse("<h1>We are sorry…</h1><p>Invalid parameter: redirect_uri</p>", 400)
        if said.get("prompt") == "none":
            return self._return(said, {"error": "login_required"})
        session = secrets.token_urlsafe(16)
        self._sign_ins[session] = said
        action = f"{REALM}/login-actions/authenticate?session_code={session}"
        return HTMLResponse(f'<form id="kc-form-login" action="{action}" method="post">…</form>')

    async def authenticate(self, request: Request) -> Response:
        said = self._sign_ins.pop(request.query_params["session_code"])
        typed = dict(parse_qsl((await request.body()).decode()))
        if "cancel" in typed:
            return self._return(said, {"error": "access_denied"})
        if (typed.get("username"), typed.get("password")) != (USER, PASSWORD):
            return HTMLResponse("Invalid username or password.")
        code = secrets.token_urlsafe(24)
        self._codes[code] = said
        return self._return(said, {"code": code, "session_state": secrets.token_hex(8)})

    async def grant(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        basic = f"{CLIENT}:{SECRET}".replace(" ", "+").replace("'", "%27").encode()
        given = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic "))
        said = self._codes.pop(form.get("code", ""), None)
        if given not in {basic, f"{CLIENT}:{SECRET}".encode()}:
            return JSONResponse({"error": "unauthorized_client"}, 401)
        if said is None or form.get("redirect_uri") != said["redirect_uri"] or not is_proved(said, form):
            return JSONResponse({"error": "invalid_grant"}, 400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "sub": USER,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "nonce": said.get("nonce"),
        }
        token = jwt.encode(claims, self._key, "RS256", {"kid": "one"})
        return JSONResponse({"access_token": "at", "token_type": "Bearer", "expires_in": 300, "id_token": token})

    async def show_keys(self, _: Request) -> Response:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self._key.public_key()))
        return JSONResponse({"keys": [public | {"kid": "one", "use": "sig", "alg": "RS256"}]})

    def _return(self, said: Mapping[str, str], fields: Mapping[str, str]) -> Response:
        back = {**fields, "iss": self.issuer} | ({"state": said["state"]} if "state" in said else {})
        if said.get("response_mode") == "form_post":
            inputs = "".join(f'<input type="hidden" name="{name}" value="{value}">' for name, value in back.items())
            return HTMLResponse(f'<form action="{said["redirect_uri"]}" method="post">{inputs}</form>')
        return RedirectResponse(f"{said['redirect_uri']}?{urlencode(back)}", 302)


def is_proved(said: Mapping[str, str], form: Mapping[str, str]) -> bool:
    """Return whether the verifier is the challenge's (RFC 7636, section 4.6)."""
    if "code_challenge" not in said:
        return "code_verifier" not in form
    digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == said["code_challenge"]


def parse_experiment(said: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what the gateway has sent along."""
    found: dict[str, Any] | None = json.loads(said["ext-experiment"]) if "ext-experiment" in said else None
    return found
