"""The keys of foreign issuers, fetched from where they publish them and kept for a while."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

import jwt

from signpost.model.tenants import ForeignIssuer

KEEP_SECONDS = 300
RETRY_SECONDS = 10
"""An unknown key, or an issuer that does not answer, is asked for again after this time and no sooner."""
TIMEOUT_SECONDS = 5
BYTES_MAX = 256 * 1024
LOOPBACK = {"127.0.0.1", "::1", "localhost"}

log = logging.getLogger("signpost.tokens")


@dataclass(frozen=True, slots=True)
class _Fetched:
    keys: jwt.PyJWKSet | None
    at_seconds: float


class ForeignKeys:
    """Fetches key sets; blocks while it does, so not to be called on an event loop."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._fetched: dict[str, _Fetched] = {}
        self._lock = Lock()

    def find(self, issuer: ForeignIssuer, key_id: str) -> jwt.PyJWK | None:
        """Return the issuer's key of this id, None when it has none or does not answer."""
        with self._lock:
            fetched = self._fetched.get(issuer.jwks_uri)
            age = self._monotonic() - fetched.at_seconds if fetched is not None else KEEP_SECONDS
            found = _pick(fetched, key_id)
            if age >= KEEP_SECONDS or (found is None and age >= RETRY_SECONDS):
                fetched = _Fetched(self._fetch(issuer) or (fetched.keys if fetched else None), self._monotonic())
                self._fetched[issuer.jwks_uri] = fetched
                found = _pick(fetched, key_id)
            return found

    def _fetch(self, issuer: ForeignIssuer) -> jwt.PyJWKSet | None:
        try:
            with urlopen(Request(issuer.jwks_uri), timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310 checked when set
                return jwt.PyJWKSet.from_json(reply.read(BYTES_MAX))
        except (OSError, ValueError, jwt.PyJWTError) as error:
            log.warning("no keys from %s: %s", issuer.jwks_uri, error)
            return None


def is_acceptable_uri(uri: str) -> bool:
    """Return whether keys may be fetched from there: over https, or from this machine."""
    parts = urlsplit(uri)
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)


def _pick(fetched: _Fetched | None, key_id: str) -> jwt.PyJWK | None:
    if fetched is None or fetched.keys is None:
        return None
    return next((key for key in fetched.keys.keys if key.key_id == key_id), None)
