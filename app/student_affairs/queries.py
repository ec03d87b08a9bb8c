"""What waits today on a desk: a fixed handful of statements, for one class or forty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.branches import own_classes
from app.access.choices import in_own_classes
from app.access.policy import STAFF_OF_CHANNEL, is_staff_of_channel
from app.access.scopes import link_review_area
from app.access.statements import fixed
from app.bulletins.models import Bulletin
from app.contact_books.models import ContactBookEntry
from app.conversations.models import Channel, ChannelSwitch, Conversation, ConversationRead
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import today
from app.schools.models import AcademicTerm, Enrollment, School, SchoolClass, Student, class_label

WAITING_SHOWN = 12
"""So many of the newest messages that wait are shown; the counts know of all."""
SCHOOL_DAYS = 5
OFFICES = tuple(channel for channel in Channel if channel != Channel.HOMEROOM)


@dataclass(frozen=True, slots=True)
class Overview:
    """What concerns the school rather than one class."""

    school_year: int | None
    semester: int | None
    week: int | None
    """Of the term, counted from Mondays."""
    pending_links: int
    oldest_pending: datetime | None
    oldest_link: int | None
    waiting: dict[Channel, int]
    """Conversations with an office of the actor whose last word is a guardian's."""
    switches: dict[Channel, bool]


def overview(actor: Actor) -> Overview:
    """Term, applications to review and what waits at the actor's offices. One statement."""
    day = today()
    own = tuple(channel for channel in OFFICES if is_staff_of_channel(actor, channel))
    row = db.session.execute(_overview(actor.shape, own), {"day": day, "school_id": actor.school_id}).first()
    if row is None:
        return Overview(None, None, None, 0, None, None, {}, {})
    return Overview(
        row.school_year,
        row.semester,
        _week_of_term(row.starts_on, day) if row.starts_on else None,
        row.pending_links,
        row.oldest_pending,
        row.oldest_link,
        {channel: getattr(row, f"waiting_{channel.value}") for channel in own},
        {channel: bool(getattr(row, f"switch_{channel.value}")) for channel in own},
    )


@lru_cache(maxsize=200)
def _overview(shape: str, offices: tuple[Channel, ...]) -> Any:
    pending = _pending().where(link_review_area(GuardianLink, shape)).subquery()
    day: sa.BindParameter[date] = sa.bindparam("day")
    return fixed(
        sa.select(
            AcademicTerm.school_year,
            AcademicTerm.semester,
            AcademicTerm.starts_on,
            pending.c.pending_links,
            pending.c.oldest_pending,
            pending.c.oldest_link,
            *(_waiting_at(channel).label(f"waiting_{channel.value}") for channel in offices),
            *(_switch_of(channel).label(f"switch_{channel.value}") for channel in offices),
        )
        .select_from(School)
        .join(pending, sa.true())
        .outerjoin(AcademicTerm, (AcademicTerm.starts_on <= day) & (AcademicTerm.ends_on >= day))
        .where(School.id == sa.bindparam("school_id"))
        .limit(1)
    )


def _pending() -> Any:
    """How many applications wait, since when, and which is the first. The data layer goes over the links once."""
    return sa.select(
        sa.func.count(GuardianLink.id).label("pending_links"),
        sa.func.min(GuardianLink.created_at).label("oldest_pending"),
        sa.func.min(GuardianLink.id).label("oldest_link"),
    ).where(GuardianLink.status == LinkStatus.PENDING)


def _waiting_at(channel: Channel) -> Any:
    return (
        sa.select(sa.func.count(Conversation.id))
        .where(Conversation.channel == channel, Conversation.last_message_is_from_guardian.is_(sa.true()))
        .scalar_subquery()
    )


def _switch_of(channel: Channel) -> Any:
    return (
        sa.select(ChannelSwitch.is_open)
        .where(
            ChannelSwitch.school_id == sa.bindparam("school_id"),
            ChannelSwitch.class_id.is_(None),
            ChannelSwitch.channel == channel,
        )
        .scalar_subquery()
    )


def _week_of_term(starts_on: date, day: date) -> int:
    return (_monday(day) - _monday(starts_on)).days // 7 + 1


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


@dataclass(slots=True)
class OwnClass:
    """A class of the actor, and how its day stands."""

    id: int
    grade_level: int
    name: str
    pupils: int
    bulletins: int
    """Published now."""
    next_end: date | None
    """The first day on which one of them ends."""
    unread: int
    """Conversations in which a guardian wrote something that the actor has not read."""
    pending_links: int
    oldest_link: int | None
    oldest_pending: datetime | None
    is_open: bool
    written: dict[date, int]
    """The days of this week that have a contact book, with its number."""

    @property
    def label(self) -> str:
        return class_label(self.grade_level, self.name)

    @property
    def entry_of_today(self) -> int | None:
        return self.written.get(today())


def _read_by_actor() -> sa.ColumnElement[bool]:
    return (ConversationRead.conversation_id == Conversation.id) & (
        ConversationRead.account_id == sa.bindparam("account_id")
    )


def _is_unread() -> sa.ColumnElement[bool]:
    return Conversation.last_message_is_from_guardian.is_(sa.true()) & (
        Conversation.last_message_id > sa.func.coalesce(ConversationRead.last_read_message_id, 0)
    )


def _own_classes() -> Any:
    day: sa.BindParameter[date] = sa.bindparam("day")
    seats = sa.select(sa.func.count(Enrollment.id)).where(
        Enrollment.class_id == SchoolClass.id, Enrollment.ended_on.is_(None)
    )
    published = (
        sa.select(
            Bulletin.class_id,
            sa.func.count(Bulletin.id).label("bulletins"),
            sa.func.min(Bulletin.publish_until).label("next_end"),
        )
        .where(
            Bulletin.class_id.in_(own_classes()),
            Bulletin.publish_from <= day,
            Bulletin.publish_until.is_(None) | (Bulletin.publish_until >= day),
        )
        .group_by(Bulletin.class_id)
        .subquery()
    )
    unread = (
        sa.select(sa.func.count(Conversation.id))
        .join(Enrollment, (Enrollment.student_id == Conversation.student_id) & Enrollment.ended_on.is_(None))
        .outerjoin(ConversationRead, _read_by_actor())
        .where(Enrollment.class_id == SchoolClass.id, Conversation.channel == Channel.HOMEROOM, _is_unread())
    )
    pending = (
        _pending()
        .add_columns(GuardianLink.class_id)
        .where(GuardianLink.class_id.in_(own_classes()))
        .group_by(GuardianLink.class_id)
        .subquery()
    )
    return (
        sa.select(
            SchoolClass.id,
            SchoolClass.grade_level,
            SchoolClass.class_name,
            seats.scalar_subquery().label("pupils"),
            sa.func.coalesce(published.c.bulletins, 0).label("bulletins"),
            published.c.next_end,
            unread.scalar_subquery().label("unread"),
            sa.func.coalesce(pending.c.pending_links, 0).label("pending_links"),
            pending.c.oldest_link,
            pending.c.oldest_pending,
            ChannelSwitch.is_open,
        )
        .select_from(SchoolClass)
        .outerjoin(ChannelSwitch, (ChannelSwitch.class_id == SchoolClass.id) & (ChannelSwitch.channel == Channel.HOMEROOM))
        .outerjoin(published, published.c.class_id == SchoolClass.id)
        .outerjoin(pending, pending.c.class_id == SchoolClass.id)
        .where(in_own_classes())
        .order_by(SchoolClass.grade_level, SchoolClass.id)
    )


_OWN_CLASSES = fixed(_own_classes())
_WRITTEN = fixed(
    sa.select(ContactBookEntry.id, ContactBookEntry.class_id, ContactBookEntry.entry_date).where(
        ContactBookEntry.class_id.in_(sa.bindparam("classes", expanding=True)),
        ContactBookEntry.entry_date.between(sa.bindparam("first"), sa.bindparam("last")),
    )
)


def own_classes_today(actor: Actor) -> list[OwnClass]:
    """The actor's own classes by grade, each with its day. Two statements; none for who looks after no class."""
    if not is_staff_of_channel(actor, Channel.HOMEROOM):
        return []
    rows = db.session.execute(_OWN_CLASSES, {"day": today(), "account_id": actor.id}).all()
    written: dict[int, dict[date, int]] = {row.id: {} for row in rows}
    monday = _monday(today())
    for entry in db.session.execute(
        _WRITTEN, {"classes": list(written), "first": monday, "last": monday + timedelta(days=6)}
    ):
        written[entry.class_id][entry.entry_date] = entry.id
    return [
        OwnClass(
            row.id,
            row.grade_level,
            row.class_name,
            row.pupils,
            row.bulletins,
            row.next_end,
            row.unread,
            row.pending_links,
            row.oldest_link,
            row.oldest_pending,
            bool(row.is_open),
            written[row.id],
        )
        for row in rows
    ]


def days_of_week() -> list[date]:
    """The school days of this week, Monday first."""
    monday = _monday(today())
    return [monday + timedelta(days=number) for number in range(SCHOOL_DAYS)]


@dataclass(frozen=True, slots=True)
class WaitingMessage:
    student_id: int
    name: str
    class_id: int
    channel: Channel
    beginning: str


def waiting_messages(actor: Actor) -> list[WaitingMessage]:
    """The newest conversations that wait for the actor: unread ones of the own classes, unanswered ones of the offices.

    One statement; none for who speaks on no channel.
    """
    channels = tuple(channel for channel in STAFF_OF_CHANNEL if is_staff_of_channel(actor, channel))
    if not channels:
        return []
    rows = db.session.execute(_waiting(channels), {"account_id": actor.id, "school_id": actor.school_id})
    return [WaitingMessage(row.id, row.full_name, row.class_id, row.channel, row.last_message_text) for row in rows]


@lru_cache(maxsize=20)
def _waiting(channels: tuple[Channel, ...]) -> Any:
    own = sa.select(SchoolClass.id).where(in_own_classes())
    waits = {channel: Conversation.channel == channel for channel in channels}
    if Channel.HOMEROOM in waits:
        waits[Channel.HOMEROOM] = waits[Channel.HOMEROOM] & Enrollment.class_id.in_(own) & _is_unread()
    return fixed(
        sa.select(
            Student.id,
            Student.full_name,
            Enrollment.class_id,
            Conversation.channel,
            Conversation.last_message_text,
        )
        .select_from(Conversation)
        .join(Student, Student.id == Conversation.student_id)
        .join(Enrollment, (Enrollment.student_id == Student.id) & Enrollment.ended_on.is_(None))
        .outerjoin(ConversationRead, _read_by_actor())
        .where(
            Conversation.school_id == sa.bindparam("school_id"),
            Conversation.last_message_is_from_guardian.is_(sa.true()),
            sa.or_(*waits.values()),
        )
        .order_by(Conversation.last_message_at.desc())
        .limit(WAITING_SHOWN)
    )


def names_of(messages: Sequence[WaitingMessage], channel: Channel, class_id: int | None = None) -> list[str]:
    """Whose guardians wrote, as far as they are shown."""
    return [
        message.name
        for message in messages
        if message.channel == channel and (class_id is None or message.class_id == class_id)
    ]
