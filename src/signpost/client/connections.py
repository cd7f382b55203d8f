"""Talking to a server: tokens, the configuration, exposures and events."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import NamedTuple
from urllib.parse import urlsplit

import msgspec
import urllib3

PLAN_PATH = "/runtime/v1/plan"
EXPOSURES_PATH = "/runtime/v1/exposures"
EVENTS_PATH = "/runtime/v1/events"
TOKEN_PATH = "/oauth/token"  # noqa: S105 a path

WAIT_SECONDS = 30
"""How long a server may hold back an answer that nothing has changed."""
TIMEOUT = urllib3.Timeout(connect=5, read=10)
BODY_BYTES_MAX = 64 * 1024 * 1024
EXPIRY_MARGIN_SECONDS = 60
RETRY_AFTER_SECONDS_MAX = 300

_ERROR_LENGTH_MAX = 300


class UnavailableError(Exception):
    """The server can't be reached, or is not able to answer now; `retry_after` is what it says of that, in seconds."""

    def __init__(self, problem: str, retry_after: float | None = None) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


class UnauthorizedError(UnavailableError):
    """The server does not take the credentials, or they lack a scope; somebody may put that right."""


class RefusedError(Exception):
    """The server does not take what it was sent; sending it again would not help."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Who asks: a client with its secret, or a token that somebody else keeps fresh."""

    client_id: str | None = None
    client_secret: str | None = None
    token: str | Callable[[], str] | None = None

    def __repr__(self) -> str:
        return f"Credentials(client_id={self.client_id!r}, …)"


@dataclass(frozen=True, slots=True)
class Fetched:
    """What the server said of the configuration; no document: it is the one that is known."""

    document: bytes | None
    etag: str


class _Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    body: bytes


class _Granted(msgspec.Struct):
    access_token: str
    expires_in: float = 3_600


class _Kept(msgspec.Struct):
    accepted: int
    duplicates: int
    rejected: list[dict[str, object]] = []


class Connection:
    """One server, as one tenant's client. Each thread that uses it has a connection of its own from the pool."""

    def __init__(self, url: str, credentials: Credentials, ca_file: Path | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.netloc:
            raise ValueError(f"{url!r} is no address of a server; write https://signpost.example.com")
        self.url = url.rstrip("/")
        self._credentials = credentials
        self._audience = f"https://{parts.netloc.lower()}/api/v2/"
        self._pool = urllib3.PoolManager(
            timeout=TIMEOUT, retries=False, ca_certs=None if ca_file is None else str(ca_file), maxsize=4
        )
        self._token = ""
        self._token_until = 0.0

    def fetch_plan(self, etag: str | None, *, is_waiting: bool) -> Fetched:
        """Return the configuration, or that it is the known one; when waiting, as soon as it is another one.

        Raises:
            UnavailableError, RefusedError: it can't be had.
        """
        wait = WAIT_SECONDS if is_waiting and etag is not None else 0
        headers = {} if etag is None else {"If-None-Match": etag}
        timeout = urllib3.Timeout(connect=5, read=10 + wait)
        reply = self._ask("GET", f"{PLAN_PATH}?wait={wait}", headers=headers, timeout=timeout)
        if reply.status == 304:
            return Fetched(None, etag or "")
        return Fetched(reply.body, reply.headers.get("ETag", ""))

    def send(self, path: str, lines: bytes) -> int:
        """Send JSON lines; return how many of them were refused one by one.

        Raises:
            UnavailableError: they may be sent again.
            RefusedError: none of them was taken.
        """
        reply = self._ask("POST", path, headers={"Content-Type": "application/x-ndjson"}, body=lines)
        try:
            return len(msgspec.json.decode(reply.body, type=_Kept).rejected)
        except msgspec.MsgspecError as error:
            raise UnavailableError(f"{self.url}{path} does not answer as a Signpost does") from error

    def close(self) -> None:
        """Give the connections back."""
        self._pool.clear()

    def _ask(
        self,
        method: str,
        path: str,
        headers: dict[str, str],
        body: bytes | None = None,
        timeout: urllib3.Timeout = TIMEOUT,
    ) -> _Reply:
        for is_last in (False, True):
            authorized = {**headers, "Authorization": f"Bearer {self._find_token()}"}
            reply = self._exchange(method, path, authorized, body, timeout)
            if reply.status != 401 or is_last:
                return _check(reply, self.url + path)
            self._token_until = 0.0
        raise AssertionError

    def _exchange(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None, timeout: urllib3.Timeout
    ) -> _Reply:
        try:
            reply = self._pool.request(
                method,
                self.url + path,
                body=body,
                headers=headers,
                timeout=timeout,
                preload_content=False,
                redirect=False,
            )
            content = reply.read(BODY_BYTES_MAX + 1)
            if len(content) > BODY_BYTES_MAX:
                reply.close()
                raise UnavailableError(f"{self.url}{path}: the answer is over {BODY_BYTES_MAX:,} bytes")
            reply.release_conn()
        except urllib3.exceptions.HTTPError as error:
            raise UnavailableError(f"{self.url} can't be reached: {type(error).__name__}") from error
        return _Reply(reply.status, reply.headers, content)

    def _find_token(self) -> str:
        given = self._credentials.token
        if given is not None:
            return given if isinstance(given, str) else given()
        if monotonic() >= self._token_until:
            wanted = {
                "grant_type": "client_credentials",
                "client_id": self._credentials.client_id,
                "client_secret": self._credentials.client_secret,
                "audience": self._audience,
            }
            headers = {"Content-Type": "application/json"}
            reply = self._exchange("POST", TOKEN_PATH, headers, msgspec.json.encode(wanted), TIMEOUT)
            granted = _decode_grant(_check(reply, self.url + TOKEN_PATH), self.url)
            self._token = granted.access_token
            self._token_until = monotonic() + max(granted.expires_in - EXPIRY_MARGIN_SECONDS, 1)
        return self._token


def _decode_grant(reply: _Reply, url: str) -> _Granted:
    try:
        return msgspec.json.decode(reply.body, type=_Granted)
    except msgspec.MsgspecError as error:
        raise UnavailableError(f"{url}{TOKEN_PATH} does not answer as a Signpost does") from error


def _check(reply: _Reply, url: str) -> _Reply:
    if reply.status in {200, 304}:
        return reply
    said = reply.body[:_ERROR_LENGTH_MAX].decode("utf-8", "replace")
    problem = f"{url.partition('?')[0]} answers {reply.status}: {said}"
    if reply.status in {400, 413, 422}:
        raise RefusedError(problem)
    kind = UnauthorizedError if reply.status in {401, 403} else UnavailableError
    raise kind(problem, _seconds_of(reply.headers.get("Retry-After")))


def _seconds_of(retry_after: str | None) -> float | None:
    if retry_after is None or not re.fullmatch(r"\s*[0-9]{1,9}\s*", retry_after):
        return None
    return min(float(retry_after), RETRY_AFTER_SECONDS_MAX)
