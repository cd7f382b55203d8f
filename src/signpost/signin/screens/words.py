"""The words of the pages, one file for each language, and which language a visitor gets."""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

FILES = Path(__file__).with_name("words")
LOCALES = ("en", "fr", "ja")
DEFAULT_LOCALE = "en"
ASKED_MAX = 1000
"""Characters that are read of what a visitor asks for."""

Words = Mapping[str, Mapping[str, str]]


@cache
def read_words(locale: str) -> Words:
    """Return the sections of a language, those of the default language when it is not there."""
    known = locale if locale in LOCALES else DEFAULT_LOCALE
    return tomllib.loads((FILES / f"{known}.toml").read_text(encoding="utf-8"))


def fill(text: str, values: Mapping[str, str]) -> str:
    """Return the text with `{name}` replaced; what stands in a value is never looked at again."""
    parts = text.split("{")
    done = [parts[0]]
    for part in parts[1:]:
        name, closed, rest = part.partition("}")
        done.append(values[name] + rest if closed and name in values else "{" + part)
    return "".join(done)


def choose_locale(ui_locales: str | None, accept_language: str | None) -> str:
    """Return the language of the pages.

    What the application asks for comes first (`ui_locales` of OpenID Connect: tags in order, with blanks between), then
    what the browser asks for (RFC 9110, section 12.5.4: tags with weights), then English. `fr-CA` finds `fr`.
    """
    for tag in (ui_locales or "")[:ASKED_MAX].split():
        found = _match(tag)
        if found:
            return found
    weighted = []
    for place, item in enumerate((accept_language or "")[:ASKED_MAX].split(",")):
        tag, _, weight = item.partition(";")
        quality = _read_quality(weight)
        if quality > 0:
            weighted.append((-quality, place, tag.strip()))
    for _, _, tag in sorted(weighted):
        found = DEFAULT_LOCALE if tag == "*" else _match(tag)
        if found:
            return found
    return DEFAULT_LOCALE


def _match(tag: str) -> str | None:
    language = tag.replace("_", "-").split("-")[0].lower()
    return language if language in LOCALES else None


def _read_quality(weight: str) -> float:
    name, _, value = weight.strip().partition("=")
    if not name:
        return 1
    digits = value.strip()
    if name.strip().lower() != "q" or not digits.replace(".", "", 1).isdecimal() or not digits.isascii():
        return 0
    return min(float(digits), 1)
