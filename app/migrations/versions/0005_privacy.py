"""privacy: protection marks, accepted notices

Revision ID: 0005
Revises: 0004
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("guardian_link", sa.Column("held_for_manager", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_table(
        "protection_mark",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("guardian_link_id", sa.Integer(), nullable=True),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("identity_number_index", sa.String(length=64), nullable=False),
        sa.Column("guardian_name", sa.String(length=100), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("student_name", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_by_id", sa.Integer(), nullable=True),
        sa.Column("placed_by_name", sa.String(length=100), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lifted_by_name", sa.String(length=100), nullable=False),
        sa.Column("lifted_reason", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_protection_mark_school_id")),
        sa.ForeignKeyConstraint(
            ["guardian_link_id"],
            ["guardian_link.id"],
            name=op.f("fk_protection_mark_guardian_link_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["ab_user.id"], name=op.f("fk_protection_mark_account_id"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_protection_mark_student_id")),
        sa.ForeignKeyConstraint(
            ["placed_by_id"], ["ab_user.id"], name=op.f("fk_protection_mark_placed_by_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_protection_mark")),
    )
    op.create_index(op.f("ix_protection_mark_account_id"), "protection_mark", ["account_id"])
    op.create_index(op.f("ix_protection_mark_school_id"), "protection_mark", ["school_id"])
    op.create_index(op.f("ix_protection_mark_student_id"), "protection_mark", ["student_id"])
    op.create_index(
        "uq_protection_mark_link",
        "protection_mark",
        ["guardian_link_id"],
        unique=True,
        sqlite_where=sa.text("lifted_at IS NULL"),
        postgresql_where=sa.text("lifted_at IS NULL"),
    )
    op.create_table(
        "consent",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=20), nullable=False),
        sa.Column("given_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "entrance", sa.Enum("official", "general", name="accountkind", native_enum=False, length=40), nullable=False
        ),
        sa.ForeignKeyConstraint(["account_id"], ["ab_user.id"], name=op.f("fk_consent_account_id"), ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sa.UniqueConstraint("account_id", "version", name=op.f("uq_consent_account_id_version")),
    )


def downgrade() -> None:
    op.drop_table("consent")
    op.drop_table("protection_mark")
    op.drop_column("guardian_link", "held_for_manager")
