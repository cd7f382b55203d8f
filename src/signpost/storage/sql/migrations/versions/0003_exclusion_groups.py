"""Several experiments of one exclusion group may be active in one flow."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("experiments", sa.Column("seat", sa.String(length=64), server_default="", nullable=False))
    op.drop_index("uq_experiments_one_active", "experiments")
    op.create_index(
        "uq_experiments_one_active",
        "experiments",
        ["tenant_id", "flow", "seat"],
        unique=True,
        sqlite_where=sa.text("status = 'active'"),
        postgresql_where=sa.text("status = 'active'"),
    )
