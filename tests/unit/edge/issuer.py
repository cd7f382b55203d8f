"""An OpenID provider that publishes keys, on a real port of this machine."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from signpost.model.tenants import ForeignIssuer, Tenant

ISSUER = "https://issuer.example/"
PRIVATE: dict[str, Any] = {
    "RS256": rsa.generate_private_key(public_exponent=65_537, key_size=2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
PRIVATE["PS256"] = PRIVATE["RS256"]
_ALGORITHMS = jwt.algorithms.get_default_algorithms()


def publish(algorithm: str, kid: str, **more: Any) -> dict[str, Any]:
    """Return the public half of a key as its issuer publishes it."""
    key = PRIVATE[algorithm]
    members: dict[str, Any] = json.loads(_ALGORITHMS[algorithm].to_jwk(key.public_key()))
    return {name: value for name, value in members.items() if name != "key_ops"} | {"kid": kid, "use": "sig"} | more


@dataclass
class Issuer:
    """What the provider answers, and how often it was asked."""

    keys: list[Any] = field(default_factory=lambda: [publish(name, name) for name in PRIVATE])
    status: int = 200
    body: bytes | None = None
    wait_seconds: float = 0.0
    location: str | None = None
    asked: int = 0
    uri: str = ""

    def of(self) -> ForeignIssuer:
        return ForeignIssuer(ISSUER, self.uri)

    def sign(self, tenant: Tenant, algorithm: str = "RS256", kid: str | None = None, **changes: Any) -> str:
        """Return a token for the tenant, good for a minute."""
        now = int(time.time())
        claims = {
            "iss": ISSUER,
            "sub": "user|1",
            "aud": ["https://other.example/", tenant.audience],
            "exp": now + 60,
            "scope": "read:experimentation",
        } | changes
        kept = {name: value for name, value in claims.items() if value is not None}
        return jwt.encode(kept, PRIVATE[algorithm], algorithm=algorithm, headers={"kid": kid or algorithm})


@contextmanager
def serving() -> Iterator[Issuer]:
    """Serve an issuer's keys until the block is left."""
    issuer = Issuer()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            time.sleep(issuer.wait_seconds)
            body = json.dumps({"keys": issuer.keys}).encode() if issuer.body is None else issuer.body
            self.send_response(issuer.status)
            if issuer.location is not None:
                self.send_header("Location", issuer.location)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    issuer.uri = f"http://127.0.0.1:{server.server_port}/jwks.json"
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield issuer
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
