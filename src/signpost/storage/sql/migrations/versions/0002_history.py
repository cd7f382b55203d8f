"""Finding how each thing was at a revision."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_index("ix_audit_entity", "audit", ["tenant_id", "entity_id", "revision", "position"])
