"""What the page 成績／出勤／獎懲 reads: two statements, whatever the number of rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

import sqlalchemy as sa

from app.access.statements import fixed
from app.extensions import db
from app.model_types import today
from app.schools.models import AcademicTerm
from app.student_records.models import (
    AttendanceCategory,
    AttendanceEvent,
    ConductKind,
    ConductRecord,
    SubjectKind,
    TermGrade,
    level_of,
)


@dataclass(frozen=True, slots=True)
class Term:
    school_year: int
    semester: int
    grade_level: int
    """The student's 年級 in that term."""


class Mark(NamedTuple):
    score: Decimal
    text: str
    """92, 92.5: no zeros that say nothing."""
    level: str
    """等第."""


@lru_cache(maxsize=1024)
def mark_of(score: Decimal) -> Mark:
    """A score of 0 to 100 with what is written of it."""
    return Mark(score, short_number(score), level_of(score))


def short_number(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


@dataclass(frozen=True)
class MarkRow:
    """The marks of one subject, newest term first; None where there was none."""

    subject: str
    kind: SubjectKind
    marks: tuple[Mark | None, ...]


@dataclass(frozen=True)
class MarkTable:
    terms: tuple[Term, ...]
    """Newest first."""
    rows: tuple[MarkRow, ...]
    """Subjects, then learning domains, then the overall mark."""


_ORDER = {SubjectKind.SUBJECT: 0, SubjectKind.DOMAIN: 1, SubjectKind.OVERALL: 2}


_MARKS = fixed(
    sa.select(
        TermGrade.subject,
        TermGrade.kind,
        TermGrade.grade_level,
        TermGrade.score,
        AcademicTerm.school_year,
        AcademicTerm.semester,
    )
    .join(AcademicTerm, AcademicTerm.id == TermGrade.term_id)
    .where(TermGrade.student_id == sa.bindparam("student_id"))
    .order_by(AcademicTerm.school_year.desc(), AcademicTerm.semester.desc(), TermGrade.id)
)


def marks_of(student_id: int) -> MarkTable:
    """Every mark of every grade and term (B4.2)."""
    grades = db.session.execute(_MARKS, {"student_id": student_id}).all()
    terms: dict[tuple[int, int], Term] = {}
    by_subject: dict[tuple[SubjectKind, str], dict[tuple[int, int], Mark]] = {}
    for subject, kind, grade_level, score, school_year, semester in grades:
        key = (school_year, semester)
        terms.setdefault(key, Term(school_year, semester, grade_level))
        by_subject.setdefault((kind, subject), {})[key] = mark_of(score)
    rows = [MarkRow(subject, kind, tuple(marks.get(key) for key in terms)) for (kind, subject), marks in by_subject.items()]
    return MarkTable(tuple(terms.values()), tuple(sorted(rows, key=lambda row: _ORDER[row.kind])))


class Absence(NamedTuple):
    day: date
    period: int
    """0 is 早自習."""
    category: AttendanceCategory


@dataclass(frozen=True, slots=True)
class Conduct:
    day: date
    kind: ConductKind
    count: int
    reason: str


@dataclass(frozen=True)
class PresentTerm:
    """This term's attendance and conduct, newest first."""

    school_year: int
    semester: int
    starts_on: date
    ends_on: date
    absences: tuple[Absence, ...]
    conduct: tuple[Conduct, ...]


def _noted_in_present_term() -> sa.Select[Any]:
    student_id: sa.BindParameter[int] = sa.bindparam("student_id")
    absences = sa.select(
        sa.literal("absence").label("what"),
        AttendanceEvent.term_id.label("term_id"),
        AttendanceEvent.event_date.label("day"),
        AttendanceEvent.period.label("number"),
        sa.cast(AttendanceEvent.category, sa.String).label("kind"),
        sa.literal("").label("reason"),
        AttendanceEvent.id.label("id"),
    ).where(AttendanceEvent.student_id == student_id)
    conduct = sa.select(
        sa.literal("conduct"),
        ConductRecord.term_id,
        ConductRecord.event_date,
        ConductRecord.count,
        sa.cast(ConductRecord.kind, sa.String),
        ConductRecord.reason,
        ConductRecord.id,
    ).where(ConductRecord.student_id == student_id)
    noted = sa.union_all(absences, conduct).subquery()
    term = (
        sa.select(AcademicTerm.id)
        .where(AcademicTerm.starts_on <= sa.bindparam("day"))
        .order_by(AcademicTerm.starts_on.desc())
        .limit(1)
        .scalar_subquery()
    )
    return (
        sa.select(
            AcademicTerm.school_year,
            AcademicTerm.semester,
            AcademicTerm.starts_on,
            AcademicTerm.ends_on,
            noted.c.what,
            noted.c.day,
            noted.c.number,
            noted.c.kind,
            noted.c.reason,
        )
        .outerjoin(noted, noted.c.term_id == AcademicTerm.id)
        .where(AcademicTerm.id == term)
        .order_by(noted.c.day.desc(), noted.c.number, noted.c.id)
    )


_NOTED = fixed(_noted_in_present_term())


def present_term_of(student_id: int) -> PresentTerm | None:
    """The term of today (between two terms: the last one) with what was noted in it; None before the first term."""
    rows = db.session.execute(_NOTED, {"student_id": student_id, "day": today()}).all()
    if not rows:
        return None
    first: Any = rows[0]
    return PresentTerm(
        school_year=first.school_year,
        semester=first.semester,
        starts_on=first.starts_on,
        ends_on=first.ends_on,
        absences=tuple(Absence(row.day, row.number, AttendanceCategory(row.kind)) for row in rows if row.what == "absence"),
        conduct=tuple(
            Conduct(row.day, ConductKind(row.kind), row.number, row.reason) for row in rows if row.what == "conduct"
        ),
    )
