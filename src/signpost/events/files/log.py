"""Reads the rows of all files as one log, in the order of their ids."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

from signpost.events.bodies import with_log_id
from signpost.events.files.readers import Readers, newest_id
from signpost.events.files.seats import Stamps, is_settled
from signpost.events.logids import format_log_id, parse_log_id, writer_of
from signpost.ports.events import LogEntry

Connections = Mapping[int, sqlite3.Connection]

_OF_TENANT = "tenant = (SELECT no FROM tenants WHERE tenant_id = ?)"


class Log:
    """See `EventLog`. An event that two writers kept is shown once, under its smaller id."""

    def __init__(self, folder: Path, readers: Readers) -> None:
        self._folder = folder
        self._readers = readers
        self._stamps: Stamps | None = None

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        """Return up to `take` entries that follow `log_id`, oldest first; see `EventLog.after`."""
        start = 0 if log_id is None else parse_log_id(log_id)
        if not self._readers.writers():
            return ()
        horizon = self._settle()
        with self._readers.open_all() as connections:
            ids = _walk(connections, tenant_id, f"AND id > {start} AND id <= {horizon}", newest_first=False)
            return _fetch(connections, islice(_once(connections, tenant_id, ids), take))

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the page (counting from 0) of a tenant's entries."""
        with self._readers.open_all() as connections:
            ids = _once(connections, tenant_id, _walk(connections, tenant_id, "", newest_first=newest_first))
            return _fetch(connections, islice(ids, page * per_page, (page + 1) * per_page))

    def count(self, tenant_id: str) -> int:
        """Return how many entries the tenant has. With several files, every sender's id is looked up in the others."""
        with self._readers.open_all() as connections:
            total = 0
            for writer, connection in connections.items():
                total += connection.execute(f"SELECT COUNT(*) FROM events WHERE {_OF_TENANT}", (tenant_id,)).fetchone()[
                    0
                ]
                others = {number: other for number, other in connections.items() if number != writer}
                if others:
                    rows = connection.execute(
                        f"SELECT id, event_id FROM events WHERE {_OF_TENANT} AND event_id IS NOT NULL", (tenant_id,)
                    )
                    total -= sum(_has_earlier(others, tenant_id, *row) for row in rows)
            return total

    def get(self, tenant_id: str, log_id: str) -> LogEntry | None:
        """Return the entry, None when the tenant has none of this id."""
        try:
            number = parse_log_id(log_id)
        except ValueError:
            return None
        writer = writer_of(number)
        with self._readers.open_all() as connections:
            if writer not in connections:
                return None
            row = connections[writer].execute(
                f"SELECT id, event_id FROM events WHERE id = ? AND {_OF_TENANT}", (number, tenant_id)
            )
            entries = _fetch(connections, _once(connections, tenant_id, row))
        return entries[0] if entries else None

    def close(self) -> None:
        """Let go of the shared memory."""
        if self._stamps is not None:
            self._stamps.close()
            self._stamps = None

    def _settle(self) -> int:
        """Return an id up to which everything that will ever be kept is committed; see `seats`.

        What is chosen after the first line is greater than what that line read. What was chosen before it is committed when
        its writer's lock has been free once.
        """
        if self._stamps is None:
            self._stamps = Stamps(self._folder)
        horizon = self._stamps.greatest()
        for writer in self._readers.writers():
            if not is_settled(self._folder, writer):
                with self._readers.open(writer) as connection:
                    horizon = min(horizon, 0 if connection is None else newest_id(connection))
        return horizon


def _walk(
    connections: Connections, tenant_id: str, bounds: str, *, newest_first: bool
) -> Iterator[tuple[int, str | None]]:
    """Give the ids of a tenant's rows in all files, with the sender's ids where there is more than one file."""
    column = "event_id" if len(connections) > 1 else "NULL"
    order = "DESC" if newest_first else "ASC"
    sql = f"SELECT id, {column} FROM events WHERE {_OF_TENANT} {bounds} ORDER BY id {order}"
    cursors = [connection.execute(sql, (tenant_id,)) for connection in connections.values()]
    return heapq.merge(*cursors, key=lambda row: row[0], reverse=newest_first)


def _once(
    connections: Connections, tenant_id: str, rows: Iterable[tuple[int, str | None]]
) -> Iterator[tuple[int, str | None]]:
    """Leave out the rows whose event another file has under a smaller id."""
    for log_id, event_id in rows:
        own = writer_of(log_id)
        others = {number: other for number, other in connections.items() if number != own}
        if event_id is None or not _has_earlier(others, tenant_id, log_id, event_id):
            yield log_id, event_id


def _has_earlier(others: Connections, tenant_id: str, log_id: int, event_id: str) -> bool:
    sql = f"SELECT 1 FROM events WHERE {_OF_TENANT} AND event_id = ? AND id < ?"
    return any(other.execute(sql, (tenant_id, event_id, log_id)).fetchone() for other in others.values())


def _fetch(connections: Connections, rows: Iterable[tuple[int, str | None]]) -> tuple[LogEntry, ...]:
    entries: list[LogEntry] = []
    for log_id, _ in rows:
        row = connections[writer_of(log_id)].execute("SELECT body FROM events WHERE id = ?", (log_id,)).fetchone()
        text = format_log_id(log_id)
        entries.append(LogEntry(text, with_log_id(row[0], text)))
    return tuple(entries)
