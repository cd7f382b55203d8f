"""The tables of accounts and what hangs on them; what stands for a secret is its SHA-256, as 64 hexadecimal digits."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, String, Table, Text, UniqueConstraint

from signpost.model.limits import UNIT_MAX
from signpost.storage.sql.tables import make_position, make_tenant_id, metadata

accounts = Table(
    "accounts",
    metadata,
    make_position(),
    make_tenant_id(),
    Column("id", String(64), nullable=False),
    Column("email", String(320), nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("tenant_id", "id"),
    UniqueConstraint("tenant_id", "email"),
    sqlite_autoincrement=True,
)

passkeys = Table(
    "passkeys",
    metadata,
    make_position(),
    make_tenant_id(),
    Column("id", String(1400), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("tenant_id", "id"),
    Index("ix_passkeys_account", "tenant_id", "account_id"),
    sqlite_autoincrement=True,
)

second_factors = Table(
    "second_factors",
    metadata,
    make_tenant_id(is_key=True),
    Column("account_id", String(64), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("document", Text, nullable=False),
)

sessions = Table(
    "sessions",
    metadata,
    make_tenant_id(is_key=True),
    Column("digest", String(64), primary_key=True),
    Column("id", String(64), nullable=False),
    Column("account_id", String(64), nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    UniqueConstraint("tenant_id", "id"),
    Index("ix_sessions_account", "tenant_id", "account_id"),
    Index("ix_sessions_expiry", "expires_at_ms"),
)

journeys = Table(
    "journeys",
    metadata,
    make_tenant_id(is_key=True),
    Column("digest", String(64), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_journeys_expiry", "tenant_id", "expires_at_ms"),
)

grants = Table(
    "grants",
    metadata,
    make_tenant_id(is_key=True),
    Column("id", String(64), primary_key=True),
    Column("account_id", String(64), nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_grants_account", "tenant_id", "account_id"),
    Index("ix_grants_expiry", "expires_at_ms"),
)

one_time_secrets = Table(
    "one_time_secrets",
    metadata,
    make_tenant_id(is_key=True),
    Column("kind", String(32), primary_key=True),
    Column("digest", String(64), primary_key=True),
    Column("owner_id", String(64), nullable=False),
    Column("is_used", Boolean, nullable=False),
    Column("expires_at_ms", BigInteger, nullable=False),
    Column("document", Text, nullable=False),
    Index("ix_one_time_secrets_owner", "tenant_id", "kind", "owner_id"),
    Index("ix_one_time_secrets_expiry", "expires_at_ms"),
)
"""Codes, refresh tokens and tickets: the owner is the grant or the account."""

links = Table(
    "links",
    metadata,
    make_tenant_id(is_key=True),
    Column("kind", String(16), primary_key=True),
    Column("id", String(UNIT_MAX), primary_key=True),
    Column("unit", String(UNIT_MAX), nullable=False),
    Column("linked_at_ms", BigInteger, nullable=False),
)
"""Which unit an account or a device stands for since its first link."""
