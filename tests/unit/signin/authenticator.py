"""An authenticator in software, after WebAuthn level 2: ES256, no attestation, its user verified. It counts from 1."""

import hashlib
import json
import re
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from html import unescape
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256

PRESENT, VERIFIED, HAS_KEY = 0x01, 0x04, 0x40
OPTIONS = re.compile(r'data-options="([^"]*)"')


class Authenticator:
    """Holds one passkey for a host."""

    def __init__(self, host: str, scheme: str = "http") -> None:
        self.origin = f"{scheme}://{host}"
        self.host = host.partition(":")[0]
        self.credential_id = secrets.token_bytes(16)
        self.count = 0
        self._key = ec.generate_private_key(ec.SECP256R1())

    def make(self, html: str) -> str:
        """Return what the script of a page posts that offers to make a passkey."""
        numbers = self._key.public_key().public_numbers()
        key = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32), -3: numbers.y.to_bytes(32)}
        data = self._data(PRESENT | VERIFIED | HAS_KEY)
        data += bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(key)
        said = {
            "clientDataJSON": _text(self._client_data("webauthn.create", html)),
            "attestationObject": _text(cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})),
            "transports": ["internal"],
        }
        return self._write(said)

    def sign(self, html: str) -> str:
        """Return what the script of a page posts that takes a passkey."""
        client_data, data = self._client_data("webauthn.get", html), self._data(PRESENT | VERIFIED)
        signature = self._key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
        said = {
            "clientDataJSON": _text(client_data),
            "authenticatorData": _text(data),
            "signature": _text(signature),
        }
        return self._write(said)

    def _data(self, flags: int) -> bytes:
        self.count += 1
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4)

    def _client_data(self, type: str, html: str) -> bytes:
        found = OPTIONS.search(html)
        assert found is not None, html[:500]
        challenge = json.loads(unescape(found[1]))["challenge"]
        return json.dumps({"type": type, "challenge": challenge, "origin": self.origin}).encode()

    def _write(self, said: dict[str, Any]) -> str:
        credential_id = _text(self.credential_id)
        return json.dumps({"id": credential_id, "rawId": credential_id, "type": "public-key", "response": said})


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def bytes_of(text: str) -> bytes:
    """Return what base64url says."""
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
