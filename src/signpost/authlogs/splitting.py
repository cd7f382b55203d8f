"""A stream of JSON taken apart into its objects: lines, arrays, one after the other, in any mix, with flat memory.

An object that begins a line ends the broken one before it, so what is broken takes nothing else along.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from signpost.authlogs.scanning import ObjectScan

VALUE_BYTES_MAX = 1024 * 1024
"""Of one object; what is longer is left out, however long it is."""
SHOWN_BYTES = 60

_LINE_BYTES_MAX = 64 * 1024
_BOM = b"\xef\xbb\xbf"
_BLANKS = re.compile(rb"[\s,]*")
_END_OF_JUNK = re.compile(rb"[\n\[{]")
_END_OF_ITEM = re.compile(rb"[\n\[{,\]]")
_whole = msgspec.json.Decoder(msgspec.Raw)


class Piece(NamedTuple):
    """An object as it was written, with the line on which it begins; or what is wrong there instead."""

    line: int
    content: bytes
    problem: str | None = None


class Place(NamedTuple):
    """A place between two pieces: bytes before it, its line from 1, and how many arrays are open there."""

    offset: int = 0
    line: int = 1
    arrays: int = 0


START = Place()


class Splitter:
    """Takes blocks of bytes, gives pieces. Another one can go on where the last piece ended."""

    def __init__(self, place: Place = START, value_bytes_max: int = VALUE_BYTES_MAX) -> None:
        self._value_max = value_bytes_max
        self.place = place
        """The place after the last piece given."""
        self._offset, self._line, self._arrays = place
        self._buffer = b""
        self._at = 0
        self._newline = -1
        self._is_ended = False
        self._scan: ObjectScan | None = None
        self._is_junk = False
        self._first_line: int | None = None

    def feed(self, block: bytes) -> Iterator[Piece]:
        """Give the pieces that end in the block."""
        if self._scan is not None:
            self._scan.at -= self._at
        self._buffer = self._buffer[self._at :] + block
        self._at = 0
        self._newline = -1
        if self._offset == 0:
            if len(self._buffer) < len(_BOM) and _BOM.startswith(self._buffer):
                return
            if self._buffer.startswith(_BOM):
                self._advance(len(_BOM))
        yield from self._pieces()

    def finish(self) -> Iterator[Piece]:
        """Give what is left at the end of the stream."""
        self._is_ended = True
        yield from self._pieces()
        if self._arrays:
            self._arrays = 0
            yield Piece(self._line, b"", "the array is not closed: its end is missing")

    def _pieces(self) -> Iterator[Piece]:
        while (piece := self._next()) is not None:
            self.place = Place(self._offset, self._line, self._arrays)
            yield piece

    def _next(self) -> Piece | None:
        """Return the next piece, None where the buffer ends before it does."""
        if self._scan is None:
            first = self._skip_to_value()
            if first == b"":
                return None
            if first == b"{" and (piece := self._take_line()) is not None:
                return piece
            self._scan = ObjectScan(self._at)
            self._is_junk = first != b"{"
        return self._end_value(self._scan)

    def _skip_to_value(self) -> bytes:
        """Go to what is no blank and no bracket of an array, and return its first byte; nothing at the end."""
        while True:
            blanks = _BLANKS.match(self._buffer, self._at)
            if blanks is not None and blanks.end() != self._at:
                self._advance(blanks.end())
            first = self._buffer[self._at : self._at + 1]
            if first == b"[":
                self._arrays += 1
            elif first == b"]" and self._arrays:
                self._arrays -= 1
            else:
                return first
            self._advance(self._at + 1)

    def _take_line(self) -> Piece | None:
        """Return the object that ends with its line, where that is plain to see; it is most of all objects."""
        if self._newline < self._at:
            found = self._buffer.find(b"\n", self._at)
            self._newline = len(self._buffer) if found < 0 else found
        end = self._newline
        if end == len(self._buffer) or end - self._at > min(_LINE_BYTES_MAX, self._value_max):
            return None
        content = self._buffer[self._at : end].rstrip(b" \t\r,")
        try:
            _whole.decode(content)
        except (msgspec.DecodeError, RecursionError):
            return None
        line = self._line
        self._advance(end)
        return Piece(line, content)

    def _end_value(self, scan: ObjectScan) -> Piece | None:
        """Return the piece that the scan is of; None when its end is not there yet."""
        is_last = self._is_ended
        end = self._find_end_of_junk(scan) if self._is_junk else scan.find_end(self._buffer, is_last=is_last)
        if end is None and not is_last:
            if self._first_line is not None or scan.at - self._at > self._value_max:
                self._first_line = self._first_line or self._line
                self._advance(scan.at)
            return None
        problem = scan.problem
        if end is None:
            end, problem = len(self._buffer), "cut off at the end"
        content = self._buffer[self._at : end]
        if self._first_line is not None or len(content) > self._value_max:
            problem = f"over {self._value_max:,} bytes"
        elif self._is_junk:
            problem = f"not a JSON object: {content[:SHOWN_BYTES].decode(errors='replace').strip()}"
        line = self._first_line or self._line
        self._advance(end)
        self._scan = None
        self._first_line = None
        return Piece(line, b"" if problem else content, problem)

    def _find_end_of_junk(self, scan: ObjectScan) -> int | None:
        pattern = _END_OF_ITEM if self._arrays else _END_OF_JUNK
        match = pattern.search(self._buffer, max(scan.at, self._at + 1))
        if match is not None:
            return match.start()
        scan.at = len(self._buffer)
        return scan.at if self._is_ended else None

    def _advance(self, to: int) -> None:
        self._line += self._buffer.count(b"\n", self._at, to)
        self._offset += to - self._at
        self._at = to
