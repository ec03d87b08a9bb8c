"""To whom a new or changed row belongs. The client never says it: it follows from the rows that it is tied to."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor


class SchoolsDiffer(Exception):
    """The rows that are tied together belong to different schools. ``column`` names the relation that does not fit."""

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def settle_school(row: Any, actor: Actor) -> None:
    """Set ``row.school_id`` from its student, class or placement; without these, from the chosen school or the actor's.

    Raises SchoolsDiffer. Rows of models that carry no ``school_id`` stay as they are.
    """
    mapper = sa.inspect(type(row))
    if "school_id" not in mapper.columns:
        return
    found: int | None = None
    for name, relation in mapper.relationships.items():
        if relation.uselist or relation.viewonly or "school_id" not in relation.mapper.columns:
            continue
        related = getattr(row, name)
        if related is None:
            continue
        if found is not None and related.school_id != found:
            raise SchoolsDiffer(name)
        found = related.school_id
    if found is None and "school" in mapper.relationships and row.school is not None:
        found = row.school.id
    if found is not None:
        row.school_id = found
    elif row.school_id is None:
        row.school_id = actor.school_id
