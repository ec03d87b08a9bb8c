"""What the importer made of the bundle, as the demo needs it: schools, classes, pupils, terms."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, cast

import sqlalchemy as sa

from app.extensions import db
from app.model_types import today
from app.schools.models import AcademicTerm, Enrollment, HomeroomAssignment, School, SchoolClass, Student


@dataclass(frozen=True, slots=True)
class Pupil:
    id: int
    class_id: int
    school_id: int
    full_name: str
    student_number: str
    birth_date: date
    seat_number: int
    grade_level: int
    class_name: str


@dataclass(frozen=True, slots=True)
class TaughtClass:
    id: int
    school_id: int
    grade_level: int
    class_name: str
    teacher_name: str
    teacher_username: str


@dataclass(frozen=True)
class Roll:
    schools: dict[str, School]
    """By code."""
    terms: tuple[AcademicTerm, ...]
    """In order."""
    classes: tuple[TaughtClass, ...]
    pupils: tuple[Pupil, ...]

    def pupil(self, name: str) -> Pupil:
        return next(each for each in self.pupils if each.full_name == name)

    def taught_class(self, code: str, grade_level: int, class_name: str) -> TaughtClass:
        school_id = self.schools[code].id
        return next(
            each
            for each in self.classes
            if (each.school_id, each.grade_level, each.class_name) == (school_id, grade_level, class_name)
        )

    @property
    def present_term(self) -> AcademicTerm:
        """The term of today, or the last one that has begun."""
        return [term for term in self.terms if term.starts_on <= today()][-1]


def read_roll() -> Roll:
    """Called inside ``system``, right after the import."""
    pupils = db.session.execute(
        sa.select(
            Student.id,
            Enrollment.class_id,
            Student.school_id,
            Student.full_name,
            Student.student_number,
            Student.birth_date,
            Enrollment.seat_number,
            SchoolClass.grade_level,
            SchoolClass.class_name,
        )
        .join(Enrollment, Enrollment.student_id == Student.id)
        .join(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(Enrollment.ended_on.is_(None))
        .order_by(Student.student_number, Student.id)
    ).all()
    classes = db.session.execute(
        sa.select(
            SchoolClass.id,
            SchoolClass.school_id,
            SchoolClass.grade_level,
            SchoolClass.class_name,
            HomeroomAssignment.teacher_name,
            HomeroomAssignment.teacher_username,
        )
        .join(HomeroomAssignment, HomeroomAssignment.class_id == SchoolClass.id)
        .order_by(SchoolClass.school_id, SchoolClass.grade_level, SchoolClass.id)
    ).all()
    terms = db.session.scalars(sa.select(AcademicTerm).order_by(AcademicTerm.starts_on)).all()
    return Roll(
        {school.code: school for school in db.session.scalars(sa.select(School))},
        tuple(terms),
        tuple(TaughtClass(*row) for row in classes),
        tuple(Pupil(*cast("tuple[Any, ...]", row)) for row in pupils),
    )
