"""Where the units of a simulation come from, piece by piece, so that a file of any size takes the same memory."""

import gzip
import json
import sys
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from signpost.assignment.evaluation import Context
from signpost.batch import Units
from signpost.batch.columns import PIECE
from signpost.batch.ids import generate_ids
from signpost.cli.options import CommandError
from signpost.requests.contexts import flatten_context

BLOCK_BYTES = 1024 * 1024
LINE_BYTES_MAX = 64 * 1024
GZIP = b"\x1f\x8b"

Advance = Callable[[int], None]


def generate(seed: str, count: int) -> Iterator[Units]:
    """Yield ids that look like UUIDs."""
    with _progress(count) as advance:
        for first in range(0, count, PIECE):
            yield generate_ids(seed, first, min(PIECE, count - first))
            advance(min(first + PIECE, count))


def read_ids(path: Path) -> Iterator[Units]:
    """Yield the lines of a file, each an id.

    Raises:
        CommandError: a line is no UTF-8, or too long, or the file is no gzip although it begins as one.
    """
    for _, lines in _read_lines(path):
        yield lines


def read_requests(path: Path) -> Iterator[Sequence[tuple[str, Context]]]:
    """Yield the lines of a file, each a JSON object with a unit and the attributes of a request.

    Raises:
        CommandError: a line is no such object, no UTF-8, or too long, or the file is no gzip although it begins as one.
    """
    for number, lines in _read_lines(path):
        yield [
            _read_request(line, f"{path}, line {number + i}") for i, line in enumerate(lines, start=1) if line.strip()
        ]


def _read_request(line: str, where: str) -> tuple[str, Context]:
    try:
        document = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise CommandError(f'{where}: not JSON; a line is {{"unit": "…", "country": "FR", …}} ({error}).') from error
    if not isinstance(document, dict) or not isinstance(document.get("unit"), str):
        raise CommandError(f'{where}: no unit; a line is {{"unit": "…", "country": "FR", …}}.')
    return document.pop("unit"), flatten_context(document)


def _read_lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield lines without their ends, and how many came before them."""
    with path.open("rb") as raw, _unpack(raw) as file, _progress(path.stat().st_size) as advance:
        number = 0
        for block in _read_blocks(file, path):
            lines = _decode(block, path, number).replace("\r\n", "\n").split("\n")
            if number == 0:
                lines[0] = lines[0].removeprefix("\ufeff")
            yield number, lines
            number += len(lines)
            if raw.seekable():
                advance(raw.tell())


def _unpack(raw: BufferedReader) -> gzip.GzipFile | BufferedReader:
    return gzip.GzipFile(fileobj=raw) if raw.peek(2).startswith(GZIP) else raw


def _read_blocks(file: gzip.GzipFile | BufferedReader, path: Path) -> Iterator[bytes]:
    """Yield whole lines, many at once, the end of the last cut off."""
    kept = b""
    try:
        while block := file.read(BLOCK_BYTES):
            kept += block
            end = kept.rfind(b"\n")
            if len(kept) - end > LINE_BYTES_MAX:
                raise CommandError(f"{path} has a line of over {LINE_BYTES_MAX:,} bytes: write one id on each line.")
            if end >= 0:
                yield kept[:end].removesuffix(b"\r")
            kept = kept[end + 1 :]
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise CommandError(f"{path} is no whole gzip file: {error}.") from error
    if kept:
        yield kept.removesuffix(b"\r")


def _decode(block: bytes, path: Path, number: int) -> str:
    try:
        return block.decode()
    except UnicodeDecodeError as error:
        line = number + block.count(b"\n", 0, error.start) + 1
        raise CommandError(f"{path}, line {line}: not UTF-8.") from error


@contextmanager
def _progress(total: int) -> Iterator[Advance]:
    """Show a bar on stderr while it takes, for people only."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Simulating", total=total)
        yield lambda completed: progress.update(task, completed=completed)
