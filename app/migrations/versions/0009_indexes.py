"""indexes: the links of an account, the letters of an account and of a link

The session's own question asks for an account's links of every status; the partial indexes answer for the approved alone.

Revision ID: 0009
Revises: 0008
"""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

INDEXES = (
    ("ix_guardian_link_account_status", "guardian_link", ["account_id", "status"]),
    ("ix_outbox_message_account_id", "outbox_message", ["account_id"]),
    ("ix_outbox_message_guardian_link_id", "outbox_message", ["guardian_link_id"]),
)


def upgrade() -> None:
    for name, table, columns in INDEXES:
        op.create_index(name, table, columns)


def downgrade() -> None:
    for name, table, _columns in reversed(INDEXES):
        op.drop_index(name, table)
