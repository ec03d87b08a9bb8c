"""Marks that somebody's reading leaves: how far, or when. One statement each; a page writes one only when there is news."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask_appbuilder import Model
from sqlalchemy.dialects import postgresql, sqlite

from app.extensions import db


def leave_mark(model: type[Model], keys: Sequence[str], values: dict[str, Any], *, rising: str) -> None:
    """Add the row of ``model`` that ``keys`` name, or renew it where its column ``rising`` would not go back.

    Commits, without making the page's rows stale. Two devices at the same moment leave one row, the
    further one. Run inside ``access.system``: it is a statement of Core.
    """
    table: Any = model.__table__
    insert = postgresql.insert if db.engine.dialect.name == "postgresql" else sqlite.insert
    fresh = insert(table).values(values)
    db.session.execute(
        fresh.on_conflict_do_update(
            index_elements=[table.c[key] for key in keys],
            set_={name: fresh.excluded[name] for name in values if name not in keys},
            where=table.c[rising] <= fresh.excluded[rising],
        )
    )
    session = db.session()
    expires, session.expire_on_commit = session.expire_on_commit, False
    try:
        session.commit()
    finally:
        session.expire_on_commit = expires
