"""The tables.

Each thing is one row: the columns that are searched or must be unique, and the whole thing as a JSON document. `position`
grows with every row and is never given twice; it is the order of lists and the checkpoint of their pages.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.schema import SchemaItem

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def make_position() -> Column[int]:
    """Return the column of a row's place among all rows of its table."""
    return Column("position", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True)


def make_tenant_id(*, is_key: bool = False) -> Column[str]:
    """Return the column of the tenant that a row belongs to."""
    return Column("tenant_id", String(64), ForeignKey("tenants.id"), nullable=False, primary_key=is_key)


def _entities(name: str, *items: SchemaItem) -> Table:
    return Table(
        name,
        metadata,
        make_position(),
        make_tenant_id(),
        Column("id", String(64), nullable=False),
        Column("name", String(255), nullable=False),
        *items,
        Column("document", Text, nullable=False),
        UniqueConstraint("tenant_id", "id"),
        sqlite_autoincrement=True,
    )


tenants = Table(
    "tenants",
    metadata,
    make_position(),
    Column("id", String(64), nullable=False, unique=True),
    Column("name", String(255), nullable=False, unique=True),
    Column("domain", String(255), nullable=False, unique=True),
    Column("is_default", Boolean, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index(
        "uq_tenants_one_default",
        "is_default",
        unique=True,
        sqlite_where=text("is_default"),
        postgresql_where=text("is_default"),
    ),
    sqlite_autoincrement=True,
)

clients = _entities("clients")

flags = _entities(
    "flags",
    Column("type", String(16), nullable=False),
    Column("status", String(16), nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

variations = _entities(
    "variations",
    Column("flag_id", String(64), nullable=False),
    UniqueConstraint("tenant_id", "flag_id", "name"),
)

segments = _entities(
    "segments",
    Column("type", String(16), nullable=False),
    UniqueConstraint("tenant_id", "name"),
)

experiments = _entities(
    "experiments",
    Column("flag_id", String(64), nullable=False),
    Column("flow", String(255), nullable=False),
    Column("status", String(16), nullable=False),
    UniqueConstraint("tenant_id", "name"),
    Index("ix_experiments_flag", "tenant_id", "flag_id"),
    Column("seat", String(64), nullable=False, server_default=""),
    Index(
        "uq_experiments_one_active",
        "tenant_id",
        "flow",
        "seat",
        unique=True,
        sqlite_where=text("status = 'active'"),
        postgresql_where=text("status = 'active'"),
    ),
)

"""`seat` is what a flow has one of: empty, or in an exclusion group, of which several may be active, the experiment's id."""

metrics = _entities("metrics", UniqueConstraint("tenant_id", "name"))

log_streams = _entities("log_streams", UniqueConstraint("tenant_id", "name"))

actions = _entities("actions", UniqueConstraint("tenant_id", "name"))

allocations = Table(
    "allocations",
    metadata,
    make_position(),
    make_tenant_id(),
    Column("experiment_id", String(64), nullable=False),
    Column("variation_id", String(64), nullable=False),
    Column("segment_id", String(64)),
    Index("ix_allocations_experiment", "tenant_id", "experiment_id"),
    Index("ix_allocations_variation", "tenant_id", "variation_id"),
    Index("ix_allocations_segment", "tenant_id", "segment_id"),
    sqlite_autoincrement=True,
)
"""Which non-archived experiment refers to what: only for finding; the experiment's document is what counts."""

audit = Table(
    "audit",
    metadata,
    make_position(),
    make_tenant_id(),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("action", String(16), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("entity_id", String(64), nullable=False),
    Column("before", Text),
    Column("after", Text),
    Column("revision", BigInteger, nullable=False),
    Index("ix_audit_tenant", "tenant_id", "position"),
    Index("ix_audit_entity", "tenant_id", "entity_id", "revision", "position"),
    sqlite_autoincrement=True,
)
