"""The provider's routes on an application of their own, with a browser whose session is said by the test."""

import base64
import json
from collections.abc import Callable
from hashlib import sha256
from hmac import digest
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.testclient import TestClient

from signpost.api.oauth import create_oauth_router
from signpost.edge.asgi import Envelope
from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.limits import RateLimiter
from signpost.edge.tokens import Tokens
from signpost.model.accounts import Session
from signpost.signin.oidc.origins import Origins
from signpost.signin.oidc.routes import oidc_routes
from tests.unit.signin.oidc.house import House

COOKIE = "signed_in"


class Site:
    """What a browser and a client meet."""

    def __init__(self, house: House, *, per_minute: int = 0) -> None:
        self.house = house
        self.ended: list[str] = []
        self.catalog = Catalog(house.store)
        self.catalog.refresh()
        self.tokens = Tokens(house.keys, ForeignKeys(lambda: 0.0), house.clock, 3_600)
        limiter = RateLimiter(per_minute, lambda: house.clock.now().timestamp())
        gate = Gate(self.catalog, self.tokens, limiter, lambda: house.clock.now().timestamp())
        app = FastAPI()
        app.router.routes.extend(oidc_routes(house.provider, gate, self._find_session, self._end_session))
        app.include_router(
            create_oauth_router(self.catalog, gate, house.keys, self.tokens, house.guesses, people=house.provider)
        )
        self.http = TestClient(
            Envelope(Origins(app, self.catalog), gate), base_url="https://tenant-1.example", follow_redirects=False
        )

    def sign_in(self) -> Session:
        """Give the browser the account's session."""
        self.http.cookies.set(COOKIE, "session-cookie")
        return self.house.session

    def tokens_of(self, **changes: Any) -> dict[str, Any]:
        """Return what a client gets when somebody signs in to it."""
        return self.house.exchange(self.house.sign_in(**changes))

    def userinfo(self, token: str | None, **options: Any) -> Any:
        headers = {} if token is None else {"authorization": f"Bearer {token}"}
        return self.http.get("/userinfo", headers=headers, **options)

    def _find_session(self, request: Request) -> Session | None:
        secret = request.cookies.get(COOKIE)
        return None if secret is None else self.house.accounts.of(self.house.tenant.id).sessions.find(secret)

    def _end_session(self, request: Request, response: Response) -> None:
        session = self._find_session(request)
        if session is not None:
            self.ended.append(session.id)
            self.house.accounts.of(self.house.tenant.id).sessions.remove(session.id)
        response.delete_cookie(COOKIE)


def forge(house: House, token: str, how: str) -> str:
    """Return a token that says the same and proves nothing; what is no way to forge one is returned as it is."""
    header, claims = jwt.get_unverified_header(token), jwt.decode(token, options={"verify_signature": False})
    key, other = house.keys.signing_key(house.tenant.id), house.keys.signing_key(house.other_tenant.id)
    pem = key.public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    first, payload, signature = token.split(".")
    ways: dict[str, Callable[[], str]] = {
        "none": lambda: f"{_part(header | {'alg': 'none'})}.{payload}.",
        "hs256 with the public key": lambda: _sign_with_secret(header | {"alg": "HS256"}, claims, pem),
        "another tenant's key": lambda: jwt.encode(claims, other.private, "RS256", header),
        "another tenant's key by its name": lambda: jwt.encode(
            claims, other.private, "RS256", header | {"kid": other.id}
        ),
        "another issuer": lambda: jwt.encode(claims | {"iss": house.other_tenant.issuer}, key.private, "RS256", header),
        "another type": lambda: jwt.encode(claims, key.private, "RS256", header | {"typ": "logout+jwt"}),
        "changed": lambda: f"{first}.{_part(claims | {'sub': 'auth0|x'})}.{signature}",
        "cut": lambda: f"{first}.{payload}.",
    }
    return ways[how]() if how in ways else how


FORGERIES = (
    "none", "hs256 with the public key", "another tenant's key", "another tenant's key by its name", "another issuer",
    "another type", "changed", "cut", "x", "a.b.c", "é", "{" * 9_000,
)  # fmt: skip


def _sign_with_secret(header: dict[str, Any], claims: dict[str, Any], secret: bytes) -> str:
    signed = f"{_part(header)}.{_part(claims)}"
    signature = base64.urlsafe_b64encode(digest(secret, signed.encode(), sha256)).rstrip(b"=").decode()
    return f"{signed}.{signature}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()
