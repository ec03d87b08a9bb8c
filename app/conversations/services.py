"""Sending a message, opening and closing a channel, and how far somebody has read."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import IntegrityError

from app.access import policy
from app.access.actor import Actor
from app.access.choices import in_homeroom_area
from app.access.loading import LARGEST_ID
from app.access.reading_marks import leave_mark
from app.access.session import system
from app.audit.reading import record_reading
from app.audit.record import record
from app.conversations.models import Channel, ChannelSwitch, Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.model_types import now
from app.schools.models import Enrollment, SchoolClass, Student
from app.web.clean_text import many_lines

LONGEST_MESSAGE = 5000
"""Characters. A longer text is refused whole, never cut."""
_BEGINNING = 80
_TRIES = 3


class MessageNotSent(Exception):
    """Nothing was saved; ``sentence`` tells the writer why."""

    sentence: Any = ""


class EmptyMessage(MessageNotSent):
    """Nothing but blanks."""

    sentence = _l("Write something before you send.")


class MessageTooLong(MessageNotSent):
    """More than LONGEST_MESSAGE characters."""

    sentence = _l("The message has more than 5,000 characters. Please shorten it, or send it in parts.")


class ChannelClosed(MessageNotSent):
    """「互動開關」 is at 關: nobody can send."""

    sentence = _l("The interaction switch is off, so the message was not sent.")


class NoLinkedGuardian(MessageNotSent):
    """The school writes to guardians; this student has none yet."""

    sentence = _l("No guardian is linked to this student yet, so nobody would read the message.")


class OutOfReach(Exception):
    """The student or class is none that the actor may write about on this channel, or does not exist."""


@dataclass(frozen=True, slots=True)
class _Standing:
    """What is true of a student on a channel at the moment of sending."""

    school_id: int
    is_open: bool
    guardians: int
    own_relation: Relationship | None
    conversation_id: int | None


def send_message(actor: Actor, student_id: int, channel: Channel, body: str, send_key: str) -> Message:
    """Say ``body`` about a student on ``channel`` (B3.6–8, B4.6–8). The same text sent twice by one form is one message.

    ``send_key`` was made with the form. Raises MessageNotSent with its reason, or OutOfReach; then nothing is saved.
    """
    if len(body) > 4 * LONGEST_MESSAGE:
        raise MessageTooLong
    text = many_lines(body)
    if not text:
        raise EmptyMessage
    if len(text) > LONGEST_MESSAGE:
        raise MessageTooLong
    if not policy.may_write_in_channel(actor, channel) or not 0 < student_id <= LARGEST_ID:
        raise OutOfReach
    key = _key_of(actor, student_id, channel, text, send_key)
    for _try in range(_TRIES):
        sent = db.session.scalar(sa.select(Message).where(Message.author_id == actor.id, Message.send_key == key))
        if sent is not None:
            return sent
        standing = _standing(actor, student_id, channel)
        _refuse_unless_it_can_be_sent(actor, standing)
        try:
            return _write(actor, student_id, channel, text, key, standing)
        except IntegrityError:  # the same form, or the first message of the conversation, at the same moment
            db.session.rollback()
    raise OutOfReach


def _key_of(actor: Actor, student_id: int, channel: Channel, text: str, send_key: str) -> str:
    """The form's key together with what it says: a text changed after «back» is another message."""
    form = send_key or secrets.token_urlsafe(16)
    return hashlib.sha256(f"{actor.id}|{student_id}|{channel}|{form}|{text}".encode()).hexdigest()[:40]


def _standing(actor: Actor, student_id: int, channel: Channel) -> _Standing:
    if channel == Channel.HOMEROOM:
        switch = ChannelSwitch.class_id == Enrollment.class_id
    else:
        switch = ChannelSwitch.class_id.is_(None) & (ChannelSwitch.school_id == Student.school_id)
    approved = sa.select(sa.func.count(GuardianLink.id)).where(
        GuardianLink.student_id == Student.id, GuardianLink.status == LinkStatus.APPROVED
    )
    own = sa.select(GuardianLink.relationship_kind).where(
        GuardianLink.student_id == Student.id,
        GuardianLink.status == LinkStatus.APPROVED,
        GuardianLink.account_id == actor.id,
    )
    row = db.session.execute(
        sa.select(
            Student.school_id,
            ChannelSwitch.is_open,
            approved.scalar_subquery().label("guardians"),
            own.scalar_subquery().label("own_relation"),
            Conversation.id.label("conversation_id"),
        )
        .select_from(Student)
        .join(Enrollment, (Enrollment.student_id == Student.id) & Enrollment.ended_on.is_(None))
        .outerjoin(ChannelSwitch, switch & (ChannelSwitch.channel == channel))
        .outerjoin(Conversation, (Conversation.student_id == Student.id) & (Conversation.channel == channel))
        .where(Student.id == student_id)
    ).first()
    if row is None:
        raise OutOfReach
    return _Standing(row.school_id, bool(row.is_open), row.guardians, row.own_relation, row.conversation_id)


def _refuse_unless_it_can_be_sent(actor: Actor, standing: _Standing) -> None:
    if policy.is_guardian(actor) and standing.own_relation is None:
        raise OutOfReach
    if not standing.is_open:
        raise ChannelClosed
    if not standing.guardians:
        raise NoLinkedGuardian


def _write(actor: Actor, student_id: int, channel: Channel, text: str, key: str, standing: _Standing) -> Message:
    conversation_id = standing.conversation_id
    if conversation_id is None:
        conversation = Conversation(student_id=student_id, school_id=standing.school_id, channel=channel)
        db.session.add(conversation)
        db.session.flush()
        conversation_id = conversation.id
    message = Message(
        conversation_id=conversation_id,
        student_id=student_id,
        school_id=standing.school_id,
        channel=channel,
        author_id=actor.id,
        author_name=actor.full_name,
        author_capacity=(standing.own_relation or channel).value,
        is_from_guardian=standing.own_relation is not None,
        body=text,
        send_key=key,
    )
    db.session.add(message)
    db.session.flush()
    # Of two messages at one moment the newer one stands in the lists, whichever transaction comes first.
    db.session.execute(
        sa.update(Conversation)
        .where(
            Conversation.id == conversation_id,
            sa.or_(Conversation.last_message_id.is_(None), Conversation.last_message_id < message.id),
        )
        .values(
            last_message_at=message.created_at,
            last_message_id=message.id,
            last_message_text=" ".join(text.split())[:_BEGINNING],
            last_message_is_from_guardian=message.is_from_guardian,
        )
        .execution_options(synchronize_session=False)
    )
    record(actor, "send.message", message.id, school_id=standing.school_id)
    db.session.commit()
    return message


# ---------- 互動開關 ----------


def open_channel(actor: Actor, channel: Channel, class_id: int | None = None) -> bool:
    """「互動開關」 to 開, of a class (homeroom) or of the actor's school (offices): guardians have the area again.

    Answers whether anything changed. Raises OutOfReach.
    """
    return _set_switch(actor, channel, class_id, is_open=True)


def close_channel(actor: Actor, channel: Channel, class_id: int | None = None) -> bool:
    """「互動開關」 to 關: guardians have no such area, nobody can send, the staff still read (B3.6).

    Answers whether anything changed. Raises OutOfReach.
    """
    return _set_switch(actor, channel, class_id, is_open=False)


def _set_switch(actor: Actor, channel: Channel, class_id: int | None, *, is_open: bool) -> bool:
    if not policy.may_switch_channel(actor, channel) or actor.school_id is None:
        raise OutOfReach
    if (channel == Channel.HOMEROOM) != (class_id is not None):
        raise OutOfReach
    if class_id is not None and not _is_own_class(actor, class_id):
        raise OutOfReach
    for _try in range(_TRIES):
        switch = db.session.scalar(
            sa.select(ChannelSwitch).where(
                ChannelSwitch.school_id == actor.school_id,
                ChannelSwitch.channel == channel,
                ChannelSwitch.class_id.is_(None) if class_id is None else ChannelSwitch.class_id == class_id,
            )
        )
        if (switch is not None and switch.is_open) == is_open:
            return False
        if switch is None:
            switch = ChannelSwitch(school_id=actor.school_id, class_id=class_id, channel=channel)
            db.session.add(switch)
        switch.is_open = is_open
        switch.changed_by_name = actor.full_name
        switch.changed_at = now()
        try:
            db.session.flush()
        except IntegrityError:  # somebody else turned it at the same moment, for the first time
            db.session.rollback()
            continue
        record(actor, "open.channel" if is_open else "close.channel", switch.id, school_id=actor.school_id, detail=channel)
        db.session.commit()
        return True
    raise OutOfReach


def _is_own_class(actor: Actor, class_id: int) -> bool:
    if not 0 < class_id <= LARGEST_ID:
        return False
    own = sa.select(SchoolClass.id).where(
        SchoolClass.id == class_id, SchoolClass.school_id == actor.school_id, in_homeroom_area(actor)
    )
    return db.session.scalar(own) is not None


# ---------- how far somebody has read ----------


def mark_read(actor: Actor, conversation_id: int, message_id: int) -> None:
    """Note that the actor has read a conversation up to ``message_id``. Never goes back. One statement."""
    keys = {"account_id": actor.id, "conversation_id": conversation_id}
    with system("note how far a conversation has been read"):
        leave_mark(
            ConversationRead, tuple(keys), {**keys, "last_read_message_id": message_id}, rising="last_read_message_id"
        )


def note_reading(actor: Actor, student_id: int, channel: Channel, school_id: int | None, *, as_guardian: bool) -> None:
    """Reading a conversation stands in the audit log, on either side."""
    record_reading(
        actor,
        "read.conversation",
        student_id,
        school_id=school_id,
        detail=channel,
        of_what=channel,
        as_guardian=as_guardian,
    )


def note_list(actor: Actor, channel: Channel, class_id: int | None, count: int) -> None:
    """The same for a list of conversations with the beginnings of their last messages."""
    if count:
        record_reading(actor, "list.conversation", detail=f"{channel} {count}", of_what=f"{channel} {class_id}")
