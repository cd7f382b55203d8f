"""What mails say."""

import pytest

from signpost.signin.mail.texts import write_mail
from signpost.signin.screens.words import LOCALES

KINDS = ("password_reset", "email_verification", "password_changed")


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("kind", KINDS)
def test_every_mail_is_written_in_every_language(kind: str, locale: str) -> None:
    link = None if kind == "password_changed" else "https://login.example.com/u/x?ticket=1"

    mail = write_mail(kind, "ann@example.com", locale, "Larkfield", link)

    assert mail.to == "ann@example.com"
    assert "Larkfield" in mail.subject
    assert "Larkfield" in mail.text
    assert "{" not in mail.subject + mail.text
    assert mail.links == (() if link is None else (link,))
    assert link is None or f"\n{link}\n" in mail.text


def test_a_language_that_is_not_there_is_english() -> None:
    assert write_mail("password_changed", "a@b.example", "xx", "T") == write_mail(
        "password_changed", "a@b.example", "en", "T"
    )


def test_a_name_does_not_break_out_of_the_subject() -> None:
    mail = write_mail("password_changed", "ann@example.com", "en", "Larkfield\r\nBcc: all@example.com\n{link}")

    assert mail.subject == "Your password for Larkfield Bcc: all@example.com {link} was changed"
