"""Events as rows: the statement that inserts many at once, and the short numbers of tenants and arms."""

import sqlite3
from collections.abc import Iterable
from functools import cache

from signpost.events.files.schema import EXPOSURE, SUCCESS
from signpost.events.files.sealed_ids import SealedIds, key_of
from signpost.ports.events import SUCCESS_TYPE, Attribution, Event

COLUMNS = 10
ROWS_MAX = 1024
"""In one statement: SQLite takes 32,766 parameters."""

Value = int | str | bytes | None


_ARM = "tenant, experiment_id, variation_id, is_control, allocation_strategy, segment_id, is_forced"

_FIELDS_OF_ARM = Attribution._fields.index("unit")


class Numbers:
    """The numbers that tenants and arms have in one file.

    New ones are committed when they are first asked for, or with the transaction that is under way; when that one fails,
    others have to be read from the file.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._tenants: dict[str, int] = dict(connection.execute("SELECT tenant_id, no FROM tenants"))
        self._arms: dict[tuple[int, tuple[Value, ...], bool], int] = {
            (tenant, tuple(fields), bool(is_forced)): number
            for number, tenant, *fields, is_forced in connection.execute(f"SELECT no, {_ARM} FROM arms")
        }

    def of_tenant(self, tenant_id: str) -> int:
        """Return the tenant's number."""
        number = self._tenants.get(tenant_id)
        if number is None:
            cursor = self._connection.execute("INSERT INTO tenants (tenant_id) VALUES (?)", (tenant_id,))
            number = self._tenants[tenant_id] = int(cursor.lastrowid or 0)
        return number

    def of_arm(self, tenant: int, attribution: Attribution) -> int:
        """Return the number of what the attribution says, but for the unit and the time."""
        key = (tenant, attribution[:_FIELDS_OF_ARM], attribution.is_forced)
        number = self._arms.get(key)
        if number is None:
            cursor = self._connection.execute(
                f"INSERT INTO arms ({_ARM}) VALUES (?, ?, ?, ?, ?, ?, ?)", (tenant, *key[1], attribution.is_forced)
            )
            number = self._arms[key] = int(cursor.lastrowid or 0)
        return number


def fact_of(event: Event) -> int | None:
    """Return what analysis needs the event for, if for anything."""
    if event.is_exposure:
        return EXPOSURE if event.attribution is not None else None
    if event.type == SUCCESS_TYPE and event.unit is not None:
        return SUCCESS
    return None


def insert(
    connection: sqlite3.Connection,
    numbers: Numbers,
    log_ids: Iterable[int],
    events: Iterable[Event],
    sealed_ids: SealedIds,
) -> int:
    """Insert the events under the ids, in as few statements as possible; return how many were new.

    One statement for many rows, because Python lets other threads run, and waits for its turn again, once for each
    statement: row by row, a busy event loop would keep a writer waiting a thousand times.
    """
    pairs = list(zip(log_ids, events, strict=True))
    sent = [key_of(event.tenant_id, event.event_id) for _, event in pairs if event.event_id is not None]
    if not sent and len(pairs) <= ROWS_MAX:
        return _insert_values(connection, _values_of(numbers, pairs))
    # Within the transaction: until it ends, nobody can take a row out that is sealed after it was looked up here.
    connection.execute("BEGIN IMMEDIATE")
    known = sealed_ids.find(sent)
    if known:
        pairs = [p for p in pairs if p[1].event_id is None or key_of(p[1].tenant_id, p[1].event_id) not in known]
    values = _values_of(numbers, pairs)
    step = ROWS_MAX * COLUMNS
    inserted = sum(_insert_values(connection, values[at : at + step]) for at in range(0, len(values), step))
    connection.execute("COMMIT")
    return inserted


def _values_of(numbers: Numbers, pairs: Iterable[tuple[int, Event]]) -> list[Value]:
    values: list[Value] = []
    for log_id, event in pairs:
        tenant = numbers.of_tenant(event.tenant_id)
        attribution = event.attribution
        values += (
            log_id,
            tenant,
            event.type,
            event.occurred_ms,
            event.unit,
            event.session_id,
            fact_of(event),
            None if attribution is None else numbers.of_arm(tenant, attribution),
            event.event_id,
            event.body,
        )
    return values


def _insert_values(connection: sqlite3.Connection, values: list[Value]) -> int:
    count = len(values) // COLUMNS
    rows = _round_up(count)
    values += [None] * (rows - count) * COLUMNS
    return connection.execute(_insert_statement(rows), values).rowcount


def _round_up(count: int) -> int:
    """Return the next number of rows for which there is a statement: few numbers, so that statements stay prepared."""
    if count <= 4:
        return count
    half = 1 << (count - 1).bit_length() - 1
    return half + half // 2 if count <= half + half // 2 else half * 2


@cache
def _insert_statement(rows: int) -> str:
    row = "(" + ", ".join("?" * COLUMNS) + ")"
    return (
        "INSERT INTO events (id, tenant, type, occurred_ms, unit, session_id, fact, arm, event_id, body)"
        f" SELECT * FROM (VALUES {', '.join([row] * rows)}) WHERE column1 IS NOT NULL"
        " ON CONFLICT (tenant, event_id) WHERE event_id IS NOT NULL DO NOTHING"
    )
