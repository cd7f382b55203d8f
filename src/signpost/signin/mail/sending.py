"""Sending mail beside the sign-in: how long a page takes never tells whether a mail went out."""

import logging
from collections.abc import Callable
from queue import Full, Queue
from threading import Lock, Thread

from signpost.signin.mail.mails import Mail, Mailer, MailNotSentError

WAITING_MAX = 1_000
"""Mails that wait at once; what comes then is lost, and logged."""
CLOSE_SECONDS = 10.0

log = logging.getLogger("signpost.mail")


class Sending:
    """Hands mails over on a thread of its own, one after the other. A mail that is not taken is logged, and not tried again."""

    def __init__(self, mailer: Mailer, waiting_max: int = WAITING_MAX) -> None:
        self._mailer = mailer
        self._waiting: Queue[tuple[str, Callable[[], Mail]] | None] = Queue(waiting_max)
        self._thread = Thread(target=self._run, name="signpost-mail", daemon=True)
        self._lost = 0
        self._lock = Lock()

    @property
    def lost(self) -> int:
        """How many mails were not sent since the start."""
        return self._lost

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def close(self) -> None:
        """Send what waits, as far as it takes no longer than a moment."""
        try:
            self._waiting.put(None, timeout=CLOSE_SECONDS)
        except Full:
            log.warning("%d mails were not sent: they waited at the end", self._waiting.qsize())
            return
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)
            if self._thread.is_alive():
                log.warning("%d mails were not sent: they waited at the end", self._waiting.qsize())

    def send(self, tenant_id: str, mail: Mail) -> None:
        """Send a mail soon; returns at once."""
        self.send_written(tenant_id, lambda: mail)

    def send_written(self, tenant_id: str, write: Callable[[], Mail]) -> None:
        """Send soon what `write` returns; it is called on the thread that sends, so that it takes nobody's time."""
        try:
            self._waiting.put_nowait((tenant_id, write))
        except Full:
            self._lose("too many are waiting")

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            tenant_id, write = item
            try:
                self._mailer.send(tenant_id, write())
            except MailNotSentError as error:
                self._lose(error.reason)
            except Exception as error:  # the edge of this thread, which must go on
                log.exception("a mail could not be written or sent")
                self._lose(type(error).__name__)

    def _lose(self, reason: str) -> None:
        with self._lock:
            self._lost += 1
            count = self._lost
        log.warning("a mail was not sent: %s; %d in all since the start", reason, count)
