"""sending limits

Revision ID: 0004
Revises: 0003
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "limit_count",
        sa.Column("cap", sa.String(40), nullable=False),
        sa.Column("subject", sa.String(64), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("cap", "subject", name="pk_limit_count"),
    )
    op.create_index("ix_limit_count_ends_at", "limit_count", ["ends_at"])


def downgrade() -> None:
    op.drop_index("ix_limit_count_ends_at", table_name="limit_count")
    op.drop_table("limit_count")
