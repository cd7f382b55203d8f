"""Where the rows of one tenant are, and what all of its tables are asked alike."""

from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, and_, insert

from signpost.ports.clock import Clock
from signpost.storage.documents import encode_document
from signpost.storage.secrets import to_ms
from signpost.storage.sql.engines import reading, writing


@dataclass(frozen=True, slots=True)
class Place:
    """One tenant's part of a database. With a connection everything is part of its transaction."""

    engine: Engine
    clock: Clock
    tenant_id: str
    connection: Connection | None = None

    def reading(self) -> AbstractContextManager[Connection]:
        """Open a transaction that changes nothing."""
        return reading(self.engine) if self.connection is None else nullcontext(self.connection)

    def writing(self) -> AbstractContextManager[Connection]:
        """Open a transaction that commits when its block ends well."""
        return writing(self.engine) if self.connection is None else nullcontext(self.connection)

    def where(self, table: Table, **values: object) -> ColumnElement[bool]:
        """Return the condition of the tenant's rows that have these values."""
        return and_(table.c.tenant_id == self.tenant_id, *(table.c[name] == value for name, value in values.items()))

    def living(self, table: Table, **values: object) -> ColumnElement[bool]:
        """Return the condition of those of them that have not expired."""
        return self.where(table, **values) & (table.c.expires_at_ms > self.now_ms())

    def now_ms(self) -> int:
        """Return the present moment."""
        return to_ms(self.clock.now())

    def add(self, connection: Connection, table: Table, entity: object, columns: Mapping[str, Any]) -> None:
        """Add a row."""
        values = {"tenant_id": self.tenant_id, "document": encode_document(entity), **columns}
        connection.execute(insert(table).values(values))
