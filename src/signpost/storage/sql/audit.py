"""The audit trail as rows."""

import json
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, Row, func, insert, select

from signpost.model.errors import Kind
from signpost.ports.paging import Page, PageRequest
from signpost.ports.store import AuditEntry, Identified, PastConfiguration
from signpost.storage.changes import Changes, writable
from signpost.storage.past import TYPES, check_revision, read_past
from signpost.storage.sql import tables

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


class Audit:
    """The audit rows of one tenant inside one transaction."""

    def __init__(self, connection: Connection, tenant_id: str, newest: int, changes: Changes | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._newest = newest
        self._changes = changes

    def note(self, kind: Kind, made: Identified) -> None:
        writable(self._changes).record(kind, None, made)

    def list(self, page: PageRequest, *, entity_id: str | None = None) -> Page[AuditEntry]:
        columns = tables.audit.c
        query = select(tables.audit).where(columns.tenant_id == self._tenant_id)
        if entity_id is not None:
            query = query.where(columns.entity_id == entity_id)
            query = query.order_by(columns.revision.desc())  # the same order, in which `ix_audit_entity` has them
        if page.after is not None:
            query = query.where(columns.position < page.after)
        rows = self._connection.execute(query.order_by(columns.position.desc()).limit(page.take + 1)).all()
        shown = rows[: page.take]
        return Page(
            items=tuple(_read(row) for row in shown),
            next_after=shown[-1].position if len(rows) > len(shown) else None,
        )

    def at_revision(self, revision: int, entity_ids: Collection[str] | None = None) -> PastConfiguration:
        check_revision(revision, self._newest)
        columns = tables.audit.c
        # A tenant has one writer at a time, so its positions grow with its revisions.
        newest, oldest = func.max(columns.position).label("newest"), func.min(columns.position).label("oldest")
        query = select(newest, oldest).where(columns.tenant_id == self._tenant_id, columns.revision <= revision)
        if entity_ids is not None:
            query = query.where(columns.entity_id.in_(sorted({*entity_ids, self._tenant_id})))
        rows = query.group_by(columns.entity_id).subquery()
        found = (
            select(columns.kind, columns.after)
            .join(rows, columns.position == rows.c.newest)
            .where(columns.after.is_not(None), columns.kind.in_(TYPES))
            .order_by(rows.c.oldest)
        )
        return read_past(revision, ((Kind(row.kind), row.after) for row in self._connection.execute(found)))


def write_entries(connection: Connection, tenant_id: str, entries: Iterable[AuditEntry]) -> None:
    """Write audit rows in the order in which they are given."""
    connection.execute(
        insert(tables.audit),
        [
            {
                "tenant_id": tenant_id,
                "at_ms": (entry.at - EPOCH) // MILLISECOND,
                "actor": entry.actor,
                "action": entry.action,
                "kind": entry.kind,
                "entity_id": entry.entity_id,
                "before": _dump(entry.before),
                "after": _dump(entry.after),
                "revision": entry.revision,
            }
            for entry in entries
        ],
    )


def _dump(document: object) -> str | None:
    return json.dumps(document, ensure_ascii=False) if document is not None else None


def _read(row: Row[tuple[object, ...]]) -> AuditEntry:
    return AuditEntry(
        at=EPOCH + row.at_ms * MILLISECOND,
        actor=row.actor,
        action=row.action,
        kind=Kind(row.kind),
        entity_id=row.entity_id,
        before=json.loads(row.before) if row.before is not None else None,
        after=json.loads(row.after) if row.after is not None else None,
        revision=row.revision,
    )
