"""Files of exported rows, read piece by piece, and taken in."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from signpost.events.documents import LINE_BYTES_MAX, Document, DocumentInvalidError, make_event, read_line, read_row
from signpost.events.files.engines import open_engine, quote
from signpost.ports.events import Event, EventsDamagedError, EventSink

PIECE = 2_000
WAIT_SECONDS = 60


class Keeper(EventSink, Protocol):
    """Keeps events, and tells which it has."""

    def find_kept(self, tenant_id: str, log_ids: Sequence[str]) -> set[str]: ...


@dataclass(frozen=True, slots=True)
class Piece:
    """Rows of a file, the malformed ones apart: where, and why. `position` is where the next piece begins."""

    documents: Sequence[Document]
    malformed: Sequence[tuple[str, str]]
    position: int


@dataclass(frozen=True, slots=True)
class TakenIn:
    """What became of a piece."""

    new: int
    known: int
    malformed: Sequence[tuple[str, str]]
    position: int


def take_in(events: Keeper, folder: Path, tenant_id: str, path: Path, position: int = 0) -> Iterator[TakenIn]:
    """Keep the rows of a file from a position on; each piece that is given is durable.

    Raises:
        OSError, EventsDamagedError: the file can't be read.
        EventsRejectedError: nothing can be kept now.
    """
    pieces = read_parquet(folder, path, position) if path.suffix == ".parquet" else read_lines(path, position)
    for piece in pieces:
        unsent = [document.log_id for document in piece.documents if document.event_id is None and document.log_id]
        present = events.find_kept(tenant_id, unsent)
        wanted: list[Event] = [
            make_event(tenant_id, document)
            for document in piece.documents
            if document.event_id is not None or document.log_id not in present
        ]
        new = events.append(wanted).result(WAIT_SECONDS)
        yield TakenIn(new, len(piece.documents) - new, piece.malformed, piece.position)


def read_lines(path: Path, position: int) -> Iterator[Piece]:
    """Read a file of NDJSON; positions are those of bytes."""
    with path.open("rb") as file:
        file.seek(position)
        is_over = False
        while not is_over:
            documents: list[Document] = []
            malformed: list[tuple[str, str]] = []
            for _ in range(PIECE):
                at = file.tell()
                line = file.readline(LINE_BYTES_MAX + 1)
                is_over = not line
                if is_over:
                    break
                rest = line
                while rest and not rest.endswith(b"\n") and len(line) > LINE_BYTES_MAX:
                    rest = file.readline(LINE_BYTES_MAX + 1)
                if line.strip():
                    try:
                        documents.append(read_line(line))
                    except DocumentInvalidError as error:
                        malformed.append((f"byte {at}", str(error)))
            yield Piece(documents, malformed, file.tell())


def read_parquet(folder: Path, path: Path, position: int) -> Iterator[Piece]:
    """Read a Parquet file; positions are those of rows."""
    import duckdb  # noqa: PLC0415 it is large

    os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    with closing(open_engine(folder)) as engine:
        try:
            engine.execute("SET preserve_insertion_order = true")
            engine.execute(f"SELECT * FROM read_parquet({quote(str(path))}) OFFSET {position}")
            names = [column[0] for column in engine.description or []]
            while rows := engine.fetchmany(PIECE):
                documents: list[Document] = []
                malformed: list[tuple[str, str]] = []
                for number, row in enumerate(rows, start=position):
                    try:
                        documents.append(read_row(dict(zip(names, row, strict=True))))
                    except DocumentInvalidError as error:
                        malformed.append((f"row {number}", str(error)))
                position += len(rows)
                yield Piece(documents, malformed, position)
        except duckdb.Error as error:
            raise EventsDamagedError(str(path), str(error).splitlines()[0]) from error
