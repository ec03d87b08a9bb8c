"""What hangs on a row: as long as anything does, the row is not deleted from a screen."""

from __future__ import annotations

from collections import Counter
from typing import Any

import sqlalchemy as sa

from app.access.session import system
from app.extensions import db


def what_hangs_on(row: Any) -> dict[str, int]:
    """Table → how many of its rows name ``row``, in one statement; deleting would take them along or fail.

    Counted beyond the actor's scope on purpose: marks that a keeper may not read must not vanish with the student.
    """
    table, key = type(row).__table__, sa.inspect(row).identity[0]
    counts = []
    for other in table.metadata.sorted_tables:
        for reference in other.foreign_keys:
            if reference.column.table is table:
                count = sa.select(sa.func.count()).select_from(other).where(reference.parent == key)
                counts.append((other.name, count.scalar_subquery()))
    if not counts:
        return {}
    with system("count what hangs on a row that is to be deleted"):
        found = db.session.execute(sa.select(*(count for _, count in counts))).one()
    hanging: Counter[str] = Counter()
    for (name, _), number in zip(counts, found, strict=True):
        hanging[name] += number
    return {name: number for name, number in hanging.items() if number}
