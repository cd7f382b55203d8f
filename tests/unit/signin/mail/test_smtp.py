"""Mail by SMTP, to a real server in this process."""

from collections.abc import Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from signpost.signin.mail.mails import Mail, MailNotSentError
from signpost.signin.mail.smtp import Smtp, SmtpServer, read_server

SENDER = "Larkfield <no-reply@larkfield.example>"


class Box:
    """Takes mails, but for those to `full@example.com`."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []

    async def handle_RCPT(self, _: Any, __: Any, envelope: Any, address: str, ___: Any) -> str:  # noqa: N802 aiosmtpd's
        if address == "full@example.com":
            return "552 full"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, __: Any, envelope: Any) -> str:  # noqa: N802 aiosmtpd's
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        return "250 OK"


def check(_: Any, __: Any, ___: Any, ____: Any, data: Any) -> AuthResult:
    is_right = isinstance(data, LoginPassword) and (data.login, data.password) == (b"ann", b"p@ss/word")
    return AuthResult(success=is_right, handled=False)


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def port(box: Box) -> Iterator[int]:
    server = Controller(box, hostname="127.0.0.1", port=0, authenticator=check, auth_require_tls=False)
    server.port = _free_port()
    server.start()
    yield server.port
    server.stop()


def _free_port() -> int:
    import socket  # noqa: PLC0415 only here

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_a_mail_arrives_as_it_was_written(box: Box, port: int) -> None:
    text = "Bonjour,\n\nhttps://larkfield.example/u/reset-password?ticket=1\n\nÀ bientôt\n"

    Smtp(read_server(f"smtp://127.0.0.1:{port}"), SENDER).send("ten_1", Mail("ann@example.com", "Été à 日本", text))

    [mail] = box.mails
    assert (mail["To"], mail["From"], mail["Subject"]) == ("ann@example.com", SENDER, "Été à 日本")
    assert mail.get_content().replace("\r\n", "\n") == text
    assert mail["Message-ID"].endswith("@larkfield.example>")
    assert mail["Auto-Submitted"] == "auto-generated"


def test_it_signs_in_where_it_is_told_to(box: Box, port: int) -> None:
    Smtp(read_server(f"smtp://ann:p%40ss%2Fword@127.0.0.1:{port}"), SENDER).send("t", Mail("b@example.com", "S", "T"))

    with pytest.raises(MailNotSentError, match="SMTPAuthenticationError"):
        Smtp(read_server(f"smtp://ann:wrong@127.0.0.1:{port}"), SENDER).send("t", Mail("b@example.com", "S", "T"))
    assert len(box.mails) == 1


@pytest.mark.parametrize(
    "mail",
    [
        Mail("full@example.com", "S", "T"),
        Mail("ann@example.com\r\nBcc: all@example.com", "S", "T"),
        Mail("ann@example.com, bob@example.com", "S", "T"),
        Mail("ann@example.com", "S\r\nBcc: all@example.com", "T"),
        Mail("", "S", "T"),
        Mail("ann", "S", "T"),
        Mail("ann@", "S", "T"),
        Mail("@example.com", "S", "T"),
        Mail("ann@[", "S", "T"),
        Mail("ann@example.com>\r\nDATA", "S", "T"),
        Mail("ann@example.com\0", "S", "T"),
    ],
)
def test_what_is_no_mail_is_not_sent(mail: Mail, box: Box, port: int) -> None:
    with pytest.raises(MailNotSentError):
        Smtp(read_server(f"smtp://127.0.0.1:{port}"), SENDER).send("t", mail)

    assert box.mails == []


def test_a_server_that_is_away_is_told_by_name_and_without_the_password() -> None:
    with pytest.raises(MailNotSentError) as refused:
        Smtp(read_server(f"smtp://ann:secret@127.0.0.1:{_free_port()}"), SENDER).send(
            "t", Mail("a@b.example", "S", "T")
        )

    assert refused.value.reason == "127.0.0.1: ConnectionRefusedError"


@pytest.mark.parametrize(
    ("url", "server"),
    [
        ("smtp://mail.example.com", SmtpServer("mail.example.com", 587, is_tls=False, user=None, password=None)),
        ("smtps://u:p%3A@mail.example.com", SmtpServer("mail.example.com", 465, is_tls=True, user="u", password="p:")),
        ("smtp://localhost:25", SmtpServer("localhost", 25, is_tls=False, user=None, password=None)),
    ],
)
def test_a_server_is_an_address(url: str, server: SmtpServer) -> None:
    assert read_server(url) == server


@pytest.mark.parametrize("url", ["", "mail.example.com", "http://mail.example.com", "smtp://", "smtp://h:99999"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://|Port"):
        read_server(url)
