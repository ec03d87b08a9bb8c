"""What the conversation pages read: classes to choose from, the students of one, the messages of one conversation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.choices import in_homeroom_area
from app.access.loading import LARGEST_ID
from app.access.statements import fixed
from app.conversations.models import Channel, ChannelSwitch, Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.model_types import TAIPEI, today
from app.schools.models import Enrollment, HomeroomAssignment, SchoolClass, Student, class_label

MESSAGES_ON_A_PAGE = 50
NEWEST_CONVERSATIONS = 50


# ---------- choosing class and student ----------


@dataclass(frozen=True, slots=True)
class ClassChoice:
    """A class in 年級／班級, with the 「互動開關」 that counts there."""

    id: int
    grade_level: int
    name: str
    is_open: bool
    holds_student: bool
    """The student that was asked for sits here."""

    @property
    def label(self) -> str:
        return class_label(self.grade_level, self.name)


def classes_to_choose_from(actor: Actor, channel: Channel, student_id: int = 0) -> list[ClassChoice]:
    """The classes in which ``actor`` may talk with guardians on ``channel``, by grade.

    Homeroom: the own classes, or the whole school for 導師 + 管理者, with students or a teacher now. Offices: only
    classes with an approved link (B3.7, B3.8). ``student_id`` marks the class in which that student sits. One statement.
    """
    seat = sa.select(Enrollment.id).where(Enrollment.class_id == SchoolClass.id, Enrollment.ended_on.is_(None))
    if channel == Channel.HOMEROOM:
        taught = sa.select(HomeroomAssignment.id).where(
            HomeroomAssignment.class_id == SchoolClass.id, HomeroomAssignment.ended_on.is_(None)
        )
        offered = in_homeroom_area(actor) & (seat.exists() | taught.exists())
        switch = ChannelSwitch.class_id == SchoolClass.id
    else:
        linked = sa.select(GuardianLink.student_id).where(GuardianLink.status == LinkStatus.APPROVED)
        offered = (SchoolClass.school_id == actor.school_id) & seat.where(Enrollment.student_id.in_(linked)).exists()
        switch = ChannelSwitch.class_id.is_(None) & (ChannelSwitch.school_id == SchoolClass.school_id)
    holds_student: sa.ColumnElement[bool] = sa.false()
    if 0 < student_id <= LARGEST_ID:
        holds_student = seat.where(Enrollment.student_id == student_id).exists()
    rows = db.session.execute(
        sa.select(
            SchoolClass.id,
            SchoolClass.grade_level,
            SchoolClass.class_name,
            sa.func.coalesce(ChannelSwitch.is_open, sa.false()).label("is_open"),
            holds_student.label("holds_student"),
        )
        .outerjoin(ChannelSwitch, switch & (ChannelSwitch.channel == channel))
        .where(offered)
        .order_by(SchoolClass.grade_level, SchoolClass.id)
    )
    return [ClassChoice(row.id, row.grade_level, row.class_name, bool(row.is_open), bool(row.holds_student)) for row in rows]


def is_office_open(actor: Actor, channel: Channel) -> bool:
    """「互動開關」 of an office of the actor's school; no row means 關."""
    return bool(
        db.session.scalar(
            sa.select(ChannelSwitch.is_open).where(
                ChannelSwitch.school_id == actor.school_id,
                ChannelSwitch.class_id.is_(None),
                ChannelSwitch.channel == channel,
            )
        )
    )


@dataclass(slots=True)
class Pupil:
    """A student in the list beside a conversation, and how that conversation stands for the reader."""

    student_id: int
    name: str
    seat_number: int | None
    class_id: int
    conversation_id: int | None
    last_message_id: int | None
    last_message_at: datetime | None
    last_message_text: str
    last_is_from_guardian: bool
    last_read_id: int
    guardians: list[tuple[str, Relationship]]
    """Name and relation of each linked guardian; empty: nobody would read a message."""

    @property
    def is_unread(self) -> bool:
        return self.last_is_from_guardian and (self.last_message_id or 0) > self.last_read_id


def pupils_of_class(actor: Actor, channel: Channel, class_id: int) -> list[Pupil]:
    """The students who sit in the class now, by seat, each with conversation and linked guardians. Two statements."""
    rows = db.session.execute(
        _pupils()
        .outerjoin(Conversation, (Conversation.student_id == Student.id) & (Conversation.channel == channel))
        .outerjoin(ConversationRead, _read_by(actor, Conversation.id))
        .where(Enrollment.class_id == class_id)
        .order_by(Enrollment.seat_number, Student.id)
    ).all()
    links = db.session.execute(
        sa.select(GuardianLink.student_id, GuardianLink.guardian_name, GuardianLink.relationship_kind)
        .join(Enrollment, (Enrollment.student_id == GuardianLink.student_id) & Enrollment.ended_on.is_(None))
        .where(Enrollment.class_id == class_id, GuardianLink.status == LinkStatus.APPROVED)
        .order_by(GuardianLink.id)
    ).all()
    guardians: dict[int | None, list[tuple[str, Relationship]]] = {}
    for link in links:
        guardians.setdefault(link.student_id, []).append((link.guardian_name, link.relationship_kind))
    return [_pupil(row, guardians.get(row.id, [])) for row in rows]


def newest_conversations(actor: Actor, channel: Channel, classes: Sequence[ClassChoice]) -> list[Pupil]:
    """The students of the conversations that moved last, before a class is chosen. One statement."""
    rows = db.session.execute(
        _pupils()
        .join(Conversation, (Conversation.student_id == Student.id) & (Conversation.channel == channel))
        .outerjoin(ConversationRead, _read_by(actor, Conversation.id))
        .where(Conversation.school_id == actor.school_id, Conversation.last_message_at.is_not(None))
        .order_by(Conversation.last_message_at.desc())
        .limit(NEWEST_CONVERSATIONS)
    )
    offered = {choice.id for choice in classes}
    return [_pupil(row, []) for row in rows if row.class_id in offered]


def _pupils() -> Any:
    return (
        sa.select(
            Student.id,
            Student.full_name,
            Enrollment.seat_number,
            Enrollment.class_id,
            Conversation.id.label("conversation_id"),
            Conversation.last_message_id,
            Conversation.last_message_at,
            Conversation.last_message_text,
            Conversation.last_message_is_from_guardian,
            ConversationRead.last_read_message_id,
        )
        .select_from(Enrollment)
        .join(Student, Student.id == Enrollment.student_id)
        .where(Enrollment.ended_on.is_(None))
    )


def _pupil(row: Any, guardians: list[tuple[str, Relationship]]) -> Pupil:
    return Pupil(
        student_id=row.id,
        name=row.full_name,
        seat_number=row.seat_number,
        class_id=row.class_id,
        conversation_id=row.conversation_id,
        last_message_id=row.last_message_id,
        last_message_at=row.last_message_at,
        last_message_text=row.last_message_text or "",
        last_is_from_guardian=bool(row.last_message_is_from_guardian),
        last_read_id=row.last_read_message_id or 0,
        guardians=guardians,
    )


def in_reading_order(pupils: Sequence[Pupil]) -> list[Pupil]:
    """What waits to be read first, then the newest conversations, then the rest by seat."""
    return sorted(
        pupils,
        key=lambda pupil: (
            not pupil.is_unread,
            not pupil.last_message_id,
            -(pupil.last_message_id or 0),
            pupil.seat_number or 0,
        ),
    )


# ---------- the messages ----------


@dataclass(frozen=True, slots=True)
class Line:
    """A message as a page shows it."""

    id: int
    author_name: str
    capacity: str
    """母親, 導師, 教務處 …"""
    is_from_guardian: bool
    body: str
    created_at: datetime
    day: date


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages of one conversation, oldest first."""

    lines: Sequence[Line] = ()
    older_than: int | None = None
    """The id to go on from for 較早的訊息; None: these are the first."""
    conversation_id: int | None = None
    last_read_id: int = 0

    @property
    def newest_id(self) -> int:
        return self.lines[-1].id if self.lines else 0

    @property
    def has_news(self) -> bool:
        return self.newest_id > self.last_read_id

    def by_day(self) -> Iterator[tuple[date, bool, list[Line]]]:
        """(day, whether it is today, its messages), for the separators."""
        lines: list[Line] = []
        for line in self.lines:
            if lines and lines[-1].day != line.day:
                yield lines[0].day, lines[0].day == today(), lines
                lines = []
            lines.append(line)
        if lines:
            yield lines[0].day, lines[0].day == today(), lines


def _page_statement(of_conversation: sa.ColumnElement[bool], *conditions: sa.ColumnElement[bool]) -> Any:
    return fixed(
        sa.select(
            Message.id,
            Message.conversation_id,
            Message.author_name,
            Message.author_capacity,
            Message.is_from_guardian,
            Message.body,
            Message.created_at,
            ConversationRead.last_read_message_id,
        )
        .outerjoin(
            ConversationRead,
            (ConversationRead.conversation_id == Message.conversation_id)
            & (ConversationRead.account_id == sa.bindparam("account_id")),
        )
        .where(of_conversation, *conditions)
        .order_by(Message.id.desc())
        .limit(MESSAGES_ON_A_PAGE + 1)
    )


_EARLIER = Message.id < sa.bindparam("before")
_OF_CONVERSATION = Message.conversation_id == sa.bindparam("conversation_id")
_ABOUT = Message.conversation_id == (
    sa.select(Conversation.id)
    .where(Conversation.student_id == sa.bindparam("student_id"), Conversation.channel == sa.bindparam("channel"))
    .scalar_subquery()
)
_NEWEST_OF_CONVERSATION = _page_statement(_OF_CONVERSATION)
_EARLIER_OF_CONVERSATION = _page_statement(_OF_CONVERSATION, _EARLIER)
_NEWEST_ABOUT = _page_statement(_ABOUT)
_EARLIER_ABOUT = _page_statement(_ABOUT, _EARLIER)


def messages_of_conversation(actor: Actor, conversation_id: int, before: int | None = None) -> Page:
    """A page of a conversation whose number is known, up to the message ``before``. One statement."""
    values = {"account_id": actor.id, "conversation_id": conversation_id}
    if before is None:
        return _page(_NEWEST_OF_CONVERSATION, values)
    return _page(_EARLIER_OF_CONVERSATION, {**values, "before": _possible(before)})


def messages_about(actor: Actor, student_id: int, channel: Channel, before: int | None = None) -> Page:
    """A page of the conversation about a student on ``channel``, up to the message ``before``. One statement."""
    values = {"account_id": actor.id, "student_id": student_id, "channel": channel}
    if before is None:
        return _page(_NEWEST_ABOUT, values)
    return _page(_EARLIER_ABOUT, {**values, "before": _possible(before)})


def _possible(message_id: int) -> int:
    return max(0, min(message_id, LARGEST_ID))


def _page(statement: Any, values: dict[str, Any]) -> Page:
    rows = db.session.execute(statement, values).all()
    if not rows:
        return Page()
    shown = rows[:MESSAGES_ON_A_PAGE]
    capacities = {capacity: str(capacity_label(capacity)) for capacity in {row.author_capacity for row in shown}}
    return Page(
        lines=[
            Line(
                row.id,
                row.author_name,
                capacities[row.author_capacity],
                row.is_from_guardian,
                row.body,
                row.created_at,
                row.created_at.astimezone(TAIPEI).date(),
            )
            for row in reversed(shown)
        ],
        older_than=shown[-1].id if len(rows) > len(shown) else None,
        conversation_id=rows[0].conversation_id,
        last_read_id=rows[0].last_read_message_id or 0,
    )


def _read_by(actor: Actor, conversation_id: Any) -> sa.ColumnElement[bool]:
    return (ConversationRead.conversation_id == conversation_id) & (ConversationRead.account_id == actor.id)


_CAPACITIES: dict[str, Any] = {member.value: member.label for kind in (Channel, Relationship) for member in kind}


def capacity_label(capacity: str) -> Any:
    """母親, 導師, 教務處 … for what a message keeps as its author's capacity."""
    return _CAPACITIES.get(capacity, capacity)
