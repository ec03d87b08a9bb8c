"""家長互動區／導師互動區 and the two offices' areas: conversations about one student on one channel."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import AccountOwned, SchoolOwned, StudentOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now


class Channel(LabelledEnum):
    HOMEROOM = "homeroom", _l("Homeroom teacher")
    ACADEMIC_AFFAIRS = "academic_affairs", _l("Academic affairs office")
    COUNSELING = "counseling", _l("Counseling office")


class Conversation(StudentOwned, Model):
    """One per student and channel, shared by the student's linked guardians and the staff of that channel."""

    __tablename__ = "conversation"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "channel"),
        sa.Index("ix_conversation_school_channel", "school_id", "channel", sa.text("last_message_at DESC")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    last_message_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    last_message_id: Mapped[int | None]
    last_message_text: Mapped[str] = mapped_column(sa.String(80), default="")
    """The beginning of the newest message, for lists."""
    last_message_is_from_guardian: Mapped[bool] = mapped_column(default=False)

    student = relationship("Student")

    def __str__(self) -> str:
        return f"{self.student_id} {self.channel}"


class Message(StudentOwned, Model):
    """What somebody said, under their name and capacity at that moment. Messages are never edited."""

    is_written_once = True
    __tablename__ = "message"
    __table_args__ = (
        sa.Index("ix_message_conversation", "conversation_id", sa.text("id DESC")),
        sa.Index("ix_message_school", "school_id", sa.text("id DESC")),
        sa.UniqueConstraint("author_id", "send_key"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversation.id"))
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id"), index=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    author_name: Mapped[str] = mapped_column(sa.String(100))
    author_capacity: Mapped[str] = mapped_column(sa.String(60))
    """A value of Relationship (mother …) for guardians, of Channel for staff; shown by its label."""
    is_from_guardian: Mapped[bool]
    body: Mapped[str] = mapped_column(sa.Text)
    send_key: Mapped[str] = mapped_column(sa.String(40))
    """Made with the form: a double click or a resend sends one message."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    conversation: Mapped[Conversation] = relationship()

    def __str__(self) -> str:
        return self.body[:40]


class ConversationRead(AccountOwned, Model):
    """How far an account has read a conversation."""

    __tablename__ = "conversation_read"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(sa.ForeignKey("conversation.id", ondelete="CASCADE"), primary_key=True)
    last_read_message_id: Mapped[int] = mapped_column(default=0)


class ChannelSwitch(SchoolOwned, Model):
    """互動開關: homeroom per class, offices per school. No row means 關."""

    __tablename__ = "channel_switch"
    __table_args__ = (
        sa.Index(
            "uq_channel_switch_class",
            "class_id",
            "channel",
            unique=True,
            sqlite_where=sa.text("class_id IS NOT NULL"),
            postgresql_where=sa.text("class_id IS NOT NULL"),
        ),
        sa.Index(
            "uq_channel_switch_school",
            "school_id",
            "channel",
            unique=True,
            sqlite_where=sa.text("class_id IS NULL"),
            postgresql_where=sa.text("class_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id"))
    channel: Mapped[Channel] = mapped_column(enum_column(Channel))
    is_open: Mapped[bool] = mapped_column(default=False)
    changed_by_name: Mapped[str] = mapped_column(sa.String(100), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    school_class = relationship("SchoolClass")

    def __str__(self) -> str:
        return f"{self.channel} {'開' if self.is_open else '關'}"
