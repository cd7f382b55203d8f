"""Sending mail beside the sign-in: how long a page takes never tells whether a mail went out."""

import logging
from queue import Full, Queue
from threading import Thread

from signpost.signin.mail.mails import Mail, Mailer, MailNotSentError

WAITING_MAX = 1_000
"""Mails that wait at once; what comes then is lost, and logged."""
CLOSE_SECONDS = 10.0

log = logging.getLogger("signpost.mail")


class Sending:
    """Hands mails over on a thread of its own, one after the other. A mail that is not taken is logged, and not tried again."""

    def __init__(self, mailer: Mailer) -> None:
        self._mailer = mailer
        self._waiting: Queue[tuple[str, Mail] | None] = Queue(WAITING_MAX)
        self._thread = Thread(target=self._run, name="signpost-mail", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def close(self) -> None:
        """Send what waits, as far as it takes no longer than a moment."""
        try:
            self._waiting.put(None, timeout=CLOSE_SECONDS)
        except Full:
            log.warning("%d mails were not sent", self._waiting.qsize())
            return
        if self._thread.is_alive():
            self._thread.join(CLOSE_SECONDS)

    def send(self, tenant_id: str, mail: Mail) -> None:
        """Send a mail soon; returns at once."""
        try:
            self._waiting.put_nowait((tenant_id, mail))
        except Full:
            log.warning("a mail was not sent: too many are waiting")

    def _run(self) -> None:
        while (item := self._waiting.get()) is not None:
            tenant_id, mail = item
            try:
                self._mailer.send(tenant_id, mail)
            except MailNotSentError as error:
                log.warning("a mail was not sent: %s", error.reason)
            except Exception:  # the edge of this thread, which must go on
                log.exception("a mail was not sent")
