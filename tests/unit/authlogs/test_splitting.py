"""Streams of JSON taken apart: every arrangement, cut into blocks anywhere, and everything that can be broken."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.authlogs.splitting import Piece, Place, Splitter

OBJECTS: list[Any] = [
    {"a": 1, "b": 'x}"{\\', "c": [{"d": 1}, {"e": []}]},
    {},
    {"é": "\n\u2028 ]", "n": {"m": {"o": [[[{}]]]}}},
    {"z": "\\", "y": "\\\\", "x": '\\"'},
]
ARRANGEMENTS: dict[str, Callable[[Sequence[Any]], str]] = {
    "lines": lambda values: "\n".join(map(json.dumps, values)),
    "lines of Windows": lambda values: "\r\n".join(map(json.dumps, values)) + "\r\n",
    "blank lines": lambda values: "\n\n \t\n".join(map(json.dumps, values)),
    "one after the other": lambda values: "".join(map(json.dumps, values)),
    "with commas": lambda values: ",\n".join(map(json.dumps, values)) + ",\n",
    "an array": json.dumps,
    "a printed array": lambda values: json.dumps(values, indent=2),
    "an array of lines": lambda values: "[\n" + ",\n".join(map(json.dumps, values)) + "\n]\n",
    "printed objects": lambda values: "\n".join(json.dumps(value, indent=4) for value in values),
    "an array on each line": lambda values: "\n".join(json.dumps([value]) for value in values),
    "arrays of arrays": lambda values: json.dumps([[values[0]], values[1:]]),
    "after a byte order mark": lambda values: "\ufeff" + "\n".join(map(json.dumps, values)),
    "in UTF-8": lambda values: "\n".join(json.dumps(value, ensure_ascii=False) for value in values),
}


def split(content: bytes, block: int, **options: Any) -> list[Piece]:
    splitter = Splitter(**options)
    pieces = [p for at in range(0, len(content), block) for p in splitter.feed(content[at : at + block])]
    return [*pieces, *splitter.finish()]


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
@pytest.mark.parametrize("block", [1, 2, 3, 7, 64, 1_000_000])
def test_objects_are_found_in_every_arrangement(arrangement: str, block: int) -> None:
    content = ARRANGEMENTS[arrangement](OBJECTS).encode()

    pieces = split(content, block)

    assert [piece.problem for piece in pieces] == [None] * len(OBJECTS)
    assert [json.loads(piece.content) for piece in pieces] == OBJECTS


def test_pieces_know_the_lines_on_which_they_begin() -> None:
    content = b'{"a": 1}\n\n{"b":\n2}\r\n[{"c": 3},\n{"d": 4}]'

    for block in (1, 5, 100):
        assert [piece.line for piece in split(content, block)] == [1, 3, 5, 6]


@pytest.mark.parametrize("block", [1, 4, 1_000])
def test_what_is_broken_takes_nothing_else_along(block: int) -> None:
    lines = [
        b'{"a": 1}',
        b"nonsense",
        b'{"b": ',
        b'{"c": 2}',
        b'"text"',
        b"7",
        b'{"d": "',
        b'{"e": 3}',
        b"\0\xff",
        b'{"f',
    ]

    pieces = split(b"\n".join(lines), block)

    assert [piece.line for piece in pieces] == list(range(1, 11))
    assert [piece.content for piece in pieces if piece.problem is None] == [lines[0], lines[3], lines[7]]
    assert pieces[2].problem == "cut off: the next line begins another object"
    assert pieces[6].problem == "a string does not end with its line"
    assert pieces[9].problem == "cut off at the end"


@pytest.mark.parametrize("block", [1, 4, 1_000])
def test_broken_items_of_an_array_take_nothing_else_along(block: int) -> None:
    pieces = split(b'[{"a": 1}, 7, {"b": tru}, null, {"c": 2}', block)

    contents = [piece.content for piece in pieces if piece.problem is None]
    assert contents == [b'{"a": 1}', b'{"b": tru}', b'{"c": 2}']
    assert [piece.problem for piece in pieces if piece.problem] == [
        "not a JSON object: 7",
        "not a JSON object: null",
        "the array is not closed: its end is missing",
    ]


@pytest.mark.parametrize("block", [7, 64, 100_000])
def test_what_is_too_long_is_left_out_and_the_rest_is_not(block: int) -> None:
    long = json.dumps({"x": "y" * 5_000, "z": [{"w": "\\"}] * 100}).encode()

    for content in (b'{"a": 1}\n%b\n{"b": 2}' % long, b'[{"a": 1}, %b, {"b": 2}]' % long):
        pieces = split(content, block, value_bytes_max=1_000)

        assert [piece.problem for piece in pieces] == [None, "over 1,000 bytes", None]
        assert pieces[2].content == b'{"b": 2}'


def test_a_long_piece_takes_no_memory() -> None:
    splitter = Splitter(value_bytes_max=1_000)

    for prefix in (b'{"x": "', b"junk "):
        list(splitter.feed(prefix))
        for _ in range(1_000):
            assert list(splitter.feed(b"y" * 10_000)) == []
        assert len(splitter._buffer) <= 11_000
        assert [piece.problem for piece in splitter.feed(b'"}\n{}\n')][-1] is None


@given(st.lists(st.binary(max_size=40), max_size=10), st.integers(1, 50))
def test_whatever_comes_it_ends_and_blocks_make_no_difference(parts: list[bytes], block: int) -> None:
    content = b'{"a": [1, "b"]}\n'.join(parts)

    assert split(content, block) == split(content, 1_000_000)


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_another_splitter_goes_on_after_any_piece(arrangement: str) -> None:
    content = ARRANGEMENTS[arrangement](OBJECTS).encode()
    splitter = Splitter()
    places: list[Place] = []
    for block in (content[:20], content[20:]):
        places += [splitter.place for _ in splitter.feed(block)]

    for number, place in enumerate(places, 1):
        later = Splitter(place)
        pieces = [*later.feed(content[place.offset :]), *later.finish()]

        assert [json.loads(piece.content) for piece in pieces] == OBJECTS[number:]
        assert [piece.line for piece in pieces] == [piece.line for piece in split(content, 1_000_000)][number:]
