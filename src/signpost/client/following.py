"""Following a server's configuration: a thread that is told of changes, goes on without the server, and comes back to it."""

import logging
from collections.abc import Callable
from threading import Event, Thread
from time import monotonic

from signpost.assignment import Configuration
from signpost.client.backoff import Backoff
from signpost.client.connections import Connection, RefusedError, UnauthorizedError, UnavailableError
from signpost.client.copies import Copies, Copy
from signpost.client.stats import Source
from signpost.exchange import DocumentInvalidError, read_document

PAUSE_SECONDS = 0.1
"""Between two questions, so that a server that does not hold answers back is not asked without end."""

log = logging.getLogger("signpost.client")

Take = Callable[[Configuration], None]
Notice = Callable[[str | None], None]


class Following:
    """Asks for the configuration again and again, on a thread of its own.

    There `take` is called with each new one, and `notice` with the problem after each attempt that failed, with None when
    all is well again.
    """

    def __init__(
        self, connection: Connection, copies: Copies | None, backoff: Backoff, take: Take, notice: Notice
    ) -> None:
        self._connection = connection
        self._copies = copies
        self._backoff = backoff
        self._take = take
        self._notice = notice
        self._etag: str | None = None
        self._stop = Event()
        self._thread: Thread | None = None
        self.problem: str | None = None
        self.is_unauthorized = False
        self.source = Source.NONE
        self.confirmed_at: float | None = None
        """When the server last said that the configuration at hand is the present one, by the monotonic clock."""

    def start(self) -> None:
        """Begin with the copy, if there is one, and then ask the server in the background."""
        copy = self._copies.read() if self._copies is not None and self._etag is None else None
        if copy is not None:
            self._use(copy, Source.CACHE)
        self._thread = Thread(target=self._run, name="signpost-following", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Ask no more. A question that is under way ends by itself."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.is_set():
            self._stop.wait(self.ask_once())

    def ask_once(self) -> float:
        """Ask the server; return how long to wait before asking again."""
        try:
            fetched = self._connection.fetch_plan(self._etag, is_waiting=self.problem is None)
        except UnavailableError as error:
            return self._fail(str(error), error.retry_after, is_unauthorized=isinstance(error, UnauthorizedError))
        except RefusedError as error:
            return self._fail(str(error), None)
        except Exception as error:  # the edge of this thread, which must go on
            log.exception("the configuration can't be fetched")
            return self._fail(f"{type(error).__name__}: {error}", None)
        if fetched.document is None:
            self.source = Source.SERVER
        elif not self._use(Copy(fetched.document, fetched.etag), Source.SERVER):
            self._notice(self.problem)
            return self._backoff.after_failure()
        elif self._copies is not None:
            self._copies.write(Copy(fetched.document, fetched.etag))
        self.confirmed_at = monotonic()
        if self.problem is not None:
            log.info("the server answers again")
            self.problem, self.is_unauthorized = None, False
            self._notice(None)
        self._backoff.reset()
        return PAUSE_SECONDS

    def _use(self, copy: Copy, source: Source) -> bool:
        try:
            configuration = read_document(copy.document)
        except DocumentInvalidError as error:
            self.problem = str(error)
            log.warning("a configuration from the %s can't be used, going on as before: %s", source, error)
            return False
        self._etag = copy.etag
        self.source = source
        self._take(configuration)
        return True

    def _fail(self, problem: str, retry_after: float | None, *, is_unauthorized: bool = False) -> float:
        if self.problem is None:
            log.warning("going on with the configuration at hand: %s", problem)
        self.problem, self.is_unauthorized = problem, is_unauthorized
        self._notice(problem)
        return self._backoff.after_failure(retry_after)
