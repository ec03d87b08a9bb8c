"""成績／出勤／獎懲."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import StudentOwned
from app.model_types import LabelledEnum, enum_column


class SubjectKind(LabelledEnum):
    SUBJECT = "subject", _l("Subject")
    DOMAIN = "domain", _l("Learning domain")
    OVERALL = "overall", _l("Overall")


def level_of(score: Decimal) -> str:
    """等第 of 國民小學及國民中學學生成績評量準則: 優 ≥ 90, 甲 ≥ 80, 乙 ≥ 70, 丙 ≥ 60, 丁."""
    for least, level in ((90, "優"), (80, "甲"), (70, "乙"), (60, "丙")):
        if score >= least:
            return level
    return "丁"


class TermGrade(StudentOwned, Model):
    """A mark of one student in one subject of one term: 百分制 with its 等第. No rank is kept anywhere."""

    __tablename__ = "term_grade"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "term_id", "subject"),
        sa.Index("ix_term_grade_school", "school_id", sa.text("id DESC")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id", ondelete="CASCADE"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    term_id: Mapped[int] = mapped_column(sa.ForeignKey("academic_term.id"), index=True)
    subject: Mapped[str] = mapped_column(sa.String(40))
    kind: Mapped[SubjectKind] = mapped_column(enum_column(SubjectKind), default=SubjectKind.SUBJECT)
    grade_level: Mapped[int]
    """The student's 年級 in that term."""
    score: Mapped[Decimal] = mapped_column(sa.Numeric(5, 2))

    student = relationship("Student")
    term = relationship("AcademicTerm")

    @property
    def level(self) -> str:
        return level_of(self.score)

    def __str__(self) -> str:
        return f"{self.subject} {self.score}"


class AttendanceCategory(LabelledEnum):
    PERSONAL_LEAVE = "personal_leave", _l("Personal leave")
    SICK_LEAVE = "sick_leave", _l("Sick leave")
    OFFICIAL_LEAVE = "official_leave", _l("Official leave")
    BEREAVEMENT_LEAVE = "bereavement_leave", _l("Bereavement leave")
    UNEXCUSED_ABSENCE = "unexcused_absence", _l("Unexcused absence")
    TARDY = "tardy", _l("Tardy")
    EARLY_DEPARTURE = "early_departure", _l("Early departure")


class AttendanceEvent(StudentOwned, Model):
    """A student was away in one period of one day. ``period`` 0 is 早自習, 1 … 8 the lessons."""

    __tablename__ = "attendance_event"
    __table_args__ = (
        sa.UniqueConstraint("student_id", "event_date", "period"),
        sa.Index("ix_attendance_event_school", "school_id", sa.text("id DESC")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id", ondelete="CASCADE"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    term_id: Mapped[int] = mapped_column(sa.ForeignKey("academic_term.id"), index=True)
    event_date: Mapped[date]
    period: Mapped[int]
    category: Mapped[AttendanceCategory] = mapped_column(enum_column(AttendanceCategory))

    student = relationship("Student")
    term = relationship("AcademicTerm")

    def __str__(self) -> str:
        return f"{self.event_date} {self.category}"


class ConductKind(LabelledEnum):
    MAJOR_MERIT = "major_merit", _l("Major merit")
    MINOR_MERIT = "minor_merit", _l("Minor merit")
    COMMENDATION = "commendation", _l("Commendation")
    MAJOR_DEMERIT = "major_demerit", _l("Major demerit")
    MINOR_DEMERIT = "minor_demerit", _l("Minor demerit")
    WARNING = "warning", _l("Warning")

    @property
    def is_merit(self) -> bool:
        return self in (ConductKind.MAJOR_MERIT, ConductKind.MINOR_MERIT, ConductKind.COMMENDATION)


class ConductRecord(StudentOwned, Model):
    """獎懲: a reward or a punishment, how many of it, and why."""

    __tablename__ = "conduct_record"
    __table_args__ = (
        sa.Index("ix_conduct_record_student", "student_id", "event_date"),
        sa.Index("ix_conduct_record_school", "school_id", sa.text("id DESC")),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id", ondelete="CASCADE"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    term_id: Mapped[int] = mapped_column(sa.ForeignKey("academic_term.id"), index=True)
    event_date: Mapped[date]
    kind: Mapped[ConductKind] = mapped_column(enum_column(ConductKind))
    count: Mapped[int] = mapped_column(default=1)
    reason: Mapped[str] = mapped_column(sa.String(200))

    student = relationship("Student")
    term = relationship("AcademicTerm")

    def __str__(self) -> str:
        return f"{self.kind} {self.count}"
