"""Rows that the tests of conversations start from, put there past the scope."""

from __future__ import annotations

import re
import uuid

import sqlalchemy as sa

from app.access.session import system
from app.conversations.models import Channel, ChannelSwitch, Conversation, ConversationRead, Message
from app.extensions import db
from app.guardian_links.models import LinkStatus
from tests.world import World, add_link


def turn_switch(world: World, channel: Channel, label: str, *, is_open: bool) -> None:
    """The switch of the class with this label (homeroom) or of its school (offices)."""
    school_id = world.schools["zhongxing" if label == "701" else "wenchang"]
    with system("tests"):
        db.session.execute(
            sa.update(ChannelSwitch)
            .where(
                ChannelSwitch.school_id == school_id,
                ChannelSwitch.channel == channel,
                ChannelSwitch.class_id == world.classes[label] if channel == Channel.HOMEROOM else sa.true(),
            )
            .values(is_open=is_open)
        )
        db.session.commit()


def forget_switches() -> None:
    """As on the first day: no row at all."""
    with system("tests"):
        db.session.execute(sa.delete(ChannelSwitch))
        db.session.commit()


def forget_conversations() -> None:
    with system("tests"):
        for model in (ConversationRead, Message, Conversation):
            db.session.execute(sa.delete(model))
        db.session.commit()


def messages_about(student_id: int, channel: Channel | None = None) -> list[Message]:
    """All of them, oldest first, out of the session."""
    with system("tests"):
        query = sa.select(Message).where(Message.student_id == student_id).order_by(Message.id)
        if channel is not None:
            query = query.where(Message.channel == channel)
        found = list(db.session.scalars(query))
        db.session.expunge_all()
    return found


def conversation_about(student_id: int, channel: Channel) -> Conversation | None:
    with system("tests"):
        found = db.session.scalar(
            sa.select(Conversation).where(Conversation.student_id == student_id, Conversation.channel == channel)
        )
        if found is not None:
            db.session.expunge(found)
    return found


def write_many(world: World, name: str, channel: Channel, count: int, *, from_guardian: bool = True) -> None:
    """``count`` further messages in a conversation that exists."""
    with system("tests"):
        conversation = db.session.get(Conversation, world.conversations[name, channel.value])
        for number in range(count):
            message = Message(
                conversation_id=conversation.id,
                student_id=conversation.student_id,
                school_id=conversation.school_id,
                channel=channel,
                author_id=world.accounts["parent_chen"],
                author_name="陳美玲",
                author_capacity="mother",
                is_from_guardian=from_guardian,
                body=f"第 {number} 則",
                send_key=uuid.uuid4().hex,
            )
            db.session.add(message)
        db.session.flush()
        conversation.last_message_id = message.id
        conversation.last_message_at = message.created_at
        conversation.last_message_text = message.body
        conversation.last_message_is_from_guardian = from_guardian
        db.session.commit()


def link(world: World, username: str, student: str, label: str) -> None:
    with system("tests"):
        add_link(world, username, student, label, LinkStatus.APPROVED)
        db.session.commit()


def without_values(page: str) -> str:
    """A page without what differs from request to request: tokens, and the address in the language form."""
    return re.sub(r'value="[^"]*"', "", page)
