"""學期報告 that somebody asked for."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import AccountOwned
from app.model_types import LabelledEnum, UtcDateTime, enum_column, now


class ReportState(LabelledEnum):
    WAITING = "waiting", _l("Waiting for its turn")
    BEING_MADE = "being_made", _l("Being made")
    MADE = "made", _l("Ready")
    FAILED = "failed", _l("Could not be made")


class TermReport(AccountOwned, Model):
    """The report of one student, or of a whole class, for a term: asked for by one account, and that account's alone.

    Whether the account may still read the student is asked anew whenever the file is handed out.
    """

    __tablename__ = "term_report"
    __table_args__ = (
        sa.CheckConstraint("(student_id IS NULL) <> (class_id IS NULL)", name="one_subject"),
        sa.Index("ix_term_report_account", "account_id", sa.text("id DESC")),
        sa.Index("ix_term_report_state", "state", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(sa.ForeignKey("ab_user.id", ondelete="CASCADE"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    student_id: Mapped[int | None] = mapped_column(sa.ForeignKey("student.id", ondelete="CASCADE"), index=True)
    class_id: Mapped[int | None] = mapped_column(sa.ForeignKey("school_class.id", ondelete="CASCADE"), index=True)
    term_id: Mapped[int] = mapped_column(sa.ForeignKey("academic_term.id"), index=True)
    locale: Mapped[str] = mapped_column(sa.String(12))
    """The language that it is written in: the reader's when asking."""
    state: Mapped[ReportState] = mapped_column(enum_column(ReportState), default=ReportState.WAITING)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    begun_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    made_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    storage_key: Mapped[str] = mapped_column(sa.String(64), default="")
    size: Mapped[int] = mapped_column(default=0)
    """Bytes of the file."""

    term = relationship("AcademicTerm")
    student = relationship("Student")
    school_class = relationship("SchoolClass")

    def __str__(self) -> str:
        return f"{self.term_id}"
