"""The audit log becomes a chain: seals, their head, readings by student, and triggers that refuse changes.

Revision ID: 0002
Revises: 0001
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_OLD_ENOUGH = "SELECT 1 FROM audit_seal s, audit_head h WHERE s.entry_id = OLD.id AND s.number <= h.anchor_number"
_BEFORE_THE_ANCHOR = "SELECT 1 FROM audit_head h WHERE OLD.number <= h.anchor_number"
_GOES_BACK = "NEW.number < OLD.number OR NEW.anchor_number < OLD.anchor_number OR NEW.anchor_number > NEW.number"

# (name, table, event, when it is refused)
_TRIGGERS = (
    ("audit_entry_no_update", "audit_entry", "UPDATE", ""),
    ("audit_entry_no_delete", "audit_entry", "DELETE", f"NOT EXISTS ({_OLD_ENOUGH})"),
    ("audit_seal_no_update", "audit_seal", "UPDATE", ""),
    ("audit_seal_no_delete", "audit_seal", "DELETE", f"NOT EXISTS ({_BEFORE_THE_ANCHOR})"),
    ("audit_head_no_delete", "audit_head", "DELETE", ""),
    ("audit_head_no_way_back", "audit_head", "UPDATE", _GOES_BACK),
)
_WORDS = "the audit log is append-only"


def upgrade() -> None:
    op.add_column("audit_entry", sa.Column("roles", sa.String(200), nullable=False, server_default=""))
    op.add_column("audit_entry", sa.Column("student_id", sa.Integer(), nullable=True))
    op.add_column("audit_entry", sa.Column("proof", sa.String(120), nullable=False, server_default=""))
    op.create_index(
        "ix_audit_entry_student",
        "audit_entry",
        ["student_id", "id"],
        sqlite_where=sa.text("student_id IS NOT NULL"),
        postgresql_where=sa.text("student_id IS NOT NULL"),
    )
    op.create_table(
        "audit_seal",
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_audit_seal")),
        sa.UniqueConstraint("entry_id", name=op.f("uq_audit_seal_entry_id")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("settled_id", sa.Integer(), nullable=False),
        sa.Column("anchor_number", sa.Integer(), nullable=False),
        sa.Column("anchor_hash", sa.String(64), nullable=False),
        sa.Column("unproved_id", sa.Integer(), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("mac", sa.String(64), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_audit_head_one_row")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.execute("INSERT INTO audit_head SELECT 1, 0, '', 0, 0, '', coalesce(max(id), 0), '', '' FROM audit_entry")
    if op.get_bind().dialect.name == "sqlite":
        _guard_sqlite()
    else:
        _guard_postgresql()


def _guard_sqlite() -> None:
    for name, table, event, when in _TRIGGERS:
        condition = f"WHEN {when} " if when else ""
        op.execute(
            f"CREATE TRIGGER {name} BEFORE {event} ON {table} {condition}BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
        )
    # INSERT OR REPLACE deletes without asking the trigger for deletions
    for table, key in (("audit_entry", "id"), ("audit_seal", "number")):
        op.execute(
            f"CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table} "
            f"WHEN EXISTS (SELECT 1 FROM {table} WHERE {key} = NEW.{key}) BEGIN SELECT RAISE(ABORT, '{_WORDS}'); END"
        )


def _guard_postgresql() -> None:
    refuse = f"RAISE EXCEPTION '{_WORDS}' USING ERRCODE = 'insufficient_privilege';"
    for name, table, event, when in _TRIGGERS:
        body = f"IF {when} THEN {refuse} END IF;" if when else refuse
        answer = "OLD" if event == "DELETE" else "NEW"
        op.execute(
            f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {body} RETURN {answer}; END $$"
        )
        op.execute(f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {name}()")
    op.execute(f"CREATE FUNCTION audit_no_truncate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {refuse} END $$")
    for table in ("audit_entry", "audit_seal", "audit_head"):
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_no_truncate()"
        )


def downgrade() -> None:
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    for name, table, _event, _when in _TRIGGERS:
        op.execute(f"DROP TRIGGER {name}" if is_sqlite else f"DROP TRIGGER {name} ON {table}")
        if not is_sqlite:
            op.execute(f"DROP FUNCTION {name}()")
    if is_sqlite:
        op.execute("DROP TRIGGER audit_entry_no_replace")
        op.execute("DROP TRIGGER audit_seal_no_replace")
    else:
        for table in ("audit_entry", "audit_seal", "audit_head"):
            op.execute(f"DROP TRIGGER {table}_no_truncate ON {table}")
        op.execute("DROP FUNCTION audit_no_truncate()")
    op.drop_table("audit_head")
    op.drop_table("audit_seal")
    op.drop_index("ix_audit_entry_student", table_name="audit_entry")
    op.drop_column("audit_entry", "proof")
    op.drop_column("audit_entry", "student_id")
    op.drop_column("audit_entry", "roles")
