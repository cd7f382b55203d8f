"""Server-sent events that say that flags have changed."""

import base64
import hashlib
import hmac
from collections.abc import AsyncGenerator

import msgspec

from signpost.edge.errors import Refusal
from signpost.runtime.answers import Stream
from signpost.runtime.changes import Changes
from signpost.runtime.requests import Said, query_of, text_of
from signpost.runtime.secrets import AssignmentSecrets
from signpost.usecases.catalog import TenantState

STREAM_PATH = "/ofrep/v1/stream"
HEARTBEAT_SECONDS = 15
INACTIVITY_SECONDS = 120
STREAMS_MAX = 10_000
"""Streams that one process keeps open."""

_LABEL = b"signpost ofrep stream\0"
_HEADERS = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]


class Streams:
    """Announces changes to those who know the tenant's address for it.

    A browser can't send a token along with such a request, so the address holds a key: a code over the tenant's id under its
    secret. It grants nothing but to learn that something has changed. The revision that was evaluated stands there, too: what
    changes before the stream is open, or while it is interrupted before its first event, is told when it opens.
    """

    def __init__(self, changes: Changes, secrets: AssignmentSecrets) -> None:
        self._changes = changes
        self._secrets = secrets
        self._described: dict[str, tuple[int, bytes]] = {}
        self._open = 0

    def describe(self, tenant_id: str, revision: int) -> bytes:
        """Return the tenant's `eventStreams` as JSON, for who has been told the flags of this revision."""
        described = self._described.get(tenant_id)
        if described is None or described[0] != revision:
            endpoint = {"requestUri": f"{STREAM_PATH}?key={self._key_of(tenant_id)}&since={revision}"}
            stream = {"type": "sse", "endpoint": endpoint, "inactivityDelaySec": INACTIVITY_SECONDS}
            described = self._described[tenant_id] = revision, msgspec.json.encode([stream])
        return described[1]

    def answer(self, state: TenantState, _: bytes, said: Said) -> Stream:
        """Return the stream.

        Raises:
            Refusal: the key is not the tenant's, or too many streams are open.
        """
        given = query_of(said, "key") or ""
        if not hmac.compare_digest(given.encode(), self._key_of(state.tenant.id).encode()):
            raise Refusal(401, "invalid_token", "The key of this stream is not right: take a new address.", [])
        if self._open >= STREAMS_MAX:
            raise Refusal(
                503, "too_many_streams", "Too many streams are open: poll instead.", [(b"retry-after", b"60")]
            )
        known = text_of(said, b"last-event-id") or query_of(said, "since") or ""
        revision = int(known[:18]) if known.isascii() and known.isdigit() else None
        return Stream(self._announce(state, text_of(said, b"host"), revision), _HEADERS)

    async def _announce(self, state: TenantState, host: str | None, known: int | None) -> AsyncGenerator[bytes]:
        self._open += 1
        try:
            yield b": connected\n\n"
            if known is not None and known != state.revision:
                yield _event(state.revision)
            while not self._changes.is_over:
                new = await self._changes.after(host, state, HEARTBEAT_SECONDS)
                yield b": still here\n\n" if new.revision == state.revision else _event(new.revision)
                state = new
        finally:
            self._open -= 1

    def _key_of(self, tenant_id: str) -> str:
        code = hmac.digest(self._secrets.assignment_secret(tenant_id), _LABEL + tenant_id.encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(code[:16]).rstrip(b"=").decode()


def _event(revision: int) -> bytes:
    data = msgspec.json.encode({"type": "refetchEvaluation", "etag": str(revision)})
    return b"id: %d\ndata: %b\n\n" % (revision, data)
