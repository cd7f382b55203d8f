"""What mails say, in the language of the pages."""

import tomllib
from functools import cache
from pathlib import Path

from signpost.signin.mail.mails import Mail
from signpost.signin.screens.words import DEFAULT_LOCALE, LOCALES, Words, fill

FILES = Path(__file__).with_name("words")


def write_mail(kind: str, to: str, locale: str, tenant_name: str, link: str | None = None) -> Mail:
    """Return a mail of a kind: `password_reset`, `email_verification`, `password_changed`.

    Raises:
        KeyError: there is no such kind.
    """
    said = _read_words(locale if locale in LOCALES else DEFAULT_LOCALE)[kind]
    known = {"tenant": tenant_name, "link": link or ""}
    # A name must not break out of the one line that a subject is.
    subject = " ".join(fill(said["subject"], known).split())
    return Mail(to, subject, fill(said["text"], known), (link,) if link else ())


@cache
def _read_words(locale: str) -> Words:
    return tomllib.loads((FILES / f"{locale}.toml").read_text(encoding="utf-8"))
