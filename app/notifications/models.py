"""寄送紀錄: letters and SMS on their way out, written in the same transaction as the change they tell of."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ownership import Ledger
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now


class OutboxChannel(LabelledEnum):
    EMAIL = "email", _l("Letter")
    SMS = "sms", _l("SMS")


class OutboxStatus(LabelledEnum):
    QUEUED = "queued", _l("Queued")
    SENT = "sent", _l("Sent")
    FAILED = "failed", _l("Failed")
    DROPPED = "dropped", _l("Not sent: the receiver may no longer know")


class OutboxMessage(Ledger, Model):
    """One letter or SMS to one receiver. Its text is sealed, and wiped once sent: it may hold a secret."""

    __tablename__ = "outbox_message"
    __table_args__ = (sa.Index("ix_outbox_message_due", "status", "next_attempt_at"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    channel: Mapped[OutboxChannel] = mapped_column(enum_column(OutboxChannel))
    purpose: Mapped[str] = mapped_column(sa.String(60))
    """The name of the text that was sent, for example ``first_password``."""
    receiver: Mapped[str] = mapped_column(sa.String(254))
    """Mail address, or mobile number in E.164."""
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="SET NULL"), index=True)
    guardian_link_id: Mapped[int | None] = mapped_column(sa.ForeignKey("guardian_link.id", ondelete="SET NULL"), index=True)
    """Set when the receiver may know only through this link: asked again right before sending."""
    content_sealed: Mapped[str] = mapped_column(sa.Text)
    status: Mapped[OutboxStatus] = mapped_column(enum_column(OutboxStatus), default=OutboxStatus.QUEUED)
    attempts: Mapped[int] = mapped_column(default=0)
    next_attempt_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    last_error: Mapped[str] = mapped_column(sa.String(300), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return f"{self.channel} {self.purpose}"
