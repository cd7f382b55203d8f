"""The provider: what it publishes of itself, read now and then, and what the gateway publishes in its place."""

import json
import logging
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

import urllib3

from signpost.client.backoff import Backoff
from signpost.gateway.settings import is_address

PATH = "/.well-known/openid-configuration"
KEEP_SECONDS = 300.0
TIMEOUT = urllib3.Timeout(connect=5, read=5)
DOCUMENT_SECONDS_MAX = 10.0
DOCUMENT_BYTES_MAX = 256 * 1024
PORTS = {"http": 80, "https": 443}

log = logging.getLogger("signpost.gateway")


class ProviderInvalidError(Exception):
    """What the provider publishes can't be used; the text says why."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of the provider."""

    authorization_endpoint: bytes
    document: bytes
    """The provider's own, but for the authorization endpoint."""


class Provider:
    """Keeps what the provider publishes, read on a thread of its own; while it does not answer, what was read last stands."""

    def __init__(self, issuer: str, url: str, backoff: Backoff) -> None:
        self.issuer = issuer
        self.published: Published | None = None
        self._url = url
        self._backoff = backoff
        self._pool = urllib3.PoolManager(timeout=TIMEOUT, retries=False)
        self._stop = Event()
        self._thread: Thread | None = None
        self._is_away = False

    def start(self) -> None:
        """Read once, and then in the background."""
        seconds = self.read()
        self._thread = Thread(target=self._run, args=(seconds,), name="signpost-provider", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Read no more."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(DOCUMENT_SECONDS_MAX)
        self._pool.clear()

    def read(self) -> float:
        """Read what the provider publishes; return how many seconds to wait before the next time."""
        try:
            self.published = publish(self._fetch(), self.issuer, self._url)
        except (ProviderInvalidError, urllib3.exceptions.HTTPError, ValueError, RecursionError) as error:
            if not self._is_away:
                stands = "going on with what is known" if self.published else "nobody can be sent on yet"
                log.warning("%s%s can't be used, %s: %s", self.issuer.rstrip("/"), PATH, stands, error)
            self._is_away = True
            return self._backoff.after_failure()
        if self._is_away:
            log.info("%s answers again", self.issuer)
        self._is_away = False
        self._backoff.reset()
        return KEEP_SECONDS

    def _run(self, seconds: float) -> None:
        while not self._stop.wait(seconds):
            seconds = self.read()

    def _fetch(self) -> Any:
        reply = self._pool.request(
            "GET",
            self.issuer.rstrip("/") + PATH,
            redirect=False,
            preload_content=False,
            headers={"Accept": "application/json"},
        )
        try:
            if reply.status != 200:
                raise ProviderInvalidError(f"it answers with {reply.status}")
            return json.loads(_read_body(reply, monotonic))
        finally:
            reply.close()


def publish(document: Any, issuer: str, url: str) -> Published:
    """Return what is to be known of a provider that publishes this document.

    Raises:
        ProviderInvalidError: it is no discovery document of this issuer, or sends browsers to another host.
    """
    if not isinstance(document, dict):
        raise ProviderInvalidError("it is no JSON object")
    if str(document.get("issuer")).rstrip("/") != issuer.rstrip("/"):
        raise ProviderInvalidError("its issuer is another one; --issuer is to be what the provider itself says")
    endpoint = document.get("authorization_endpoint")
    if not isinstance(endpoint, str) or not is_address(endpoint):
        raise ProviderInvalidError("its authorization_endpoint is no http or https address")
    if _origin_of(endpoint) != _origin_of(issuer):
        raise ProviderInvalidError(
            "its authorization_endpoint is on another host than its issuer, where nobody is sent"
        )
    # What is signed would say the provider's own endpoint, and count more than what is not (RFC 8414, section 2.1).
    kept = {name: value for name, value in document.items() if name != "signed_metadata"}
    served = json.dumps(kept | {"authorization_endpoint": f"{url}/authorize"}, ensure_ascii=False)
    return Published(endpoint.encode(), served.encode(errors="replace"))


def _origin_of(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    return parts.scheme, parts.hostname, parts.port or PORTS.get(parts.scheme)


def _read_body(reply: urllib3.BaseHTTPResponse, now: Callable[[], float]) -> bytes:
    deadline = now() + DOCUMENT_SECONDS_MAX
    body = b""
    for part in reply.stream(16 * 1024):
        body += part
        if len(body) > DOCUMENT_BYTES_MAX or now() > deadline:
            raise ProviderInvalidError("it is too much, or too slow")
    return body
