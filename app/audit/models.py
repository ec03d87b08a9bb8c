"""稽核紀錄: who did what, when (UTC), from where. Rows are only ever added."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ownership import Ledger
from app.model_types import UtcDateTime, now


class AuditEntry(Ledger, Model):
    """One act of one account on one object, by its name and number."""

    __tablename__ = "audit_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=now, index=True)
    account_id: Mapped[int | None] = mapped_column(index=True)
    username: Mapped[str] = mapped_column(sa.String(64), default="")
    action: Mapped[str] = mapped_column(sa.String(60))
    """verb.object, for example ``approve.guardian_link``."""
    object_id: Mapped[str] = mapped_column(sa.String(40), default="")
    school_id: Mapped[int | None]
    address: Mapped[str] = mapped_column(sa.String(45), default="")
    detail: Mapped[str] = mapped_column(sa.String(500), default="")

    def __str__(self) -> str:
        return f"{self.action} {self.object_id}"
