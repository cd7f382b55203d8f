"""Which unit accounts and devices stand for."""

from datetime import datetime

from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from signpost.storage.secrets import to_ms
from signpost.storage.sql import account_tables as tables
from signpost.storage.sql.accounts.place import Place

ACCOUNT, DEVICE = "account", "device"


class Links:
    """Links: a row for each account and for each device, never changed."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def link(self, device_id: str, account_id: str, at: datetime) -> str:
        with self._place.writing() as connection:
            known = self._find(connection, ACCOUNT, account_id)
            # The device first: who links another account on it at this moment has to wait, and then finds it.
            self._add(connection, DEVICE, device_id, known or device_id, at)
            if known is not None:
                return known
            self._add(connection, ACCOUNT, account_id, self._find(connection, DEVICE, device_id) or device_id, at)
            return self._find(connection, ACCOUNT, account_id) or device_id

    def unit_of(self, *, device_id: str | None, account_id: str | None) -> str | None:
        with self._place.reading() as connection:
            found = None if account_id is None else self._find(connection, ACCOUNT, account_id)
            if found is None and device_id is not None:
                found = self._find(connection, DEVICE, device_id)
            return found

    def _find(self, connection: Connection, kind: str, name: str) -> str | None:
        return connection.scalar(select(tables.links.c.unit).where(self._place.where(tables.links, kind=kind, id=name)))

    def _add(self, connection: Connection, kind: str, name: str, unit: str, at: datetime) -> None:
        """Add a row unless it is there; of two who do it at once the second waits for the first."""
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        values = {
            "tenant_id": self._place.tenant_id,
            "kind": kind,
            "id": name,
            "unit": unit,
            "linked_at_ms": to_ms(at),
        }
        connection.execute(insert(tables.links).values(values).on_conflict_do_nothing())
