"""Things as rows: what is the same for every kind."""

from collections.abc import Collection, Mapping
from typing import Any, Generic, Protocol, TypeVar

from sqlalchemy import ColumnElement, Connection, Table, delete, insert, select, update

from signpost.model.errors import Kind, NameTakenError
from signpost.ports.paging import Page, PageRequest
from signpost.storage.changes import Changes, writable
from signpost.storage.documents import decode_document, encode_document


class Entity(Protocol):
    """What every stored thing has."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


E = TypeVar("E", bound=Entity)


class Rows(Generic[E]):
    """The things of one kind in one tenant, inside one transaction.

    Subclasses say which table, which type, which columns are searched, and among which others a name is unique.
    """

    table: Table
    kind: Kind
    type: type[E]

    def __init__(self, connection: Connection, tenant_id: str, changes: Changes | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._changes = changes

    def columns(self, entity: E) -> dict[str, Any]:
        """Return the values of the searched columns."""
        raise NotImplementedError

    def rivals(self, entity: E) -> ColumnElement[bool] | None:
        """Return which other rows may not have the entity's name; None: any may."""
        return self.table.c.tenant_id == self._tenant_id

    def get(self, entity_id: str) -> E | None:
        found = self._select(self.table.c.id == entity_id)
        return found[0] if found else None

    def get_many(self, entity_ids: Collection[str]) -> Mapping[str, E]:
        if not entity_ids:
            return {}
        return {entity.id: entity for entity in self._select(self.table.c.id.in_(sorted(entity_ids)))}

    def all(self) -> tuple[E, ...]:
        return self._select()

    def add(self, entity: E) -> None:
        self._check_name(entity)
        values = {"tenant_id": self._tenant_id, "id": entity.id, **self._values(entity)}
        self._connection.execute(insert(self.table).values(values))
        self._record(None, entity)

    def replace(self, entity: E) -> None:
        before = self.get(entity.id)
        if before is None or encode_document(before) == encode_document(entity):
            return
        self._check_name(entity)
        self._connection.execute(update(self.table).where(self._is(entity.id)).values(self._values(entity)))
        self._record(before, entity)

    def remove(self, entity_id: str) -> None:
        before = self.get(entity_id)
        if before is not None:
            self._connection.execute(delete(self.table).where(self._is(entity_id)))
            self._record(before, None)

    def _page(self, page: PageRequest, *conditions: ColumnElement[bool]) -> Page[E]:
        position = self.table.c.position
        query = (
            select(position, self.table.c.document)
            .where(self.table.c.tenant_id == self._tenant_id, position > (page.after or 0), *conditions)
            .order_by(position)
            .limit(page.take + 1)
        )
        rows = self._connection.execute(query).all()
        shown = rows[: page.take]
        return Page(
            items=tuple(decode_document(row.document, self.type) for row in shown),
            next_after=shown[-1].position if len(rows) > len(shown) else None,
        )

    def _select(self, *conditions: ColumnElement[bool]) -> tuple[E, ...]:
        query = (
            select(self.table.c.document)
            .where(self.table.c.tenant_id == self._tenant_id, *conditions)
            .order_by(self.table.c.position)
        )
        return tuple(decode_document(text, self.type) for text in self._connection.scalars(query))

    def _is(self, entity_id: str) -> ColumnElement[bool]:
        return (self.table.c.tenant_id == self._tenant_id) & (self.table.c.id == entity_id)

    def _values(self, entity: E) -> dict[str, Any]:
        return {"name": entity.name, **self.columns(entity), "document": encode_document(entity)}

    def _check_name(self, entity: E) -> None:
        """The tenant has one writer at a time, so nobody takes the name between this question and the write."""
        rivals = self.rivals(entity)
        if rivals is None:
            return
        query = select(self.table.c.id).where(rivals, self.table.c.name == entity.name, self.table.c.id != entity.id)
        if self._connection.scalars(query.limit(1)).first() is not None:
            raise NameTakenError(self.kind)

    def _record(self, before: E | None, after: E | None) -> None:
        writable(self._changes).record(self.kind, before, after)
