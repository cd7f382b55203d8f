"""Log streams."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "log_streams",
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("tenant_id", sa.String(length=64), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["tenant_id"], ["tenants.id"], name=op.f("fk_log_streams_tenant_id")),
        sa.PrimaryKeyConstraint("position", name=op.f("pk_log_streams")),
        sa.UniqueConstraint("tenant_id", "id", name=op.f("uq_log_streams_tenant_id_id")),
        sa.UniqueConstraint("tenant_id", "name", name=op.f("uq_log_streams_tenant_id_name")),
        sqlite_autoincrement=True,
    )
