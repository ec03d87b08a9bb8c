"""What is read of the contact books: the days of a class, and the book of one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import joinedload, selectinload

from app.attachments.models import Attachment
from app.contact_books.models import ContactBookEntry, ContactBookItem, ItemKind
from app.extensions import db
from app.model_types import today

PAGE = 20
AROUND = 8
"""So many written days on either side are looked up at once: a week's strip and the nearest ones need no more."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Page:
    entries: Sequence[ContactBookEntry]
    """With their items."""
    older: date | None
    """Pass as ``before`` for the next page; None: these are the first days."""


def days_of_class(class_id: int, before: date | None = None) -> Page:
    """A page of the days of a class, the newest first. Three statements."""
    query = (
        sa.select(ContactBookEntry)
        .where(ContactBookEntry.class_id == class_id)
        .order_by(ContactBookEntry.entry_date.desc())
        .limit(PAGE + 1)
        .options(
            selectinload(ContactBookEntry.items)
            .selectinload(ContactBookItem.attachments)
            .load_only(Attachment.id, Attachment.item_id)
        )
    )
    if before is not None:
        query = query.where(ContactBookEntry.entry_date < before)
    entries = db.session.scalars(query).all()
    return Page(entries[:PAGE], entries[PAGE - 1].entry_date if len(entries) > PAGE else None)


@dataclass(frozen=True, slots=True)
class Days:
    """A day among the written days around it."""

    day: date
    written: tuple[date, ...]
    """In order: the nearest ones before, perhaps the day itself, the nearest ones after."""

    @property
    def is_written(self) -> bool:
        return self.day in self.written

    @property
    def before(self) -> date:
        """【<】: the day before; from Monday to Friday when nothing was written on the weekend (B4.4)."""
        return self._step(-ONE_DAY)

    @property
    def after(self) -> date:
        """【>】: the day after; from Friday to Monday when nothing was written for the weekend."""
        return self._step(ONE_DAY)

    def _step(self, step: timedelta) -> date:
        day = self.day + step
        while day.weekday() >= 5 and day not in self.written:
            day += step
        return day

    @property
    def last_written(self) -> date | None:
        return max((day for day in self.written if day < self.day), default=None)

    @property
    def next_written(self) -> date | None:
        return min((day for day in self.written if day > self.day), default=None)

    @property
    def week(self) -> list[date]:
        """Monday to Friday of the day's week, and the weekend's days that are written."""
        monday = self.day - timedelta(days=self.day.weekday())
        week = [monday + timedelta(days=number) for number in range(7)]
        return [day for day in week if day.weekday() < 5 or day in self.written or day == self.day]


def days_around(class_id: int, day: date | None = None) -> Days:
    """``day`` among the written days of a class; without it, the newest written day up to today. One statement."""
    pivot = day or today()
    of_class = sa.select(ContactBookEntry.entry_date).where(ContactBookEntry.class_id == class_id)
    date_column = ContactBookEntry.entry_date
    earlier = of_class.where(date_column <= pivot).order_by(date_column.desc()).limit(AROUND)
    later = of_class.where(date_column > pivot).order_by(date_column).limit(AROUND)
    rows = db.session.scalars(
        of_class.where(
            date_column.in_(sa.select(earlier.subquery().c.entry_date))
            | date_column.in_(sa.select(later.subquery().c.entry_date))
        ).order_by(date_column)
    )
    written = tuple(rows)
    newest = max((each for each in written if each <= pivot), default=pivot)
    return Days(day or newest, written)


def entry_of_day(class_id: int, day: date) -> ContactBookEntry | None:
    """The book of a class on a day, with its items and their attachments, in one statement."""
    query = (
        sa.select(ContactBookEntry)
        .where(ContactBookEntry.class_id == class_id, ContactBookEntry.entry_date == day)
        .options(joinedload(ContactBookEntry.items).joinedload(ContactBookItem.attachments))
    )
    return db.session.scalars(query).unique().one_or_none()


def by_kind(entry: ContactBookEntry) -> list[tuple[ItemKind, list[ContactBookItem]]]:
    """The lines under their headings, in the order 作業, 攜帶, 考試, 通知, 其他; a kind without a line is left out."""
    groups = [(kind, [item for item in entry.items if item.kind == kind]) for kind in ItemKind]
    return [(kind, items) for kind, items in groups if items]
