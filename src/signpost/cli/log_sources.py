"""Where logs come from: files and standard input, plain or gzip, block by block."""

import gzip
import os
import stat
import sys
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import BinaryIO, cast

from signpost.cli.options import CommandError

STDIN = "-"
BLOCK_BYTES = 1024 * 1024
GZIP = b"\x1f\x8b"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")

Advance = Callable[[int], None]


class SourceCutOffError(Exception):
    """The compressed data end too early, or make no sense from some place on; what was before it has been read."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """One source. `path` is None for standard input."""

    name: str
    path: Path | None

    @property
    def is_file(self) -> bool:
        """Whether it can be read again: standard input and pipes can't."""
        return self.path is not None and stat.S_ISREG(self.path.stat().st_mode)

    @property
    def size(self) -> int:
        """Its bytes as they lie there; 0 where nobody knows."""
        return self.path.stat().st_size if self.path is not None and self.is_file else 0

    def read(self, offset: int, advance: Advance) -> Iterator[bytes]:
        """Give blocks from an offset on, which counts bytes after decompression.

        Args:
            offset: Where to begin; 0 for what can be read only once.
            advance: Told how many bytes were read of the source as it lies there.

        Raises:
            CommandError: it can't be read as text in UTF-8.
            SourceCutOffError: it is no whole gzip file.
        """
        with self._open() as raw:
            first = raw.peek(2)[:2]
            if first in UTF_16:
                raise CommandError(f"{self.name} is UTF-16; convert it, as with: iconv -f UTF-16 -t UTF-8.")
            yield from _unzip(raw, offset, advance) if first == GZIP else _read(raw, offset, advance)

    @contextmanager
    def _open(self) -> Iterator[BufferedReader]:
        if self.path is None:
            yield cast("BufferedReader", sys.stdin.buffer)
            return
        with self.path.open("rb") as file:
            yield file


def find_sources(names: list[str]) -> list[LogSource]:
    """Return the sources of these names, each once.

    Raises:
        CommandError: one is not there, can't be read, or is a folder.
    """
    sources: list[LogSource] = []
    for name in dict.fromkeys(names):
        path = None if name == STDIN else Path(name)
        if path is not None and path.is_dir():
            raise CommandError(f"{name} is a folder; name the files in it, as in {name.rstrip('/')}/*.")
        if path is not None and not os.access(path, os.R_OK):
            raise CommandError(
                f"{name} can't be read: {'permission denied' if path.exists() else 'there is no such file'}."
            )
        sources.append(LogSource("standard input" if path is None else name, path))
    return sources


def _read(raw: BufferedReader, offset: int, advance: Advance) -> Iterator[bytes]:
    if offset:
        raw.seek(offset)
        advance(offset)
    while block := raw.read1(BLOCK_BYTES):
        advance(len(block))
        yield block


def _unzip(raw: BufferedReader, offset: int, advance: Advance) -> Iterator[bytes]:
    counting = _Counting(raw, advance)
    with gzip.GzipFile(fileobj=counting, mode="rb") as file:
        left = offset
        try:
            while left and (block := file.read(min(left, BLOCK_BYTES))):
                left -= len(block)
            while block := file.read1(BLOCK_BYTES):
                yield block
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise SourceCutOffError(str(error)) from error


class _Counting:
    """A file that tells how much was read of it."""

    def __init__(self, raw: BinaryIO, advance: Advance) -> None:
        self._raw = raw
        self._advance = advance

    def read(self, size: int = -1) -> bytes:
        """Read on."""
        data = self._raw.read(size)
        self._advance(len(data))
        return data

    def seek(self, offset: int) -> int:
        """Go elsewhere, which reading in order never does."""
        return self._raw.seek(offset)
