"""What waits for a guardian at home: four statements, whatever the number of children and rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.statements import fixed
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry, ContactBookItem, ItemKind
from app.conversations.models import Channel, Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.portal.queries import Child
from app.schools.models import School

BOOKS_BACK = timedelta(days=4)
"""From Monday back to Friday, and one day more for a long weekend."""
BULLETINS_BACK = timedelta(days=14)
MOST_BULLETINS = 100


@dataclass
class Book:
    """The newest contact book of a class."""

    class_id: int
    day: date
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
    sa.select(ContactBookEntry.class_id, ContactBookEntry.entry_date, ContactBookItem.kind, ContactBookItem.text)
    .outerjoin(ContactBookItem, ContactBookItem.entry_id == ContactBookEntry.id)
    .where(
        ContactBookEntry.class_id.in_(sa.bindparam("classes", expanding=True)),
        ContactBookEntry.entry_date.between(sa.bindparam("since"), sa.bindparam("day")),
    )
    .order_by(ContactBookEntry.entry_date.desc(), ContactBookItem.position, ContactBookItem.id)
)


def newest_books(children: Sequence[Child]) -> dict[int, Book]:
    """class_id → the newest book of the last days; a book of a day to come is not shown before its day (B3.4)."""
    day = today()
    rows = db.session.execute(_NEWEST_BOOKS, {"classes": _classes_of(children), "since": day - BOOKS_BACK, "day": day})
    books: dict[int, Book] = {}
    for class_id, entry_date, kind, text in rows:
        book = books.setdefault(class_id, Book(class_id, entry_date))
        if kind is None or entry_date != book.day:
            continue
        book.counts[kind] += 1
        if kind == ItemKind.BRING:
            book.things.append(text)
    return books


def _classes_of(children: Sequence[Child]) -> list[int | None]:
    return list({child.class_id for child in children})


@dataclass(frozen=True, slots=True)
class Unread:
    """Messages of the school in one conversation that the guardian has not read."""

    student_id: int
    channel: Channel
    count: int
    author_name: str
    text: str
    """The newest of them."""


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
_NEWEST_UNREAD = fixed(
    sa.select(Conversation.student_id, Conversation.channel, _UNREAD.c.count, Message.author_name, Message.body)
    .join(_UNREAD, _UNREAD.c.conversation_id == Conversation.id)
    .join(Message, Message.id == _UNREAD.c.newest)
    .order_by(Message.id.desc())
)


def unread_messages(actor: Actor) -> list[Unread]:
    """Of every conversation that is open to the guardian, the newest first."""
    rows = db.session.execute(_NEWEST_UNREAD, {"account_id": actor.id})
    return [Unread(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class BulletinNote:
    id: int
    class_id: int
    title: str
    publish_from: date


_RECENT_BULLETINS = fixed(
    sa.select(Bulletin.id, Bulletin.class_id, Bulletin.title, Bulletin.publish_from)
    .where(
        Bulletin.class_id.in_(sa.bindparam("classes", expanding=True)),
        Bulletin.publish_from >= sa.bindparam("since"),
    )
    .order_by(Bulletin.publish_from.desc(), Bulletin.id.desc())
    .limit(MOST_BULLETINS)
)


def recent_bulletins(children: Sequence[Child]) -> list[BulletinNote]:
    """The bulletins of the last two weeks, newest first."""
    since = today() - BULLETINS_BACK
    rows = db.session.execute(_RECENT_BULLETINS, {"classes": _classes_of(children), "since": since})
    return [BulletinNote(*row) for row in rows]


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
