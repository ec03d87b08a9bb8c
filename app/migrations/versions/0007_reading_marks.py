"""reading marks: which bulletins an account has read, and how far the contact books of a class

Revision ID: 0007
Revises: 0006
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "bulletin_read",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("bulletin_id", sa.Integer(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["ab_user.id"], name=op.f("fk_bulletin_read_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["bulletin_id"], ["bulletin.id"], name=op.f("fk_bulletin_read_bulletin_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("account_id", "bulletin_id", name=op.f("pk_bulletin_read")),
    )
    op.create_index(op.f("ix_bulletin_read_bulletin_id"), "bulletin_read", ["bulletin_id"])
    op.create_table(
        "contact_book_read",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("class_id", sa.Integer(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ab_user.id"], name=op.f("fk_contact_book_read_account_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["class_id"], ["school_class.id"], name=op.f("fk_contact_book_read_class_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_book_read")),
        sa.UniqueConstraint("account_id", "class_id", name=op.f("uq_contact_book_read_account_id_class_id")),
    )
    op.create_index(op.f("ix_contact_book_read_class_id"), "contact_book_read", ["class_id"])
    op.create_index(op.f("ix_contact_book_read_read_at"), "contact_book_read", ["read_at"])


def downgrade() -> None:
    op.drop_table("contact_book_read")
    op.drop_table("bulletin_read")
