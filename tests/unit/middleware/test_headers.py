"""Responses that must reach one device alone."""

import pytest

from signpost.middleware.headers import keep_private, make_personal, vary_by_cookie


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", "private"),
        ("max-age=60", "private, max-age=60"),
        ("public, max-age=60, s-maxage=600", "private, max-age=60"),
        ("PUBLIC,S-MaxAge = 600", "private"),
        ("no-cache", "private, no-cache"),
        ("private, max-age=60", "private, max-age=60"),
        ("no-store", "no-store"),
        ('private="x-a, x-b", public', "private"),
        ('no-cache="set-cookie, x-a"', 'private, no-cache="set-cookie, x-a"'),
        ('no-cache="open, public', 'private, no-cache="open, public'),
        (" , ,", "private"),
    ],
)
def test_no_shared_cache_keeps_the_response(said: str, kept: str) -> None:
    assert keep_private(said) == kept


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("", "Cookie"),
        ("Accept-Encoding", "Accept-Encoding, Cookie"),
        ("cookie, Origin", "cookie, Origin"),
        ("*", "*"),
    ],
)
def test_caches_are_told_that_the_cookie_matters(said: str, kept: str) -> None:
    assert vary_by_cookie(said) == kept


def test_several_headers_of_one_name_become_one() -> None:
    given = [("cache-control", "public"), ("set-cookie", "a=b"), ("Cache-Control", "max-age=1"), ("Vary", "Origin")]

    assert make_personal(given, None) == [
        ("set-cookie", "a=b"),
        ("Cache-Control", "private, max-age=1"),
        ("Vary", "Origin, Cookie"),
    ]
