"""附件 of bulletins and contact book items."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import ClassOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now


class ScanState(LabelledEnum):
    """What the virus scanner has said. Only what has passed is handed out; where there is no scanner, all of it has."""

    HELD = "held", _l("Being checked")
    PASSED = "passed", _l("Checked")
    INFECTED = "infected", _l("Removed: malware was found in it")


class Attachment(ClassOwned, Model):
    """A stored file. It belongs to exactly one bulletin or one contact book item, and is seen by whoever sees that."""

    __tablename__ = "attachment"
    __table_args__ = (
        sa.CheckConstraint("(bulletin_id IS NULL) <> (item_id IS NULL)", name="one_owner"),
        sa.Index(
            "ix_attachment_held",
            "id",
            sqlite_where=sa.text("scan_state = 'held'"),
            postgresql_where=sa.text("scan_state = 'held'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    bulletin_id: Mapped[int | None] = mapped_column(sa.ForeignKey("bulletin.id", ondelete="CASCADE"), index=True)
    item_id: Mapped[int | None] = mapped_column(sa.ForeignKey("contact_book_item.id", ondelete="CASCADE"), index=True)
    storage_key: Mapped[str] = mapped_column(sa.String(64), unique=True)
    """Random; the only name that the storage knows."""
    original_name: Mapped[str] = mapped_column(sa.String(200))
    """The name given by the teacher, Chinese kept, path parts dropped."""
    content_type: Mapped[str] = mapped_column(sa.String(100))
    size: Mapped[int]
    """Bytes."""
    scan_state: Mapped[ScanState] = mapped_column(
        enum_column(ScanState), default=ScanState.PASSED, server_default=ScanState.PASSED.value
    )
    uploaded_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="SET NULL"))
    """Who is told when something is found in it."""
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    bulletin = relationship("Bulletin", back_populates="attachments")
    item = relationship("ContactBookItem", back_populates="attachments")

    def __str__(self) -> str:
        return self.original_name
