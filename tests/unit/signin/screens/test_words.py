"""The words of each language, and who gets which."""

import re

import pytest

from signpost.signin.screens.rendering import ERROR_FIELDS
from signpost.signin.screens.screen import FORMS
from signpost.signin.screens.words import LOCALES, choose_locale, fill, read_words

PLACEHOLDER = re.compile(r"\{[^}]*\}")
SHARED = {"common", "messages", "notices", "errors"}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_the_same_keys_and_placeholders(locale: str) -> None:
    def shape(of: str) -> dict[tuple[str, str], list[str]]:
        return {
            (section, key): sorted(PLACEHOLDER.findall(text))
            for section, texts in read_words(of).items()
            for key, text in texts.items()
        }

    assert shape(locale) == shape("en")


def test_the_words_have_a_section_for_each_screen() -> None:
    assert set(read_words("en")) == {*FORMS, *SHARED}


def test_every_error_that_is_about_a_field_has_words() -> None:
    assert set(ERROR_FIELDS) < set(read_words("en")["errors"])


def test_every_message_has_a_title_and_a_text() -> None:
    keys = read_words("en")["messages"]

    assert {key.rpartition("_")[0] + "_title" for key in keys} <= set(keys)
    assert {key.rpartition("_")[0] + "_text" for key in keys} <= set(keys)


@pytest.mark.parametrize("locale", [locale for locale in LOCALES if locale != "en"])
def test_nothing_is_left_in_english(locale: str) -> None:
    english = read_words("en")

    same = [
        (section, key)
        for section, texts in read_words(locale).items()
        for key, text in texts.items()
        if text and text == english[section][key] and key != "code_label"
    ]

    assert same == []


def test_what_stands_in_a_value_is_not_filled_again() -> None:
    assert fill("{a} and {b}", {"a": "{b}", "b": "x"}) == "{b} and x"
    assert fill("{unknown} {", {"a": "x"}) == "{unknown} {"


@pytest.mark.parametrize(
    ("ui_locales", "accept_language", "locale"),
    [
        (None, None, "en"),
        ("", "", "en"),
        ("fr", "ja", "fr"),
        ("de fr-CA en", "ja", "fr"),
        ("de", "ja", "ja"),
        (None, "ja-JP,ja;q=0.9,en;q=0.8", "ja"),
        (None, "en;q=0.2, fr;q=0.9", "fr"),
        (None, "fr;q=0, en", "en"),
        (None, "de, *;q=0.5, fr;q=0.1", "en"),
        (None, "FR_fr", "fr"),
        (None, "fr;q=x", "en"),
        (None, "fr;q=٣", "en"),
        (None, "fr;q=99, ja;q=1", "fr"),
        (None, ",;;=,", "en"),
        ("de " * 100_000 + "fr", None, "en"),
    ],
)
def test_the_application_is_asked_before_the_browser(
    ui_locales: str | None, accept_language: str | None, locale: str
) -> None:
    assert choose_locale(ui_locales, accept_language) == locale
