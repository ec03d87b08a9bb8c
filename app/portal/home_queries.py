"""What waits for a guardian at home: four statements, whatever the number of children and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.statements import fixed
from app.bulletins.models import Bulletin, BulletinRead
from app.contact_books.models import ContactBookEntry, ContactBookItem, ContactBookRead, ItemKind
from app.contact_books.queries import is_news
from app.conversations.models import Channel, Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now, today
from app.portal.queries import Child
from app.schools.models import School

BOOKS_BACK = timedelta(days=4)
"""From Monday back to Friday, and one day more for a long weekend."""
BULLETINS_BACK = timedelta(days=14)
QUESTIONS_BACK = timedelta(days=14)
MOST_BULLETINS = 100


@dataclass
class Book:
    """The newest contact book of a class."""

    class_id: int
    day: date
    is_unread: bool
    was_changed: bool
    """It was read before it was changed."""
    counts: Counter[ItemKind] = field(default_factory=Counter)
    things: list[str] = field(default_factory=list)
    """攜帶: what to bring on the next school day."""

    @property
    def next_school_day(self) -> date:
        """The day for which homework and things to bring are meant: Monday after a Friday."""
        day = self.day + timedelta(days=1)
        while day.weekday() >= 5:
            day += timedelta(days=1)
        return day


_NEWEST_BOOKS = fixed(
    sa.select(
        ContactBookEntry.class_id,
        ContactBookEntry.entry_date,
        ContactBookItem.kind,
        ContactBookItem.text,
        ContactBookEntry.updated_at,
        ContactBookRead.last_day,
        ContactBookRead.read_at,
    )
    .outerjoin(ContactBookItem, ContactBookItem.entry_id == ContactBookEntry.id)
    .outerjoin(
        ContactBookRead,
        (ContactBookRead.class_id == ContactBookEntry.class_id) & (ContactBookRead.account_id == sa.bindparam("account_id")),
    )
    .where(
        ContactBookEntry.class_id.in_(sa.bindparam("classes", expanding=True)),
        ContactBookEntry.entry_date.between(sa.bindparam("since"), sa.bindparam("day")),
    )
    .order_by(ContactBookEntry.entry_date.desc(), ContactBookItem.position, ContactBookItem.id)
)


def newest_books(actor: Actor, children: Sequence[Child]) -> dict[int, Book]:
    """class_id → the newest book of the last days; a book of a day to come is not shown before its day (B3.4)."""
    day = today()
    values = {"account_id": actor.id, "classes": _classes_of(children), "since": day - BOOKS_BACK, "day": day}
    rows = db.session.execute(_NEWEST_BOOKS, values)
    books: dict[int, Book] = {}
    for class_id, entry_date, kind, text, updated_at, last_day, read_at in rows:
        if class_id not in books:
            news = is_news(entry_date, updated_at, last_day, read_at)
            books[class_id] = Book(class_id, entry_date, news, news and last_day == entry_date)
        book = books[class_id]
        if kind is None or entry_date != book.day:
            continue
        book.counts[kind] += 1
        if kind == ItemKind.BRING:
            book.things.append(text)
    return books


def _classes_of(children: Sequence[Child]) -> list[int | None]:
    return list({child.class_id for child in children})


@dataclass(frozen=True, slots=True)
class Talk:
    """How a conversation stands for the guardian."""

    student_id: int
    channel: Channel
    unread: int
    """Messages of the school that the guardian has not read."""
    author_name: str
    text: str
    """The newest of those; when all is read, the last message."""
    sent_at: datetime
    is_from_guardian: bool

    @property
    def asks(self) -> bool:
        """Read, of the last days, ends the conversation with a question of the school: it waits for an answer.

        Not every message wants one; a question mark says so.
        """
        if self.unread or self.is_from_guardian or self.sent_at < now() - QUESTIONS_BACK:
            return False
        return "？" in self.text or "?" in self.text  # noqa: RUF001 (the question mark of Chinese)


_UNREAD = (
    sa.select(
        Message.conversation_id,
        sa.func.count(Message.id).label("count"),
        sa.func.max(Message.id).label("newest"),
    )
    .outerjoin(
        ConversationRead,
        (ConversationRead.conversation_id == Message.conversation_id)
        & (ConversationRead.account_id == sa.bindparam("account_id")),
    )
    .where(
        Message.is_from_guardian.is_(sa.false()),
        Message.id > sa.func.coalesce(ConversationRead.last_read_message_id, 0),
    )
    .group_by(Message.conversation_id)
    .subquery()
)
_TALKS = fixed(
    sa.select(
        Conversation.student_id,
        Conversation.channel,
        sa.func.coalesce(_UNREAD.c.count, 0).label("unread"),
        Message.author_name,
        Message.body,
        Message.created_at,
        Message.is_from_guardian,
    )
    .outerjoin(_UNREAD, _UNREAD.c.conversation_id == Conversation.id)
    .join(Message, Message.id == sa.func.coalesce(_UNREAD.c.newest, Conversation.last_message_id))
    .order_by(Message.id.desc())
)


def talks_of(actor: Actor) -> list[Talk]:
    """Every conversation that is open to the guardian, the newest first."""
    rows = db.session.execute(_TALKS, {"account_id": actor.id})
    return [Talk(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class BulletinNote:
    id: int
    class_id: int
    title: str
    publish_from: date
    is_unread: bool
    was_changed: bool
    """It was read before it was changed."""


_RECENT_BULLETINS = fixed(
    sa.select(
        Bulletin.id,
        Bulletin.class_id,
        Bulletin.title,
        Bulletin.publish_from,
        Bulletin.updated_at,
        BulletinRead.read_at,
    )
    .outerjoin(
        BulletinRead, (BulletinRead.bulletin_id == Bulletin.id) & (BulletinRead.account_id == sa.bindparam("account_id"))
    )
    .where(
        Bulletin.class_id.in_(sa.bindparam("classes", expanding=True)),
        Bulletin.publish_from >= sa.bindparam("since"),
    )
    .order_by(Bulletin.publish_from.desc(), Bulletin.id.desc())
    .limit(MOST_BULLETINS)
)


def recent_bulletins(actor: Actor, children: Sequence[Child]) -> list[BulletinNote]:
    """The bulletins of the last two weeks, newest first."""
    values = {"account_id": actor.id, "classes": _classes_of(children), "since": today() - BULLETINS_BACK}
    rows = db.session.execute(_RECENT_BULLETINS, values)
    return [
        BulletinNote(
            row.id,
            row.class_id,
            row.title,
            row.publish_from,
            is_unread=row.read_at is None or row.read_at < row.updated_at,
            was_changed=row.read_at is not None and row.read_at < row.updated_at,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class WaitingApplication:
    student_name: str
    school_name: str


_WAITING = fixed(
    sa.select(GuardianLink.typed_name, School.name)
    .join(School, School.id == GuardianLink.school_id)
    .where(GuardianLink.account_id == sa.bindparam("account_id"), GuardianLink.status == LinkStatus.PENDING)
    .order_by(GuardianLink.id)
)


def waiting_applications(actor: Actor) -> list[WaitingApplication]:
    """The guardian's own applications that the school has not decided on."""
    if not actor.waiting_links:
        return []
    rows = db.session.execute(_WAITING, {"account_id": actor.id})
    return [WaitingApplication(*row) for row in rows]
