"""A mail, and who sends it."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail in plain text; `links` are those in its text."""

    to: str
    subject: str
    text: str
    links: tuple[str, ...] = ()


class Mailer(Protocol):
    """Sends mail."""

    def send(self, tenant_id: str, mail: Mail) -> None:
        """Send a mail; may take as long as a network does.

        Raises:
            MailNotSentError: it was not taken.
        """
        ...


@dataclass(eq=False)
class MailNotSentError(Exception):
    """A mail was not taken, and why."""

    reason: str
