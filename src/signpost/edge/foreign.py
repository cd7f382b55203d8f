"""The keys of foreign issuers, fetched from where they publish them and kept for a while."""

import json
import logging
from collections.abc import Callable, Mapping
from http.client import HTTPException
from threading import Lock
from typing import Any
from urllib.parse import urlsplit
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
)

import jwt

from signpost.model.tenants import ForeignIssuer

KEEP_SECONDS = 300
RETRY_SECONDS = 10
"""An unknown key, or an issuer that does not answer, is asked for again after this time and no sooner."""
TIMEOUT_SECONDS = 5
BYTES_MAX = 256 * 1024
KEYS_MAX = 100
LOOPBACK = {"127.0.0.1", "::1", "localhost"}
KEY_TYPES = {"RS256": "RSA", "PS256": "RSA", "ES256": "EC", "EdDSA": "OKP"}
"""The algorithms that are accepted, and the type of their keys; none of them has a key that is shared."""

log = logging.getLogger("signpost.tokens")

Members = Mapping[str, Any]


class ForeignKeys:
    """Fetches key sets; blocks while it does, so not to be called on an event loop."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._sets: dict[str, _KeySet] = {}

    def find(self, issuer: ForeignIssuer, key_id: str, algorithm: str) -> jwt.PyJWK | None:
        """Return the issuer's key of this id if it is one for the algorithm.

        None when the algorithm is not accepted, and when the issuer has no such key or does not answer.
        """
        if algorithm not in KEY_TYPES:
            return None
        keys = self._sets.setdefault(issuer.jwks_uri, _KeySet(issuer.jwks_uri, self._monotonic))
        members = keys.find(key_id)
        if members is None or members.get("alg", algorithm) != algorithm or members["kty"] != KEY_TYPES[algorithm]:
            return None
        return jwt.PyJWK(dict(members), algorithm)


class _KeySet:
    """One issuer's keys; those who ask while they are fetched wait, those of other issuers don't."""

    def __init__(self, uri: str, monotonic: Callable[[], float]) -> None:
        self._uri = uri
        self._monotonic = monotonic
        self._lock = Lock()
        self._keys: Mapping[str, Members] = {}
        self._fetched_at: float | None = None

    def find(self, key_id: str) -> Members | None:
        if self._is_due(key_id):
            with self._lock:
                if self._is_due(key_id):  # nobody fetched them while this one waited
                    self._keys = _fetch(self._uri, self._monotonic) or self._keys
                    self._fetched_at = self._monotonic()
        return self._keys.get(key_id)

    def _is_due(self, key_id: str) -> bool:
        keep = KEEP_SECONDS if key_id in self._keys else RETRY_SECONDS
        return self._fetched_at is None or self._monotonic() - self._fetched_at >= keep


def is_acceptable_uri(uri: str) -> bool:
    """Return whether keys may be fetched from there: over https, or from this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK))


def _fetch(uri: str, monotonic: Callable[[], float]) -> Mapping[str, Members] | None:
    """Return an issuer's signing keys by id, None when it does not answer as it should."""
    deadline = monotonic() + TIMEOUT_SECONDS
    try:
        with _opener().open(uri, timeout=TIMEOUT_SECONDS) as reply:
            body = b""
            while part := reply.read1(BYTES_MAX + 1 - len(body)):
                body += part
                if len(body) > BYTES_MAX or monotonic() > deadline:
                    log.warning("no keys from %s: too much, or too slow", uri)
                    return None
        return _read(json.loads(body))
    except (OSError, HTTPException, ValueError, RecursionError) as error:
        log.warning("no keys from %s: %s", uri, error)
        return None


def _opener() -> OpenerDirector:
    """Return what opens addresses, and follows no redirect: where to ask was decided when it was set."""
    opener = OpenerDirector()
    for handler in (ProxyHandler(), HTTPHandler(), HTTPSHandler(), HTTPErrorProcessor(), HTTPDefaultErrorHandler()):
        opener.add_handler(handler)
    return opener


def _read(document: Any) -> Mapping[str, Members] | None:
    listed = document.get("keys") if isinstance(document, dict) else None
    if not isinstance(listed, list):
        return None
    keys = [key for key in listed[:KEYS_MAX] if isinstance(key, dict) and key.get("use", "sig") == "sig"]
    return {key["kid"]: key for key in keys if isinstance(key.get("kid"), str) and isinstance(key.get("kty"), str)}
