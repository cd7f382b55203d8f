"""Everybody's files, open for reading."""

import os
import re
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from signpost.events.files.schema import file_of, open_for_reading, sealed_to
from signpost.events.files.segments import Segment, list_segments, reading

_FILE_NAME = re.compile(r"writer-(\d{3})\.sqlite")


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All rows of one moment: those that are open, in the files, and a tenant's sealed ones.

    Of each file the rows with ids greater than `sealed_to` count; the connections see them as they were at that moment.
    """

    connections: Mapping[int, sqlite3.Connection]
    sealed_to: Mapping[int, int]
    segments: tuple[Segment, ...]


class Readers:
    """Lends connections to the files of all writers, living or dead; may be used by many threads at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._idle: dict[int, list[sqlite3.Connection]] = {}
        self._lock = threading.Lock()
        self._pid = os.getpid()
        self._is_closed = False

    def writers(self) -> list[int]:
        """Return the numbers of all writers that have a file, in ascending order."""
        try:
            names = os.listdir(self._folder)
        except FileNotFoundError:
            return []
        return sorted(int(match[1]) for name in names if (match := _FILE_NAME.fullmatch(name)))

    @contextmanager
    def open(self, writer: int) -> Iterator[sqlite3.Connection | None]:
        """Lend a connection to the writer's file; None when it has nothing yet."""
        connection = self._borrow(writer)
        try:
            yield connection
        except BaseException:
            if connection is not None:
                connection.close()
            raise
        if connection is not None:
            self._give_back(writer, connection)

    @contextmanager
    def open_all(self) -> Iterator[dict[int, sqlite3.Connection]]:
        """Lend a connection to every file."""
        with ExitStack() as stack:
            lent = {writer: stack.enter_context(self.open(writer)) for writer in self.writers()}
            yield {writer: connection for writer, connection in lent.items() if connection is not None}

    @contextmanager
    def snapshot(self, tenant_id: str) -> Iterator[Snapshot]:
        """Show the rows of one moment, each once, whoever seals or removes what meanwhile."""
        with reading(self._folder), self.open_all() as connections:
            sealed = {}
            for writer, connection in connections.items():
                connection.execute("BEGIN")
                sealed[writer] = sealed_to(connection)
            # Only now: what was sealed when the transactions began is there, and what was not is not counted.
            segments = list_segments(self._folder, tenant_id)
            counted = tuple(segment for segment in segments if _counts(segment, connections, sealed))
            yield Snapshot(connections, sealed, counted)
            for connection in connections.values():
                connection.execute("COMMIT")

    def greatest_id(self) -> int:
        """Return the greatest log id that is kept; 0 when there is none."""
        with self.open_all() as connections:
            newest = [newest_id(connection) for connection in connections.values()]
        return max(newest + [segment.last_id for segment in list_segments(self._folder)], default=0)

    def close(self) -> None:
        """Close what is not lent, and keep nothing that comes back."""
        with self._lock:
            self._is_closed = True
            idle, self._idle = self._idle, {}
        if self._pid == os.getpid():
            for connections in idle.values():
                for connection in connections:
                    connection.close()

    def _borrow(self, writer: int) -> sqlite3.Connection | None:
        if self._pid != os.getpid():
            message = (
                "this process was forked from the one that opened the events; make its own FileEvents after the fork"
            )
            raise RuntimeError(message)
        with self._lock:
            idle = self._idle.get(writer)
            if idle:
                return idle.pop()
        return open_for_reading(file_of(self._folder, writer))

    def _give_back(self, writer: int, connection: sqlite3.Connection) -> None:
        with self._lock:
            if not self._is_closed:
                self._idle.setdefault(writer, []).append(connection)
                return
        connection.close()


def newest_id(connection: sqlite3.Connection) -> int:
    """Return the greatest log id that was kept in a file, and be it sealed by now; 0 when there was none."""
    (newest,) = connection.execute("SELECT COALESCE(MAX(id), 0) FROM events").fetchone()
    return max(int(newest), sealed_to(connection))


def _counts(segment: Segment, connections: Mapping[int, sqlite3.Connection], sealed: Mapping[int, int]) -> bool:
    """Return whether the segment's rows count, and not those in its writer's file.

    They count when they were declared sealed, and also when the file does not have them: then somebody has lost the file.
    """
    connection = connections.get(segment.writer)
    if connection is None or segment.last_id <= sealed[segment.writer]:
        return True
    return connection.execute("SELECT 1 FROM events WHERE id = ?", (segment.last_id,)).fetchone() is None
