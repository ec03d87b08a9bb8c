"""班級公佈欄."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import AccountOwned, ClassOwned
from app.model_types import UtcDateTime, now, today


class Bulletin(ClassOwned, Model):
    """A notice to one class, shown to its guardians from a day to a day (Asia/Taipei)."""

    __tablename__ = "bulletin"
    __table_args__ = (sa.Index("ix_bulletin_class_from", "class_id", "publish_from"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    body: Mapped[str] = mapped_column(sa.Text)
    """HTML, cleaned on the way in (app.web.rich_text)."""
    is_pinned: Mapped[bool] = mapped_column(default=False)
    publish_from: Mapped[date] = mapped_column(default=today)
    publish_until: Mapped[date | None]
    author_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id"))
    author_name: Mapped[str] = mapped_column(sa.String(100))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    school_class = relationship("SchoolClass")
    attachments = relationship(
        "Attachment", back_populates="bulletin", order_by="Attachment.id", cascade="all, delete-orphan"
    )

    def __str__(self) -> str:
        return self.title


class BulletinRead(AccountOwned, Model):
    """When an account last read a bulletin; one that was changed since then is unread again."""

    __tablename__ = "bulletin_read"

    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"), primary_key=True)
    bulletin_id: Mapped[int] = mapped_column(sa.ForeignKey("bulletin.id", ondelete="CASCADE"), primary_key=True, index=True)
    read_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
