"""Keys in files: each tenant's RSA keys, which sign tokens, and its secrets, each of which signs something else.

`FOLDER/<tenant id>/<time>.pem`, `assignments.key`, `overrides.key`, `devices.key` (cookies) and `actions.key` beside it, mode 0600 in
folders of mode 0700; and
`<time>.log-stream`, the SHA-256 of each key that lets logs in, which is 256 random bits, so that no more is needed. The
newest RSA key signs; all verify, until a file is removed. A key is written beside its name and then linked to it, so two processes that
start at once agree on one.
"""

import base64
import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

import msgspec
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key

from signpost.ports.clock import Clock

KEY_BITS = 2048
SECRET_BYTES = 32
LOG_STREAM_PREFIX = "lsk_"
"""What the keys of log streams begin with."""
_LOG_STREAM = ".log-stream"


@dataclass(frozen=True, slots=True)
class SigningKey:
    """An RSA key with its id, the RFC 7638 thumbprint of its public half."""

    id: str
    private: RSAPrivateKey
    public: RSAPublicKey

    def as_jwk(self) -> dict[str, str]:
        """Return the public half as a JSON Web Key."""
        return {**_public_members(self.public), "kid": self.id, "use": "sig", "alg": "RS256"}


class KeyRing:
    """The keys of all tenants. Each question looks at the folder's names: a key that was added or removed is seen at once."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._lock = Lock()
        self._read: dict[str, tuple[tuple[str, ...], tuple[SigningKey, ...]]] = {}
        self._secrets: dict[tuple[str, str], bytes] = {}
        self._hashes: dict[tuple[str, str], bytes] = {}

    def signing_key(self, tenant_id: str) -> SigningKey:
        """Return the newest key, made if there is none yet."""
        keys = self._keys(tenant_id)
        if not keys:
            self._write_key(tenant_id, "first")
            keys = self._keys(tenant_id)
        return keys[-1]

    def verifying_keys(self, tenant_id: str) -> Mapping[str, SigningKey]:
        """Return all keys by id."""
        return {key.id: key for key in self._keys(tenant_id)}

    def rotate(self, tenant_id: str) -> SigningKey:
        """Make a new key, which signs from now on; tokens of the older ones stay good until they expire."""
        self.signing_key(tenant_id)
        self._write_key(tenant_id, self._clock.now().strftime("%Y%m%dT%H%M%S%fZ"))
        return self.signing_key(tenant_id)

    def assignment_secret(self, tenant_id: str) -> bytes:
        """Return the secret that signs assignment tokens, made if there is none yet."""
        return self._secret(tenant_id, "assignments.key")

    def override_secret(self, tenant_id: str) -> bytes:
        """Return the secret that signs overrides, made if there is none yet.

        It is another one than that of assignments, because it may be handed to those who check overrides elsewhere.
        """
        return self._secret(tenant_id, "overrides.key")

    def device_secret(self, tenant_id: str) -> bytes:
        """Return the secret that signs device cookies, made if there is none yet."""
        return self._secret(tenant_id, "devices.key")

    def action_secret(self, tenant_id: str, action_id: str, version: int) -> bytes:
        """Return what signs the requests of an action: made of a key of the tenant, so that it is kept nowhere."""
        return hmac.digest(self._secret(tenant_id, "actions.key"), f"{action_id}:{version}".encode(), "sha256")

    def make_log_stream_key(self, tenant_id: str) -> str:
        """Return a new key with which logs may be sent; only its hash is kept, so it can't be shown again."""
        key = f"{LOG_STREAM_PREFIX}{_base64url(secrets.token_bytes(SECRET_BYTES))}"
        name = f"{self._clock.now().strftime('%Y%m%dT%H%M%S%fZ')}-{secrets.token_hex(4)}{_LOG_STREAM}"
        _write_once(self._tenant_folder(tenant_id) / name, _hash_of(key))
        return key

    def revoke_older_log_stream_keys(self, tenant_id: str) -> int:
        """Let only the newest key in from now on, and return how many others there were."""
        folder = self._tenant_folder(tenant_id)
        older = sorted(name for name in os.listdir(folder) if name.endswith(_LOG_STREAM))[:-1]
        for name in older:
            (folder / name).unlink(missing_ok=True)
        return len(older)

    def is_log_stream_key(self, tenant_id: str, key: str) -> bool:
        """Return whether it is a key with which logs may be sent to the tenant."""
        folder = self._tenant_folder(tenant_id)
        given = _hash_of(key)
        names = [name for name in os.listdir(folder) if name.endswith(_LOG_STREAM)]
        return any(hmac.compare_digest(self._hash_in(folder, name), given) for name in names)

    def _hash_in(self, folder: Path, name: str) -> bytes:
        """Return the hash in a file; they never change, and files that were removed are not asked for."""
        known = self._hashes.get((folder.name, name))
        if known is None:
            try:
                known = self._hashes[folder.name, name] = (folder / name).read_bytes()
            except FileNotFoundError:  # removed since the folder was listed
                return b""
        return known

    def _secret(self, tenant_id: str, name: str) -> bytes:
        secret = self._secrets.get((tenant_id, name))
        if secret is None:
            path = self._tenant_folder(tenant_id) / name
            if not path.exists():
                _write_once(path, secrets.token_bytes(SECRET_BYTES))
            secret = self._secrets[tenant_id, name] = path.read_bytes()
        return secret

    def _keys(self, tenant_id: str) -> tuple[SigningKey, ...]:
        folder = self._tenant_folder(tenant_id)
        # Names and not the folder's time, which can be the same before and after a change.
        names = tuple(sorted((name for name in os.listdir(folder) if name.endswith(".pem")), key=_age))
        known = self._read.get(tenant_id)
        if known is not None and known[0] == names:
            return known[1]
        with self._lock:
            keys = tuple(key for name in names if (key := _load(folder / name)) is not None)
            self._read[tenant_id] = (names, keys)
            return keys

    def _write_key(self, tenant_id: str, label: str) -> None:
        private = generate_private_key(public_exponent=65_537, key_size=KEY_BITS)
        pem = private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        _write_once(self._tenant_folder(tenant_id) / f"{label}.pem", pem)

    def _tenant_folder(self, tenant_id: str) -> Path:
        folder = self._folder / tenant_id
        if not folder.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder


def _age(name: str) -> tuple[bool, str]:
    return (name != "first.pem", name)


def _load(path: Path) -> SigningKey | None:
    try:
        pem = path.read_bytes()
    except FileNotFoundError:  # removed since the folder was listed
        return None
    private = serialization.load_pem_private_key(pem, password=None)
    if not isinstance(private, RSAPrivateKey):
        message = f"{path} holds no RSA key"
        raise TypeError(message)
    public = private.public_key()
    return SigningKey(id=thumbprint_of(public), private=private, public=public)


def thumbprint_of(key: RSAPublicKey) -> str:
    """Return the SHA-256 thumbprint of RFC 7638, section 3: of the required members in alphabetical order, without blanks."""
    return _base64url(hashlib.sha256(msgspec.json.encode(_public_members(key), order="sorted")).digest())


def _public_members(key: RSAPublicKey) -> dict[str, str]:
    numbers = key.public_numbers()
    return {
        "e": _base64url(numbers.e.to_bytes((numbers.e.bit_length() + 7) // 8)),
        "kty": "RSA",
        "n": _base64url(numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8)),
    }


def _hash_of(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _write_once(path: Path, data: bytes) -> None:
    """Write a file that only its owner can read; whoever comes second leaves the first one's standing."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
