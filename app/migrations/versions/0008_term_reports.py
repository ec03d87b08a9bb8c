"""term reports

Revision ID: 0008
Revises: 0007
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "term_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("school_id", sa.Integer(), nullable=False),
        sa.Column("student_id", sa.Integer(), nullable=True),
        sa.Column("class_id", sa.Integer(), nullable=True),
        sa.Column("term_id", sa.Integer(), nullable=False),
        sa.Column("locale", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=40), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("storage_key", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.CheckConstraint("(student_id IS NULL) <> (class_id IS NULL)", name=op.f("ck_term_report_one_subject")),
        sa.ForeignKeyConstraint(["account_id"], ["ab_user.id"], name=op.f("fk_term_report_account_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["school_id"], ["school.id"], name=op.f("fk_term_report_school_id")),
        sa.ForeignKeyConstraint(["student_id"], ["student.id"], name=op.f("fk_term_report_student_id"), ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["class_id"], ["school_class.id"], name=op.f("fk_term_report_class_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["term_id"], ["academic_term.id"], name=op.f("fk_term_report_term_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_term_report")),
    )
    op.create_index("ix_term_report_account", "term_report", ["account_id", sa.text("id DESC")])
    op.create_index("ix_term_report_state", "term_report", ["state", "id"])
    for column in ("student_id", "class_id", "term_id"):
        op.create_index(op.f(f"ix_term_report_{column}"), "term_report", [column])


def downgrade() -> None:
    """The files become orphans, which the rules of retention let go."""
    op.drop_table("term_report")
