"""Lists of bulletins, by keyset: pinned first, then the newest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from app.access.loading import LARGEST_ID
from app.bulletins.models import Bulletin
from app.extensions import db
from app.model_types import today

PAGE = 20


@dataclass(frozen=True, slots=True)
class Row:
    """A bulletin in a list."""

    id: int
    title: str
    is_pinned: bool
    publish_from: date
    publish_until: date | None
    author_name: str

    @property
    def is_ahead(self) -> bool:
        """Guardians do not see it yet."""
        return self.publish_from > today()

    @property
    def is_over(self) -> bool:
        """Guardians do not see it any more."""
        return self.publish_until is not None and self.publish_until < today()


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row]
    older: str | None
    """What to pass as ``after`` for the next page; None: these are the last."""


_MARK = re.compile(r"([01])_(\d{4}-\d{2}-\d{2})_(\d{1,10})")


def bulletins_of_class(class_id: int, after: str | None = None) -> Page:
    """A page of the bulletins of a class within the reader's scope: a guardian sees the published ones. One statement.

    ``after`` is a former page's ``older``; anything else begins at the top.
    """
    order = (Bulletin.is_pinned, Bulletin.publish_from, Bulletin.id)
    query = (
        sa.select(
            Bulletin.id,
            Bulletin.title,
            Bulletin.is_pinned,
            Bulletin.publish_from,
            Bulletin.publish_until,
            Bulletin.author_name,
        )
        .where(Bulletin.class_id == class_id)
        .order_by(*(column.desc() for column in order))
        .limit(PAGE + 1)
    )
    mark = _read_mark(after or "")
    if mark is not None:
        query = query.where(
            sa.tuple_(*order)
            < sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(mark, order, strict=True)))
        )
    rows = [Row(*row) for row in db.session.execute(query)]
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(rows[:PAGE], f"{int(last.is_pinned)}_{last.publish_from.isoformat()}_{last.id}" if last else None)


def _read_mark(text: str) -> tuple[bool, date, int] | None:
    match = _MARK.fullmatch(text)
    if match is None or int(match[3]) > LARGEST_ID:
        return None
    try:
        return match[1] == "1", date.fromisoformat(match[2]), int(match[3])
    except ValueError:
        return None
