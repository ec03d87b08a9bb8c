"""What is read of the contact books: the days of a class, and the book of one day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.statements import fixed
from app.attachments.models import Attachment, ScanState
from app.contact_books.models import ContactBookEntry, ContactBookItem, ContactBookRead, ItemKind
from app.extensions import db
from app.model_types import today

PAGE = 20
AROUND = 8
"""So many written days on either side are looked up at once: a week's strip and the nearest ones need no more."""
EARLIER_DAYS = 7
"""So many written days can be taken over into a new one: a week of school and a little more."""
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Row:
    """A written day in the teachers' list."""

    id: int
    day: date
    texts: dict[ItemKind, list[str]]
    """What stands under each heading, in the book's order."""
    files: int


@dataclass(frozen=True, slots=True)
class Page:
    rows: Sequence[Row]
    older: date | None
    """Pass as ``before`` for the next page; None: these are the first days."""


def days_of_class(class_id: int, before: date | None = None) -> Page:
    """A page of the written days of a class, the newest first. Two statements."""
    query = (
        sa.select(ContactBookEntry.id, ContactBookEntry.entry_date)
        .where(ContactBookEntry.class_id == class_id)
        .order_by(ContactBookEntry.entry_date.desc())
        .limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(ContactBookEntry.entry_date < before)
    entries = db.session.execute(query).all()
    shown = {entry.id: Row(entry.id, entry.entry_date, {}, 0) for entry in entries[:PAGE]}
    lines = db.session.execute(
        sa.select(
            ContactBookItem.entry_id, ContactBookItem.kind, ContactBookItem.text, sa.func.count(Attachment.id).label("files")
        )
        .outerjoin(Attachment, Attachment.item_id == ContactBookItem.id)
        .where(ContactBookItem.entry_id.in_(shown))
        .group_by(ContactBookItem.id)
        .order_by(ContactBookItem.position, ContactBookItem.id)
    ).all()
    for kind in ItemKind:
        for line in lines:
            if line.kind == kind:
                row = shown[line.entry_id]
                row.texts.setdefault(kind, []).append(line.text)
                shown[line.entry_id] = replace(row, files=row.files + line.files)
    return Page(list(shown.values()), entries[PAGE - 1].entry_date if len(entries) > PAGE else None)


@dataclass(frozen=True, slots=True)
class EarlierDay:
    """A written day whose lines a new one can begin with."""

    entry_id: int
    day: date
    lines: list[tuple[ItemKind, str]]


def newest_days(class_id: int, count: int = EARLIER_DAYS) -> list[EarlierDay]:
    """The ``count`` newest written days of a class with their lines. One statement."""
    newest = (
        sa.select(ContactBookEntry.id)
        .where(ContactBookEntry.class_id == class_id)
        .order_by(ContactBookEntry.entry_date.desc())
        .limit(count)
    )
    rows = db.session.execute(
        sa.select(ContactBookEntry.id, ContactBookEntry.entry_date, ContactBookItem.kind, ContactBookItem.text)
        .outerjoin(ContactBookItem, ContactBookItem.entry_id == ContactBookEntry.id)
        .where(ContactBookEntry.id.in_(sa.select(newest.subquery().c.id)))
        .order_by(ContactBookEntry.entry_date.desc(), ContactBookItem.position, ContactBookItem.id)
    )
    days: dict[int, EarlierDay] = {}
    for entry_id, day, kind, text in rows:
        lines = days.setdefault(entry_id, EarlierDay(entry_id, day, [])).lines
        if kind is not None:
            lines.append((kind, text))
    return list(days.values())


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


def _days_around() -> sa.Select[date]:
    day = ContactBookEntry.entry_date
    pivot: sa.BindParameter[date] = sa.bindparam("pivot")
    of_class = sa.select(day).where(ContactBookEntry.class_id == sa.bindparam("class_id"))
    earlier = of_class.where(day <= pivot).order_by(day.desc()).limit(AROUND)
    later = of_class.where(day > pivot).order_by(day).limit(AROUND)
    return of_class.where(
        day.in_(sa.select(earlier.subquery().c.entry_date)) | day.in_(sa.select(later.subquery().c.entry_date))
    ).order_by(day)


_DAYS_AROUND = fixed(_days_around())


def days_around(class_id: int, day: date | None = None) -> Days:
    """``day`` among the written days of a class; without it, the newest written day up to today. One statement."""
    pivot = day or today()
    rows = db.session.scalars(_DAYS_AROUND, {"class_id": class_id, "pivot": pivot})
    written = tuple(rows)
    newest = max((each for each in written if each <= pivot), default=pivot)
    return Days(day or newest, written)


@dataclass(frozen=True, slots=True)
class File:
    id: int
    original_name: str
    size: int
    content_type: str
    scan_state: ScanState


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    attachments: list[File]


@dataclass(frozen=True, slots=True)
class Book:
    """The book of one day as it is read."""

    author_name: str
    created_at: datetime
    updated_at: datetime
    parts: list[tuple[ItemKind, list[Line]]]
    """The lines under their headings, in the order 作業, 攜帶, 考試, 通知, 其他; one without a line is left out."""
    is_news: bool
    """The reader's mark stands before it: an earlier day was the newest that was read, or the book was changed since."""


_BOOK_OF_DAY = fixed(
    sa.select(
        ContactBookEntry.author_name,
        ContactBookEntry.created_at,
        ContactBookEntry.updated_at,
        ContactBookItem.id,
        ContactBookItem.kind,
        ContactBookItem.text,
        Attachment.id.label("file_id"),
        Attachment.original_name,
        Attachment.size,
        Attachment.content_type,
        Attachment.scan_state,
        ContactBookRead.last_day,
        ContactBookRead.read_at,
    )
    .join(ContactBookItem, ContactBookItem.entry_id == ContactBookEntry.id)
    .outerjoin(Attachment, Attachment.item_id == ContactBookItem.id)
    .outerjoin(
        ContactBookRead,
        (ContactBookRead.class_id == ContactBookEntry.class_id) & (ContactBookRead.account_id == sa.bindparam("account_id")),
    )
    .where(ContactBookEntry.class_id == sa.bindparam("class_id"), ContactBookEntry.entry_date == sa.bindparam("day"))
    .order_by(ContactBookItem.position, ContactBookItem.id, Attachment.id)
)


def is_news(day: date, updated_at: datetime, last_day: date | None, read_at: datetime | None) -> bool:
    """Is the book of ``day`` new to an account whose mark stands at ``last_day``, read at ``read_at``?"""
    if last_day is None or read_at is None or last_day < day:
        return True
    return last_day == day and read_at < updated_at


def book_of_day(actor: Actor, class_id: int, day: date) -> Book | None:
    """The book of a class on a day with its files: columns alone, in one statement (every guardian reads it every day)."""
    rows = db.session.execute(_BOOK_OF_DAY, {"class_id": class_id, "day": day, "account_id": actor.id}).all()
    if not rows:
        return None
    lines: dict[int, tuple[ItemKind, Line]] = {}
    for row in rows:
        _kind, line = lines.setdefault(row.id, (row.kind, Line(row.text, [])))
        if row.file_id is not None and row.scan_state != ScanState.INFECTED:
            line.attachments.append(File(row.file_id, row.original_name, row.size, row.content_type, row.scan_state))
    parts = [(kind, [line for its_kind, line in lines.values() if its_kind == kind]) for kind in ItemKind]
    first = rows[0]
    news = is_news(day, first.updated_at, first.last_day, first.read_at)
    return Book(first.author_name, first.created_at, first.updated_at, [part for part in parts if part[1]], news)


@dataclass(frozen=True, slots=True)
class WeekDay:
    """A day of a week on paper; without parts nothing was written."""

    day: date
    parts: tuple[tuple[ItemKind, tuple[str, ...]], ...]


def week_of(class_id: int, day: date) -> list[WeekDay]:
    """Monday to Friday of the week of ``day``, and the weekend's days that are written. One statement."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=number) for number in range(7)]
    lines = db.session.execute(
        sa.select(ContactBookEntry.entry_date, ContactBookItem.kind, ContactBookItem.text)
        .join(ContactBookItem, ContactBookItem.entry_id == ContactBookEntry.id)
        .where(ContactBookEntry.class_id == class_id, ContactBookEntry.entry_date.between(days[0], days[-1]))
        .order_by(ContactBookItem.position, ContactBookItem.id)
    )
    texts: dict[tuple[date, ItemKind], list[str]] = {}
    for entry_date, kind, text in lines:
        texts.setdefault((entry_date, kind), []).append(text)
    week = [
        WeekDay(each, tuple((kind, tuple(texts[each, kind])) for kind in ItemKind if (each, kind) in texts)) for each in days
    ]
    return [each for each in week if each.parts or each.day.weekday() < 5]
