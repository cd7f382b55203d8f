"""Actions."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_table(
        "actions",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_actions_tenant_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_actions")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_actions_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_actions_tenant_id_name")),
        sqlite_autoincrement=True,
    )
