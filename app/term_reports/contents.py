"""What a 學期報告 says of a student, read set by set: a class costs as many statements as a child."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.schools.models import AcademicTerm, Enrollment, School, SchoolClass, Student, class_label
from app.student_records.attendance import DayLine, Sum, day_lines, sums
from app.student_records.models import (
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
    level_of,
)
from app.student_records.queries import Absence, Conduct
from app.term_reports.models import TermReport


@dataclass(frozen=True, slots=True)
class ReportMark:
    subject: str
    score: Decimal
    level: str


@dataclass
class StudentReport:
    name: str
    student_number: str
    class_label: str
    """Of that term; empty when the student sat in no class then."""
    seat_number: int | None
    subjects: list[ReportMark] = field(default_factory=list)
    domains: list[ReportMark] = field(default_factory=list)
    overall: list[ReportMark] = field(default_factory=list)
    absences: list[Absence] = field(default_factory=list)
    conduct: list[Conduct] = field(default_factory=list)

    @property
    def sums(self) -> list[Sum]:
        return sums(self.absences)

    @property
    def days(self) -> list[DayLine]:
        """Oldest first, as one reads a term on paper."""
        return day_lines(self.absences)[::-1]

    @property
    def conduct_sums(self) -> list[tuple[ConductKind, int]]:
        counted = Counter[ConductKind]()
        for each in self.conduct:
            counted[each.kind] += each.count
        return [(kind, counted[kind]) for kind in ConductKind]


@dataclass(frozen=True)
class Contents:
    school_name: str
    school_year: int
    semester: int
    students: list[StudentReport]


def contents_of(report: TermReport) -> Contents:
    """Of one student, or of all who sit in the class now, by their seats. Inside ``system``; seven statements."""
    term = db.session.get_one(AcademicTerm, report.term_id)
    students = _students(report, term)
    _add_marks(students, term.id)
    _add_absences(students, term.id)
    _add_conduct(students, term.id)
    school = db.session.get_one(School, report.school_id)
    return Contents(school.name, term.school_year, term.semester, list(students.values()))


def students_in_class(class_id: int) -> Sequence[int]:
    """Who sits in the class now, by their seats."""
    return db.session.scalars(
        sa.select(Enrollment.student_id)
        .where(Enrollment.class_id == class_id, Enrollment.ended_on.is_(None))
        .order_by(Enrollment.seat_number, Enrollment.id)
    ).all()


def _students(report: TermReport, term: AcademicTerm) -> dict[int, StudentReport]:
    ids = [report.student_id] if report.student_id else list(students_in_class(report.class_id or 0))
    seats: dict[int, Any] = {}
    for seat in db.session.execute(
        sa.select(Enrollment.student_id, Enrollment.seat_number, SchoolClass.grade_level, SchoolClass.class_name)
        .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(
            Enrollment.student_id.in_(ids),
            Enrollment.started_on <= term.ends_on,
            sa.or_(Enrollment.ended_on.is_(None), Enrollment.ended_on >= term.starts_on),
        )
        .order_by(Enrollment.started_on)
    ):
        seats[seat.student_id] = seat
    found = {}
    people = {each.id: each for each in db.session.scalars(sa.select(Student).where(Student.id.in_(ids)))}
    for student_id in ids:
        student = people[student_id]
        place = seats.get(student_id)
        found[student_id] = StudentReport(
            name=student.full_name,
            student_number=student.student_number,
            class_label=class_label(place.grade_level, place.class_name) if place else "",
            seat_number=place.seat_number if place else None,
        )
    return found


def _add_marks(students: dict[int, StudentReport], term_id: int) -> None:
    lists = {SubjectKind.SUBJECT: "subjects", SubjectKind.DOMAIN: "domains", SubjectKind.OVERALL: "overall"}
    for mark in db.session.scalars(
        sa.select(TermGrade).where(TermGrade.student_id.in_(students), TermGrade.term_id == term_id).order_by(TermGrade.id)
    ):
        getattr(students[mark.student_id], lists[mark.kind]).append(
            ReportMark(mark.subject, mark.score, level_of(mark.score))
        )


def _add_absences(students: dict[int, StudentReport], term_id: int) -> None:
    for event in db.session.scalars(
        sa.select(AttendanceEvent)
        .where(AttendanceEvent.student_id.in_(students), AttendanceEvent.term_id == term_id)
        .order_by(AttendanceEvent.event_date, AttendanceEvent.period)
    ):
        students[event.student_id].absences.append(Absence(event.event_date, event.period, event.category))


def _add_conduct(students: dict[int, StudentReport], term_id: int) -> None:
    for record in db.session.scalars(
        sa.select(ConductRecord)
        .where(ConductRecord.student_id.in_(students), ConductRecord.term_id == term_id)
        .order_by(ConductRecord.event_date, ConductRecord.id)
    ):
        students[record.student_id].conduct.append(Conduct(record.event_date, record.kind, record.count, record.reason))
