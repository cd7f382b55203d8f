"""Columns of units, however they come, as bytes with positions."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from signpost.batch.arrow import ArrowColumn, Strings, read_arrow

PIECE = 65_536
"""Rows that are read at once: few enough to stay in the processor's cache, enough for rows of one length to be many."""

Units = NDArray[Any] | Sequence[str] | ArrowColumn
"""Units: an array of text (`U`, `S` as UTF-8, `T`, objects), a sequence of text, or an Arrow array of utf8 or large_utf8.

Arrays of `U` and `S` can't tell NUL characters at the end from their padding, and know none.
"""


@dataclass(frozen=True, slots=True)
class Column:
    """Units as UTF-8: row i is `data[starts[i] : starts[i] + lengths[i]]`; a length of 0 is what is no unit."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    @property
    def is_unit(self) -> NDArray[np.bool_]:
        """Whether each row can be decided for: it is no unit when it is empty, null, no text, or has no UTF-8 form."""
        return self.lengths > 0


def read_columns(units: Units) -> Iterator[Column]:
    """Return the units in order, piece by piece.

    Raises:
        TypeError: they are nothing that is known here.
        ValueError: an array has more than one dimension, or Arrow's has another type than utf8 or large_utf8.
    """
    if isinstance(units, np.ndarray):
        read = _reader_of(units)
        yield from (read(units[at : at + PIECE]) for at in range(0, len(units), PIECE))
    elif isinstance(units, Sequence) and not isinstance(units, str | bytes | bytearray | memoryview):
        yield from (_read_texts(units[at : at + PIECE]) for at in range(0, len(units), PIECE))
    elif isinstance(units, ArrowColumn):
        strings = read_arrow(units)
        yield from (_read_strings(strings, at) for at in range(0, len(strings.offsets) - 1, PIECE))
    else:
        raise TypeError(
            f"units are an array or a sequence of text, or an Arrow array of strings, and not {type(units).__name__}"
        )


def _reader_of(units: NDArray[Any]) -> Any:
    if units.ndim != 1:
        raise ValueError(f"units are one column, and not {units.ndim} dimensions")
    match units.dtype.kind:
        case "S":
            return _read_bytes
        case "U":
            return _read_characters
        case "O" | "T":
            return lambda piece: _read_texts(piece.tolist())
        case _:
            raise TypeError(f"units are text, and not {units.dtype}: make it text as your application does")


def _read_bytes(piece: NDArray[np.bytes_]) -> Column:
    width = piece.dtype.itemsize
    return _lay_out(np.ascontiguousarray(piece).view(np.uint8).reshape(len(piece), width), piece)


def _read_characters(piece: NDArray[np.str_]) -> Column:
    native = np.ascontiguousarray(piece, piece.dtype.newbyteorder("="))
    characters = native.view(np.uint32).reshape(len(piece), piece.dtype.itemsize // 4)
    if characters.size and characters.max() >= 128:
        return _read_texts(piece.tolist())
    return _lay_out(characters.astype(np.uint8), piece)


def _lay_out(rows: NDArray[np.uint8], piece: NDArray[Any]) -> Column:
    """Return rows of one width, padded with NUL, as a column."""
    count, width = rows.shape
    if width and rows[:, -1].all():
        lengths = np.full(count, width, np.int64)
    else:
        lengths = np.strings.str_len(piece).astype(np.int64)
    return Column(rows.reshape(-1), np.arange(count, dtype=np.int64) * width, lengths)


def _read_texts(texts: Sequence[Any]) -> Column:
    try:
        joined = "".join(texts)
    except TypeError:
        return _read_encoded([_encode(text) for text in texts])
    if not joined.isascii():
        return _read_encoded([_encode(text) for text in texts])
    return _read_joined(joined.encode(), texts)


def _read_strings(strings: Strings, at: int) -> Column:
    offsets = strings.offsets[at : at + PIECE + 1].astype(np.int64)
    lengths = np.diff(offsets)
    if strings.is_there is not None:
        lengths *= strings.is_there[at : at + PIECE]
    return Column(strings.data, offsets[:-1], lengths)


def _encode(text: object) -> bytes:
    try:
        return text.encode() if isinstance(text, str) else b""
    except UnicodeEncodeError:
        return b""


def _read_encoded(encoded: Sequence[bytes]) -> Column:
    return _read_joined(b"".join(encoded), encoded)


def _read_joined(data: bytes, parts: Sequence[str | bytes]) -> Column:
    lengths = np.fromiter(map(len, parts), np.int64, len(parts))
    return Column(np.frombuffer(data, np.uint8), np.cumsum(lengths) - lengths, lengths)
