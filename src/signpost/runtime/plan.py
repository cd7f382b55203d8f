"""`GET /runtime/v1/plan`: the whole configuration, for those who decide for themselves."""

from signpost.authlogs.parsing import BodyInvalidError
from signpost.exchange import write_document
from signpost.runtime.answers import JSON, Answer
from signpost.runtime.changes import Changes
from signpost.runtime.etags import etag_of, is_known, revision_known
from signpost.runtime.requests import Said, query_of, text_of
from signpost.usecases.catalog import TenantState

WAIT_SECONDS_MAX = 60
BEHIND_SECONDS = 1
"""How long this process may take to learn of a revision that another one has told already."""


class Plans:
    """Hands out configurations. Each is written once, however many ask for it."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._written: dict[str, tuple[TenantState, bytes, bytes]] = {}

    async def answer(self, state: TenantState, _: bytes, said: Said) -> Answer:
        """Return the document, or that it is the one which the caller has.

        With `wait` it is held back until it is another one, or so many seconds are over.

        Raises:
            BodyInvalidError: `wait` is no number of seconds.
        """
        seconds = _seconds_of(said)
        host = text_of(said, b"host")
        if revision_known(said) > state.revision:
            state = await self._changes.after(host, state, BEHIND_SECONDS)
        document, etag = self._write(state)
        if seconds and is_known(etag, said):
            state = await self._changes.after(host, state, seconds)
            document, etag = self._write(state)
        headers = [(b"etag", etag), (b"cache-control", b"private, no-cache")]
        return Answer(b"", 304, headers) if is_known(etag, said) else Answer(document, 200, [*JSON, *headers])

    def _write(self, state: TenantState) -> tuple[bytes, bytes]:
        written = self._written.get(state.tenant.id)
        if written is None or written[0] is not state:
            document = write_document(state.configuration)
            written = self._written[state.tenant.id] = state, document, etag_of(state.revision, document)
        return written[1], written[2]


def _seconds_of(said: Said) -> int:
    given = query_of(said, "wait") or "0"
    if not given.isascii() or not given.isdigit() or int(given[:4]) > WAIT_SECONDS_MAX:
        raise BodyInvalidError(f"'Expected seconds from 0 to {WAIT_SECONDS_MAX}' on query parameter wait")
    return int(given)
