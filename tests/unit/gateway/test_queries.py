"""Queries as bytes."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.gateway.queries import Query, join, make_visible, write_field

queries = st.binary(max_size=200).map(lambda raw: make_visible(raw.replace(b"#", b"")))


@given(queries)
def test_fields_are_found_as_a_parser_of_forms_finds_them(raw: bytes) -> None:
    query = Query.read(raw)

    assert query is not None
    expected = parse_qsl(raw.decode(), keep_blank_values=True, errors="replace")
    assert [(field.name, field.value) for field in query.fields] == expected


@given(queries)
def test_what_stays_is_what_came(raw: bytes) -> None:
    query = Query.read(raw)

    assert query is not None
    for name in {field.name for field in query.fields}:
        left = query.without({name})
        assert left.raw.split(b"&") == ([f.raw for f in query.fields if f.name != name] or [b""])
    assert query.without({"not there"}).raw is raw


@given(st.binary(max_size=100))
def test_what_stands_in_a_header_is_visible(raw: bytes) -> None:
    shown = make_visible(raw)

    assert all(0x20 < byte < 0x7F for byte in shown)
    assert make_visible(shown) == shown


@given(st.text(max_size=50))
def test_a_field_is_read_as_it_was_written(value: str) -> None:
    written = write_field("name", value)

    assert dict(parse_qsl(written.decode(), keep_blank_values=True)) == {
        "name": value.encode(errors="replace").decode()
    }


@pytest.mark.parametrize(
    ("address", "parts", "expected"),
    [
        (b"https://a/b", [b""], b"https://a/b"),
        (b"https://a/b", [b"c=1", b"", b"d"], b"https://a/b?c=1&d"),
        (b"https://a/b?x=y", [b"c=1"], b"https://a/b?x=y&c=1"),
    ],
)
def test_an_address_goes_on_with_a_query(address: bytes, parts: list[bytes], expected: bytes) -> None:
    assert join(address, parts) == expected
