"""Reads the rows of all files as one log, in the order of their ids."""

import heapq
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from signpost.events.bodies import is_found, with_log_id
from signpost.events.files.horizon import find_horizon
from signpost.events.files.readers import Readers, Snapshot
from signpost.events.files.sealed_ids import SealedIds, key_of
from signpost.events.files.sealed_rows import SealedRows
from signpost.events.files.searches import in_open_rows
from signpost.events.files.seats import Stamps
from signpost.events.files.segments import list_segments
from signpost.events.logids import format_log_id, parse_log_id, writer_of
from signpost.ports.events import SEARCHED_ROWS_MAX, LogEntry, LogSearch

Connections = Mapping[int, sqlite3.Connection]

_OF_TENANT = "tenant = (SELECT no FROM tenants WHERE tenant_id = ?)"
_LAST_ID = (1 << 63) - 1
_LOOKED_AT = 500
"""Rows that may be what is looked for, of which the bodies are read at once."""


class Log:
    """See `EventLog`. An event that two writers kept is shown once, under its smaller id."""

    def __init__(self, folder: Path, readers: Readers, sealed: SealedRows) -> None:
        self._folder = folder
        self._readers = readers
        self._sealed = sealed
        self._stamps: Stamps | None = None

    def after(self, tenant_id: str, log_id: str | None, take: int) -> tuple[LogEntry, ...]:
        """Return up to `take` entries that follow `log_id`, oldest first; see `EventLog.after`."""
        start = 0 if log_id is None else parse_log_id(log_id)
        if not self._readers.writers() and not self._is_anything_sealed(tenant_id):
            return ()
        horizon = self._settle()
        with self._readers.snapshot(tenant_id) as snapshot:
            reading = _Reading(snapshot, self._sealed, self._folder, tenant_id)
            return reading.fetch(islice(reading.walk(start, horizon), take))

    def page(self, tenant_id: str, page: int, per_page: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the page (counting from 0) of a tenant's entries."""
        with self._readers.snapshot(tenant_id) as snapshot:
            reading = _Reading(snapshot, self._sealed, self._folder, tenant_id)
            ids = reading.walk(0, _LAST_ID, newest_first=newest_first)
            return reading.fetch(islice(ids, page * per_page, (page + 1) * per_page))

    def search(self, tenant_id: str, search: LogSearch, most: int, *, newest_first: bool) -> tuple[LogEntry, ...]:
        """Return the entries that are looked for; see `EventLog.search`.

        There is no index of users, which would make every row dearer to keep: the rows are walked over.
        """
        found: list[LogEntry] = []
        with self._readers.snapshot(tenant_id) as snapshot:
            reading = _Reading(snapshot, self._sealed, self._folder, tenant_id)
            ids = reading.walk(reading.first_searched(), _LAST_ID, newest_first=newest_first, search=search)
            while len(found) < most and (some := list(islice(ids, _LOOKED_AT))):
                found += (entry for entry in reading.fetch(some) if is_found(search, entry.body))
        return tuple(found[:most])

    def count(self, tenant_id: str) -> int:
        """Return how many entries the tenant has. With several writers, every open row's sender's id is looked up."""
        with self._readers.snapshot(tenant_id) as snapshot:
            return _Reading(snapshot, self._sealed, self._folder, tenant_id).count()

    def get(self, tenant_id: str, log_id: str) -> LogEntry | None:
        """Return the entry, None when the tenant has none of this id."""
        try:
            number = parse_log_id(log_id)
        except ValueError:
            return None
        with self._readers.snapshot(tenant_id) as snapshot:
            reading = _Reading(snapshot, self._sealed, self._folder, tenant_id)
            entries = reading.fetch(reading.walk(number - 1, number))
        return entries[0] if entries else None

    def find(self, tenant_id: str, log_ids: Sequence[str]) -> set[str]:
        """Return those of the ids that are of entries of the tenant."""
        if not log_ids:
            return set()
        numbers = sorted(map(parse_log_id, log_ids))
        with self._readers.snapshot(tenant_id) as snapshot:
            found = _Reading(snapshot, self._sealed, self._folder, tenant_id).walk(numbers[0] - 1, numbers[-1])
            wanted = set(numbers)
            return {format_log_id(number) for number in found if number in wanted}

    def close(self) -> None:
        """Let go of the shared memory."""
        if self._stamps is not None:
            self._stamps.close()
            self._stamps = None

    def _is_anything_sealed(self, tenant_id: str) -> bool:
        with self._readers.snapshot(tenant_id) as snapshot:
            return bool(snapshot.segments)

    def _settle(self) -> int:
        if self._stamps is None:
            self._stamps = Stamps(self._folder)
        sealed = max((s.last_id for s in list_segments(self._folder)), default=0) if self._stamps.greatest() == 0 else 0
        return max(find_horizon(self._folder, self._readers, self._stamps), sealed)


class _Reading:
    """One tenant's rows in a snapshot: those that are open, merged with those that are sealed.

    Among the sealed rows each event is there once. An open row may have its event in another writer's file, or sealed.
    """

    def __init__(self, snapshot: Snapshot, sealed: SealedRows, folder: Path, tenant_id: str) -> None:
        self._snapshot = snapshot
        self._sealed = sealed
        self._folder = folder
        self._tenant_id = tenant_id
        writers = snapshot.connections.keys() | {segment.writer for segment in snapshot.segments}
        self._may_repeat = len(writers) > 1

    def first_searched(self) -> int:
        """Return the id after which a search begins, so that it doesn't take for ever."""
        left = SEARCHED_ROWS_MAX
        for segment in sorted(self._snapshot.segments, reverse=True):
            left -= segment.count
            if left < 0:
                return segment.first_id - 1
        return 0

    def walk(
        self, after: int, up_to: int, *, newest_first: bool = False, search: LogSearch | None = None
    ) -> Iterator[int]:
        """Give the ids in a range, each event once; in a search those of rows that may be what is looked for."""
        order = "DESC" if newest_first else "ASC"
        column = "event_id" if self._may_repeat else "NULL"
        condition, wanted = in_open_rows(search)
        sources: list[Iterable[tuple[int, str | None]]] = []
        for writer, connection in self._snapshot.connections.items():
            start = max(after, self._snapshot.sealed_to[writer])
            where = f"{_OF_TENANT} AND id > ? AND id <= ?{condition}"
            sql = f"SELECT id, {column} FROM events WHERE {where} ORDER BY id {order}"
            sources.append(connection.execute(sql, (self._tenant_id, start, up_to, *wanted)))
        if self._snapshot.segments:
            ids = self._sealed.ids(self._snapshot.segments, after, up_to, newest_first=newest_first, search=search)
            sources.append((log_id, None) for log_id in ids)
        return self._once(heapq.merge(*sources, key=lambda row: row[0], reverse=newest_first))

    def count(self) -> int:
        """Return how many rows there are, each event once."""
        total = sum(segment.count for segment in self._snapshot.segments)
        for writer, connection in self._snapshot.connections.items():
            arguments = (self._tenant_id, self._snapshot.sealed_to[writer])
            where = f"{_OF_TENANT} AND id > ?"
            if self._may_repeat:
                rows = connection.execute(f"SELECT id, event_id FROM events WHERE {where}", arguments)
                total += sum(1 for _ in self._once(rows))
            else:
                total += connection.execute(f"SELECT COUNT(*) FROM events WHERE {where}", arguments).fetchone()[0]
        return total

    def fetch(self, log_ids: Iterable[int]) -> tuple[LogEntry, ...]:
        """Return the entries."""
        wanted = list(log_ids)
        bodies: dict[int, bytes] = {}
        for log_id in wanted:
            writer = writer_of(log_id)
            if log_id > self._snapshot.sealed_to.get(writer, _LAST_ID):
                connection = self._snapshot.connections[writer]
                row = connection.execute("SELECT body FROM events WHERE id = ?", (log_id,)).fetchone()
                if row is not None:
                    bodies[log_id] = row[0]
        sealed = [log_id for log_id in wanted if log_id not in bodies]
        bodies.update(self._sealed.bodies(self._snapshot.segments, sealed))
        texts = [(format_log_id(log_id), bodies[log_id]) for log_id in wanted]
        return tuple(LogEntry(text, with_log_id(body, text)) for text, body in texts)

    def _once(self, rows: Iterable[tuple[int, str | None]]) -> Iterator[int]:
        """Leave out the rows whose event is elsewhere under a smaller id."""
        known = SealedIds(self._folder)
        try:
            for log_id, event_id in rows:
                if event_id is None or not self._is_earlier(known, log_id, event_id):
                    yield log_id
        finally:
            known.close()

    def _is_earlier(self, known: SealedIds, log_id: int, event_id: str) -> bool:
        own = writer_of(log_id)
        sql = f"SELECT 1 FROM events WHERE {_OF_TENANT} AND event_id = ? AND id < ?"
        for writer, other in self._snapshot.connections.items():
            if writer != own and other.execute(sql, (self._tenant_id, event_id, log_id)).fetchone():
                return True
        key = key_of(self._tenant_id, event_id)
        return known.find([key]).get(key, log_id) < log_id
