"""Mail by SMTP."""

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

from signpost.signin.mail.mails import Mail, MailNotSentError

SECONDS_MAX = 20.0


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """A mail server. `smtps` is TLS from the start, `smtp` STARTTLS; only to this machine mail may go without."""

    host: str
    port: int
    is_tls: bool
    user: str | None
    password: str | None

    @property
    def is_local(self) -> bool:
        """Whether it is this machine."""
        return self.host in {"localhost", "127.0.0.1", "::1"}


def read_server(url: str) -> SmtpServer:
    """Return the server of `smtp://user:password@host:587` or `smtps://…:465`.

    Raises:
        ValueError: it is no such address.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname:
        raise ValueError("write smtp://user:password@host:587 or smtps://user:password@host:465")
    is_tls = parts.scheme == "smtps"
    return SmtpServer(
        host=parts.hostname,
        port=parts.port or (465 if is_tls else 587),
        is_tls=is_tls,
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
    )


class Smtp:
    """Sends each mail over a connection of its own."""

    def __init__(self, server: SmtpServer, sender: str) -> None:
        self._server = server
        self._sender = sender

    def send(self, _: str, mail: Mail) -> None:
        """Send a mail."""
        try:
            message = self._write(mail)
            with self._connect() as connection:
                connection.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise MailNotSentError(f"{self._server.host}: {type(error).__name__}") from error

    def _write(self, mail: Mail) -> EmailMessage:
        """Return the message. A header that holds a line break is refused by the library, and so is an address that is none."""
        message = EmailMessage()
        message["From"] = self._sender
        message["To"] = _address_of(mail.to)
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=self._sender.rpartition("@")[2].rstrip(">") or None)
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message

    @contextmanager
    def _connect(self) -> Iterator[smtplib.SMTP]:
        server, context = self._server, ssl.create_default_context()
        if server.is_tls:
            opened: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS_MAX, context=context)
        else:
            opened = smtplib.SMTP(server.host, server.port, timeout=SECONDS_MAX)
        with opened as connection:
            connection.ehlo()
            if not server.is_tls and (connection.has_extn("starttls") or not server.is_local):
                connection.starttls(context=context)
                connection.ehlo()
            if server.user is not None:
                connection.login(server.user, server.password or "")
            yield connection


def _address_of(text: str) -> Address:
    """Return an address. The library's reader fails in ways of its own on what is none."""
    try:
        return Address(addr_spec=text)
    except (MessageError, LookupError, AttributeError) as error:
        raise ValueError("it is no address") from error
