"""The store on a database."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property

from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError

from signpost.model.errors import Kind, NameTakenError, NotFoundError
from signpost.model.tenants import Tenant
from signpost.ports.clock import Clock
from signpost.ports.store import StoreUnavailableError
from signpost.storage.changes import Changes
from signpost.storage.documents import decode_document, encode_document
from signpost.storage.sql import schema, tables
from signpost.storage.sql.audit import Audit, write_entries
from signpost.storage.sql.engines import open_engine, reading, writing
from signpost.storage.sql.entities import (
    Actions,
    Clients,
    Experiments,
    Flags,
    LogStreams,
    Metrics,
    Segments,
    Variations,
)


class SqlWorkspace:
    """One tenant inside one database transaction."""

    def __init__(self, connection: Connection, tenant: Tenant, revision: int, changes: Changes | None) -> None:
        self._connection = connection
        self._changes = changes
        self.tenant = tenant
        self.revision = revision

    @cached_property
    def flags(self) -> Flags:
        """The tenant's flags."""
        return Flags(self._connection, self.tenant.id, self._changes)

    @cached_property
    def variations(self) -> Variations:
        """The tenant's variations."""
        return Variations(self._connection, self.tenant.id, self._changes)

    @cached_property
    def segments(self) -> Segments:
        """The tenant's segments."""
        return Segments(self._connection, self.tenant.id, self._changes)

    @cached_property
    def experiments(self) -> Experiments:
        """The tenant's experiments."""
        return Experiments(self._connection, self.tenant.id, self._changes)

    @cached_property
    def metrics(self) -> Metrics:
        """The tenant's own metrics."""
        return Metrics(self._connection, self.tenant.id, self._changes)

    @cached_property
    def log_streams(self) -> LogStreams:
        """The tenant's log streams."""
        return LogStreams(self._connection, self.tenant.id, self._changes)

    @cached_property
    def actions(self) -> Actions:
        """The tenant's actions."""
        return Actions(self._connection, self.tenant.id, self._changes)

    @cached_property
    def clients(self) -> Clients:
        """The tenant's clients."""
        return Clients(self._connection, self.tenant.id, self._changes)

    @cached_property
    def audit(self) -> Audit:
        """The tenant's audit trail."""
        return Audit(self._connection, self.tenant.id, self.revision, self._changes)


class SqlStore:
    """A store on SQLite or PostgreSQL; `migrate` it once before use.

    SQLite has one writer at a time by nature (`BEGIN IMMEDIATE`); in PostgreSQL a writer locks its tenant's row first. So
    whoever checks and then writes in one transaction can't be overtaken, and the unique constraints are a second line.
    """

    def __init__(self, url: str, clock: Clock) -> None:
        self.engine = open_engine(url)
        self._clock = clock

    def migrate(self) -> None:
        """Bring the schema to what this version needs; safe when several processes do it at once.

        Raises:
            StoreVersionError: a newer version of the program was here.
            StoreUnavailableError: the database does not answer.
        """
        schema.migrate(self.engine)

    @contextmanager
    def reading(self, tenant_id: str) -> Iterator[SqlWorkspace]:
        """Open a consistent view of a tenant."""
        with reading(self.engine) as connection:
            tenant, revision = _find_tenant(connection, tenant_id, is_locked=False)
            yield SqlWorkspace(connection, tenant, revision, None)

    @contextmanager
    def writing(self, tenant_id: str, actor: str) -> Iterator[SqlWorkspace]:
        """Open the tenant's one write transaction."""
        with writing(self.engine) as connection:
            tenant, revision = _find_tenant(connection, tenant_id, is_locked=True)
            changes = Changes(actor, self._clock.now(), revision)
            yield SqlWorkspace(connection, tenant, revision, changes)
            if changes:
                _commit(connection, tenant_id, changes)

    def revisions(self) -> Mapping[str, int]:
        """Return the revision of every tenant."""
        with reading(self.engine) as connection:
            rows = connection.execute(select(tables.tenants.c.id, tables.tenants.c.revision))
            return {row.id: row.revision for row in rows}

    def tenants(self) -> tuple[Tenant, ...]:
        """Return all tenants in the order in which they were made."""
        with reading(self.engine) as connection:
            query = select(tables.tenants.c.document).order_by(tables.tenants.c.position)
            return tuple(decode_document(text, Tenant) for text in connection.scalars(query))

    def add_tenant(self, tenant: Tenant, actor: str) -> None:
        """Add a tenant, with an audit row."""
        with _names_unique(), writing(self.engine) as connection:
            connection.execute(insert(tables.tenants).values(id=tenant.id, revision=0, **_columns(tenant)))
            changes = Changes(actor, self._clock.now(), 0)
            changes.record(Kind.TENANT, None, tenant)
            _commit(connection, tenant.id, changes)

    def replace_tenant(self, tenant: Tenant, actor: str) -> None:
        """Change a tenant, with an audit row."""
        with _names_unique(), writing(self.engine) as connection:
            before, revision = _find_tenant(connection, tenant.id, is_locked=True)
            if before == tenant:
                return
            is_it = tables.tenants.c.id == tenant.id
            connection.execute(update(tables.tenants).where(is_it).values(_columns(tenant)))
            changes = Changes(actor, self._clock.now(), revision)
            changes.record(Kind.TENANT, before, tenant)
            _commit(connection, tenant.id, changes)

    def is_ready(self) -> bool:
        """Return whether the database answers and has the schema that this version needs."""
        try:
            with reading(self.engine) as connection:
                return schema.is_current(connection)
        except StoreUnavailableError:
            return False

    def close(self) -> None:
        """Give the connections back."""
        self.engine.dispose()


def _find_tenant(connection: Connection, tenant_id: str, *, is_locked: bool) -> tuple[Tenant, int]:
    columns = tables.tenants.c
    query = select(columns.document, columns.revision).where(columns.id == tenant_id)
    row = connection.execute(query.with_for_update() if is_locked else query).first()
    if row is None:
        raise NotFoundError(Kind.TENANT)
    return decode_document(row.document, Tenant), row.revision


def _commit(connection: Connection, tenant_id: str, changes: Changes) -> None:
    """Write what goes with a change; the transaction itself commits when its block ends."""
    write_entries(connection, tenant_id, changes.entries())
    is_it = tables.tenants.c.id == tenant_id
    connection.execute(update(tables.tenants).where(is_it).values(revision=changes.revision + 1))


def _columns(tenant: Tenant) -> dict[str, object]:
    return {
        "name": tenant.name,
        "domain": tenant.domain,
        "is_default": tenant.is_default,
        "document": encode_document(tenant),
    }


@contextmanager
def _names_unique() -> Iterator[None]:
    try:
        yield
    except IntegrityError as error:
        raise NameTakenError(Kind.TENANT) from error
