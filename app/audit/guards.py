"""The triggers by which the database itself refuses to change the audit log: are they still there?"""

from __future__ import annotations

import sqlalchemy as sa

from app.access.session import system
from app.extensions import db

_EVERYWHERE = frozenset(
    {
        "audit_entry_no_update",
        "audit_entry_no_delete",
        "audit_seal_no_update",
        "audit_seal_no_delete",
        "audit_head_no_delete",
        "audit_head_no_way_back",
    }
)
TRIGGERS = {
    "sqlite": _EVERYWHERE | {"audit_entry_no_replace", "audit_seal_no_replace"},
    "postgresql": _EVERYWHERE | {"audit_entry_no_truncate", "audit_seal_no_truncate", "audit_head_no_truncate"},
}
"""As migration 0002 made them."""


def missing_triggers() -> list[str]:
    """The names of those that are gone or switched off."""
    dialect = db.engine.dialect.name
    if dialect == "sqlite":
        master = sa.table("sqlite_master", sa.column("name"), sa.column("type"))
        query = sa.select(master.c.name).where(master.c.type == "trigger")
    else:
        triggers = sa.table("pg_trigger", sa.column("tgname"), sa.column("tgenabled"))
        query = sa.select(sa.cast(triggers.c.tgname, sa.Text)).where(triggers.c.tgenabled == "O")
    with system("doctor"):
        present = set(db.session.scalars(query))
        db.session.rollback()
    return sorted(TRIGGERS[dialect] - present)
