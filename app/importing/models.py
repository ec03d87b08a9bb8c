"""匯入名冊: what came in, when, by whom, and what it changed."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column

from app.access.ownership import SchoolOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now


class ImportStatus(LabelledEnum):
    CHECKED = "checked", _l("Checked")
    REFUSED = "refused", _l("Refused: errors in the file")
    APPLIED = "applied", _l("Applied")


class ImportBatch(SchoolOwned, Model):
    """One roster bundle: its plan (new, changed, leaving) and, for a refused one, the errors by file, line and field."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(primary_key=True)
    school_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school.id"), index=True)
    """The one school it may touch; None when a city administrator loads several."""
    file_name: Mapped[str] = mapped_column(sa.String(200))
    storage_key: Mapped[str] = mapped_column(sa.String(64), default="")
    """The uploaded bundle, kept until it is applied."""
    status: Mapped[ImportStatus] = mapped_column(enum_column(ImportStatus))
    summary: Mapped[str] = mapped_column(sa.Text, default="{}")
    """JSON: counts per table of new, changed, unchanged, leaving."""
    errors: Mapped[str] = mapped_column(sa.Text, default="[]")
    """JSON: [{"file", "line", "field", "problem"}]."""
    account_id: Mapped[int | None] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="SET NULL"))
    account_name: Mapped[str] = mapped_column(sa.String(100), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    applied_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    def __str__(self) -> str:
        return self.file_name
