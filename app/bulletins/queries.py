"""Lists of bulletins, by keyset: pinned first, then the newest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.access.actor import Actor
from app.access.loading import LARGEST_ID
from app.bulletins.models import Bulletin, BulletinRead
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
    is_unread: bool = False
    """New to the guardian who looks, or changed since; for others never."""

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


def bulletins_of_class(class_id: int, after: str | None = None, reader: Actor | None = None) -> Page:
    """A page of the bulletins of a class within the reader's scope: a guardian sees the published ones. One statement.

    ``after`` is a former page's ``older``; anything else begins at the top. With ``reader`` the rows know what is unread.
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
            *((_IS_UNREAD,) if reader else ()),
        )
        .where(Bulletin.class_id == class_id)
        .order_by(*(column.desc() for column in order))
        .limit(PAGE + 1)
    )
    if reader is not None:
        query = query.outerjoin(BulletinRead, _read_by(reader))
    mark = _read_mark(after or "")
    if mark is not None:
        query = query.where(
            sa.tuple_(*order)
            < sa.tuple_(*(sa.literal(value, column.type) for value, column in zip(mark, order, strict=True)))
        )
    rows = [Row(*row) for row in db.session.execute(query)]
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return Page(rows[:PAGE], f"{int(last.is_pinned)}_{last.publish_from.isoformat()}_{last.id}" if last else None)


_IS_UNREAD = sa.or_(BulletinRead.read_at.is_(None), BulletinRead.read_at < Bulletin.updated_at).label("is_unread")


def _read_by(reader: Actor) -> sa.ColumnElement[bool]:
    return (BulletinRead.bulletin_id == Bulletin.id) & (BulletinRead.account_id == reader.id)


def find_bulletin(class_id: int, bulletin_id: int, reader: Actor) -> tuple[Bulletin, bool] | None:
    """A bulletin of a class within the reader's scope with its files, and whether it is unread. One statement."""
    if not 0 < bulletin_id <= LARGEST_ID:
        return None
    query = (
        sa.select(Bulletin, _IS_UNREAD)
        .outerjoin(BulletinRead, _read_by(reader))
        .where(Bulletin.id == bulletin_id, Bulletin.class_id == class_id)
        .options(joinedload(Bulletin.attachments))
    )
    row = db.session.execute(query).unique().first()
    return (row[0], bool(row[1])) if row is not None else None


def _read_mark(text: str) -> tuple[bool, date, int] | None:
    match = _MARK.fullmatch(text)
    if match is None or int(match[3]) > LARGEST_ID:
        return None
    try:
        return match[1] == "1", date.fromisoformat(match[2]), int(match[3])
    except ValueError:
        return None
