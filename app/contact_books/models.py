"""每日聯絡簿."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import AccountOwned, ClassOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now, today


class ItemKind(LabelledEnum):
    """聯絡簿項目: what a line of the day's book is."""

    HOMEWORK = "homework", _l("Homework")
    BRING = "bring", _l("Bring along")
    EXAM = "exam", _l("Exam")
    NOTICE = "notice", _l("Notice")
    OTHER = "other", _l("Other")


class ContactBookEntry(ClassOwned, Model):
    """The book of one class on one day: there is only one."""

    __tablename__ = "contact_book_entry"
    __table_args__ = (
        sa.UniqueConstraint("class_id", "entry_date"),
        sa.Index("ix_contact_book_entry_date", sa.text("entry_date DESC"), sa.text("id DESC")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    entry_date: Mapped[date] = mapped_column(default=today)
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    author_name: Mapped[str] = mapped_column(sa.String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    school_class = relationship("SchoolClass")
    items: Mapped[list[ContactBookItem]] = relationship(
        back_populates="entry", order_by="ContactBookItem.position", cascade="all, delete-orphan"
    )

    def __str__(self) -> str:
        return self.entry_date.isoformat()


class ContactBookItem(ClassOwned, Model):
    """One line of the day: 國習 P.24–25. An item may carry attachments."""

    __tablename__ = "contact_book_item"
    __table_args__ = (sa.Index("ix_contact_book_item_entry", "entry_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int] = mapped_column(sa.ForeignKey("contact_book_entry.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    position: Mapped[int] = mapped_column(default=0)
    kind: Mapped[ItemKind] = mapped_column(enum_column(ItemKind), default=ItemKind.HOMEWORK)
    text: Mapped[str] = mapped_column(sa.String(500))

    entry: Mapped[ContactBookEntry] = relationship(back_populates="items")
    attachments = relationship("Attachment", back_populates="item", order_by="Attachment.id", cascade="all, delete-orphan")

    def __str__(self) -> str:
        return self.text


class ContactBookRead(AccountOwned, Model):
    """How far an account has read the books of a class: one row, however many days there are.

    A city's guardians read millions of books a year; what their home asks is whether the newest one is new to them.
    """

    __tablename__ = "contact_book_read"
    __table_args__ = (sa.UniqueConstraint("account_id", "class_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id", ondelete="CASCADE"), index=True)
    last_day: Mapped[date]
    """The newest day that was read."""
    read_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    """When; a book that was changed since then is unread again."""
