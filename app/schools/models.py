"""Schools, terms, classes, students and who teaches whom: the roster."""

from __future__ import annotations

from datetime import date

import sqlalchemy as sa
from flask_appbuilder import Model
from flask_babel import lazy_gettext as _l
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.access.ownership import ClassOwned, Public, StudentOwned
from app.model_types import LabelledEnum, enum_column, today

CHINESE_NUMERALS = "零一二三四五六七八九十"


def chinese_number(number: int) -> str:
    """1 … 99 as Chinese numerals: 5 → 五, 12 → 十二, 20 → 二十."""
    if number <= 10:
        return CHINESE_NUMERALS[number]
    tens, ones = divmod(number, 10)
    return ("" if tens == 1 else CHINESE_NUMERALS[tens]) + "十" + (CHINESE_NUMERALS[ones] if ones else "")


def class_label(grade_level: int, class_name: str) -> str:
    """年班, for example 五年一班."""
    return f"{chinese_number(grade_level)}年{class_name}"


class SchoolKind(LabelledEnum):
    ELEMENTARY = "elementary", _l("Elementary school")
    JUNIOR_HIGH = "junior_high", _l("Junior high school")
    SENIOR_HIGH = "senior_high", _l("Senior high school")
    BUREAU = "bureau", _l("Education bureau")


class School(Public, Model):
    """A school or another unit of the city. Its name and whether it takes link applications are public (B1.2)."""

    __tablename__ = "school"

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    code: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(120))
    english_name: Mapped[str] = mapped_column(sa.String(120), default="")
    kind: Mapped[SchoolKind] = mapped_column(enum_column(SchoolKind), default=SchoolKind.ELEMENTARY)
    accepts_link_requests: Mapped[bool] = mapped_column(default=True)
    """False shows 「目前尚無開放申請」 and refuses applications."""

    def __str__(self) -> str:
        return self.name


class AcademicTerm(Public, Model):
    """A semester of a ROC school year: 115 學年度第 1 學期 is (115, 1)."""

    __tablename__ = "academic_term"
    __table_args__ = (sa.UniqueConstraint("school_year", "semester"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    school_year: Mapped[int]
    semester: Mapped[int]
    starts_on: Mapped[date]
    ends_on: Mapped[date]

    def __str__(self) -> str:
        return f"{self.school_year}-{self.semester}"


class SchoolClass(ClassOwned, Model):
    """A class of one school year: 115 學年度 五年一班. ``class_name`` is the part after the grade: 一班, 忠班."""

    __tablename__ = "school_class"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "school_year", "grade_level", "class_name"),
        sa.Index("ix_school_class_school_id_id", "school_id", "id"),
    )
    class_key = "id"

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    school_year: Mapped[int]
    grade_level: Mapped[int]
    """1 to 12; junior high school starts at 7."""
    class_name: Mapped[str] = mapped_column(sa.String(20))

    school: Mapped[School] = relationship(lazy="joined", innerjoin=True)

    @property
    def label(self) -> str:
        """年班, for example 五年一班."""
        return class_label(self.grade_level, self.class_name)

    def __str__(self) -> str:
        return self.label


class StudentStatus(LabelledEnum):
    ENROLLED = "enrolled", _l("Enrolled")
    TRANSFERRED = "transferred", _l("Transferred out")
    GRADUATED = "graduated", _l("Graduated")


class Student(StudentOwned, Model):
    """A child on a school's roll. ``student_number`` (學號) is unique within the school."""

    __tablename__ = "student"
    __table_args__ = (
        sa.UniqueConstraint("school_id", "student_number"),
        sa.Index("ix_student_school_id_id", "school_id", "id"),
    )
    student_key = "id"

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"))
    student_number: Mapped[str] = mapped_column(sa.String(30))
    full_name: Mapped[str] = mapped_column(sa.String(100))
    birth_date: Mapped[date | None]
    identity_number_sealed: Mapped[str] = mapped_column(sa.Text, default="")
    identity_number_index: Mapped[str] = mapped_column(sa.String(64), default="", index=True)
    status: Mapped[StudentStatus] = mapped_column(enum_column(StudentStatus), default=StudentStatus.ENROLLED)

    school: Mapped[School] = relationship(lazy="joined", innerjoin=True)
    current_enrollment: Mapped[Enrollment | None] = relationship(
        primaryjoin="and_(Enrollment.student_id == Student.id, Enrollment.ended_on.is_(None))", viewonly=True, uselist=False
    )
    """Where the student sits now; at most one row (uq_enrollment_active)."""

    def __str__(self) -> str:
        return self.full_name


class Enrollment(StudentOwned, Model):
    """學籍／編班: a student sits in a class, at a seat, from a day to a day (open end: now)."""

    __tablename__ = "enrollment"
    __table_args__ = (
        sa.Index(
            "uq_enrollment_active",
            "student_id",
            unique=True,
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
        sa.Index(
            "ix_enrollment_class_student",
            "class_id",
            "student_id",
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
        sa.Index(
            "ix_enrollment_student_class",
            "student_id",
            "class_id",
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    student_id: Mapped[int] = mapped_column(sa.ForeignKey("student.id", ondelete="CASCADE"))
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"))
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    seat_number: Mapped[int | None]
    started_on: Mapped[date] = mapped_column(default=today)
    ended_on: Mapped[date | None]

    student: Mapped[Student] = relationship()
    school_class: Mapped[SchoolClass] = relationship()

    def __str__(self) -> str:
        return f"{self.school_class} {self.seat_number or ''}".strip()


class HomeroomAssignment(ClassOwned, Model):
    """導師: the placement that looks after a class. A teacher without an account yet is kept by name until placed."""

    __tablename__ = "homeroom_assignment"
    __table_args__ = (
        sa.Index(
            "ix_homeroom_assignment_placement_class",
            "placement_id",
            "class_id",
            sqlite_where=sa.text("ended_on IS NULL"),
            postgresql_where=sa.text("ended_on IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sourced_id: Mapped[str | None] = mapped_column(sa.String(120), unique=True)
    class_id: Mapped[int] = mapped_column(sa.ForeignKey("school_class.id"), index=True)
    school_id: Mapped[int] = mapped_column(sa.ForeignKey("school.id"), index=True)
    placement_id: Mapped[int | None] = mapped_column(sa.ForeignKey("staff_placement.id"))
    teacher_name: Mapped[str] = mapped_column(sa.String(100))
    teacher_username: Mapped[str] = mapped_column(sa.String(64), default="")
    """As the roster names the teacher; the placement is looked up by it when the teacher is placed at this school."""
    started_on: Mapped[date] = mapped_column(default=today)
    ended_on: Mapped[date | None]

    school_class: Mapped[SchoolClass] = relationship()
    placement = relationship("StaffPlacement")

    def __str__(self) -> str:
        return self.teacher_name
