"""Files of events: how they are written, and where the reading of one stopped."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

from signpost.events.selections import FIELDS

SUFFIXES = (".parquet", ".ndjson", ".jsonl", ".csv")
Advance = Callable[[int], None]
_BODY = FIELDS.index("body")


class Rows(Protocol):
    """What can be written."""

    def rows(self) -> Iterator[list[tuple[Any, ...]]]:
        """Give the rows, with the values of `FIELDS`, many at a time."""
        ...


def write_export(export: Rows, to: BinaryIO, suffix: str, advance: Advance) -> None:
    """Write rows as NDJSON, or as CSV if that is the suffix."""
    render = _render_csv if suffix == ".csv" else _render_lines
    if suffix == ".csv":
        to.write(",".join(FIELDS).encode() + b"\r\n")
    count = 0
    for rows in export.rows():
        to.write(render(rows))
        count += len(rows)
        advance(count)


@contextmanager
def progress(title: str, total: int | None) -> Iterator[Advance]:
    """Show a bar on stderr while it takes, for people only."""
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as shown:
        task = shown.add_task(title, total=total)
        yield lambda completed: shown.update(task, completed=completed)


class Positions:
    """Where the import of a file stopped, as long as the file stays as it is."""

    def __init__(self, folder: Path, tenant_id: str, file: Path) -> None:
        stat = file.stat()
        name = f"{tenant_id}\0{file.absolute()}\0{stat.st_size}\0{stat.st_mtime_ns}"
        self._path = folder / f"{sha256(name.encode()).hexdigest()[:32]}.position"

    def read(self) -> int:
        """Return where to begin."""
        try:
            return int(self._path.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def write(self, position: int) -> None:
        """Say that everything before is kept."""
        self._path.parent.mkdir(mode=0o700, exist_ok=True)
        unfinished = self._path.with_suffix(".unfinished")
        unfinished.write_text(str(position))
        unfinished.replace(self._path)

    def forget(self) -> None:
        """Begin at the beginning the next time."""
        self._path.unlink(missing_ok=True)


def _render_lines(rows: Sequence[tuple[Any, ...]]) -> bytes:
    lines = []
    for row in rows:
        head = json.dumps(dict(zip(FIELDS[:_BODY], row[:_BODY], strict=True)), ensure_ascii=False)
        lines.append(f'{head[:-1]}, "body": {row[_BODY]}}}\n')
    return "".join(lines).encode()


def _render_csv(rows: Sequence[tuple[Any, ...]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
