"""attachment scans: held files, and who uploaded them

Revision ID: 0006
Revises: 0005
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("attachment") as batch:
        batch.add_column(sa.Column("scan_state", sa.String(length=40), server_default="passed", nullable=False))
        batch.add_column(sa.Column("uploaded_by_id", sa.Integer(), nullable=True))
        batch.create_foreign_key(
            op.f("fk_attachment_uploaded_by_id"), "ab_user", ["uploaded_by_id"], ["id"], ondelete="SET NULL"
        )
    op.create_index(
        "ix_attachment_held",
        "attachment",
        ["id"],
        sqlite_where=sa.text("scan_state = 'held'"),
        postgresql_where=sa.text("scan_state = 'held'"),
    )


def downgrade() -> None:
    """Files that are held or removed are not handed out by an older release: their rows go."""
    op.execute("DELETE FROM attachment WHERE scan_state <> 'passed'")
    op.drop_index("ix_attachment_held", "attachment")
    with op.batch_alter_table("attachment") as batch:
        batch.drop_constraint(op.f("fk_attachment_uploaded_by_id"), type_="foreignkey")
        batch.drop_column("uploaded_by_id")
        batch.drop_column("scan_state")
