"""What stands in the database now, for the schools that a roster touches. Only columns are loaded, set by set.

Called inside ``system``: a roster names students by the ids of the school information system, wherever they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.accounts.models import StaffPlacement
from app.extensions import db
from app.schools.models import (
    AcademicTerm,
    Enrollment,
    HomeroomAssignment,
    School,
    SchoolClass,
    SchoolKind,
    Student,
    StudentStatus,
    class_label,
)

_AT_ONCE = 800
"""Values of one IN list: SQLite takes 999 by default in older builds."""


@dataclass(slots=True)
class SchoolNow:
    id: int
    sourced_id: str | None
    code: str
    name: str
    english_name: str
    kind: SchoolKind


@dataclass(slots=True)
class TermNow:
    id: int
    sourced_id: str | None
    school_year: int
    semester: int
    starts_on: date
    ends_on: date


@dataclass(slots=True)
class ClassNow:
    id: int
    sourced_id: str | None
    school_id: int
    school_year: int
    grade_level: int
    class_name: str

    @property
    def label(self) -> str:
        return class_label(self.grade_level, self.class_name)


@dataclass(slots=True)
class StudentNow:
    id: int
    sourced_id: str | None
    school_id: int
    student_number: str
    full_name: str
    birth_date: date | None
    identity_number_index: str
    status: StudentStatus


@dataclass(slots=True)
class EnrollmentNow:
    id: int
    sourced_id: str | None
    student_id: int
    class_id: int
    seat_number: int | None


@dataclass(slots=True)
class HomeroomNow:
    id: int
    sourced_id: str | None
    class_id: int
    school_id: int
    placement_id: int | None
    teacher_name: str
    teacher_username: str


@dataclass(slots=True)
class Present:
    """The rows of the touched schools, by number, and the rows elsewhere that carry a sourcedId of the bundle."""

    schools: dict[int, SchoolNow] = field(default_factory=dict)
    terms: dict[tuple[int, int], TermNow] = field(default_factory=dict)
    classes: dict[int, ClassNow] = field(default_factory=dict)
    students: dict[int, StudentNow] = field(default_factory=dict)
    enrollments: dict[int, EnrollmentNow] = field(default_factory=dict)
    """Active ones by student."""
    homerooms: dict[int, list[HomeroomNow]] = field(default_factory=dict)
    """Active ones by class."""
    placements: dict[tuple[int, str], int] = field(default_factory=dict)
    """(school, username in small letters) → active placement."""
    foreign_classes: dict[str, ClassNow] = field(default_factory=dict)
    foreign_students: dict[str, StudentNow] = field(default_factory=dict)
    enrollment_holders: dict[str, tuple[int, int]] = field(default_factory=dict)
    """sourcedId → (enrollment, school) whatever its state."""
    homeroom_holders: dict[str, tuple[int, int]] = field(default_factory=dict)


def lock_schools(only_school: int | None) -> None:
    """Imports that could touch the same school wait for each other from here to their commit; nobody else waits.

    PostgreSQL: NO KEY UPDATE lets rows that refer to a school be added meanwhile. SQLite has one writer: becoming it
    before anything is read keeps the plan true until it is carried out.
    """
    if db.engine.dialect.name == "sqlite":
        db.session.execute(
            sa.update(School).where(School.id < 0).values(code=School.code),
            execution_options={"synchronize_session": False},
        )
        return
    query = sa.select(School.id).order_by(School.id).with_for_update(key_share=True)
    db.session.execute(query if only_school is None else query.where(School.id == only_school)).all()


def load_schools() -> Present:
    """All schools and terms of the city: a few hundred rows."""
    present = Present()
    for row in db.session.execute(
        sa.select(School.id, School.sourced_id, School.code, School.name, School.english_name, School.kind).order_by(
            School.id
        )
    ):
        present.schools[row.id] = SchoolNow(*row)
    for term in db.session.execute(
        sa.select(
            AcademicTerm.id,
            AcademicTerm.sourced_id,
            AcademicTerm.school_year,
            AcademicTerm.semester,
            AcademicTerm.starts_on,
            AcademicTerm.ends_on,
        )
    ):
        present.terms[term.school_year, term.semester] = TermNow(*term)
    return present


def schools_of(class_ids: set[str], student_ids: set[str]) -> set[int]:
    """The schools at which classes and students of these sourcedIds are."""
    found: set[int] = set()
    tables: tuple[tuple[Any, set[str]], ...] = ((SchoolClass, class_ids), (Student, student_ids))
    for model, ids in tables:
        for some_ids in _some(sorted(ids)):
            query = sa.select(model.school_id).where(model.sourced_id.in_(some_ids)).distinct()
            found.update(db.session.scalars(query))
    return found


def load_rolls(
    present: Present, school_ids: Iterable[int], class_ids: set[str], student_ids: set[str], enrollment_ids: set[str]
) -> None:
    """Add the classes, students, enrollments, homeroom teachers and placements of these schools.

    ``class_ids``, ``student_ids`` and ``enrollment_ids`` are the bundle's sourcedIds: who carries one elsewhere is
    found too.
    """
    touched = sorted(school_ids)
    for some in _some(touched):
        for row in db.session.execute(_classes().where(SchoolClass.school_id.in_(some))):
            present.classes[row.id] = ClassNow(*row)
        for row in db.session.execute(_students().where(Student.school_id.in_(some))):
            present.students[row.id] = StudentNow(*row)
        _load_places(present, some)
    known_classes = {row.sourced_id for row in present.classes.values()}
    for some_ids in _some(sorted(class_ids - known_classes)):
        for row in db.session.execute(_classes().where(SchoolClass.sourced_id.in_(some_ids))):
            present.foreign_classes[row.sourced_id] = ClassNow(*row)
    known_students = {row.sourced_id for row in present.students.values()}
    for some_ids in _some(sorted(student_ids - known_students)):
        for row in db.session.execute(_students().where(Student.sourced_id.in_(some_ids))):
            present.foreign_students[row.sourced_id] = StudentNow(*row)
    _load_holders(present, enrollment_ids)


def _load_holders(present: Present, enrollment_ids: set[str]) -> None:
    """Rows, ended or not, that carry a sourcedId of the bundle; those of active rows are mostly known by now."""
    missing = sorted(enrollment_ids - set(present.enrollment_holders))
    holders: tuple[tuple[Any, dict[str, tuple[int, int]]], ...] = (
        (Enrollment, present.enrollment_holders),
        (HomeroomAssignment, present.homeroom_holders),
    )
    for model, found in holders:
        for some_ids in _some(missing):
            query = sa.select(model.id, model.sourced_id, model.school_id).where(model.sourced_id.in_(some_ids))
            for id_, sourced_id, school_id in db.session.execute(query):
                found[sourced_id] = (id_, school_id)


def _load_places(present: Present, school_ids: list[Any]) -> None:
    for row in db.session.execute(
        sa.select(
            Enrollment.id,
            Enrollment.sourced_id,
            Enrollment.student_id,
            Enrollment.class_id,
            Enrollment.seat_number,
            Enrollment.school_id,
        ).where(Enrollment.school_id.in_(school_ids), Enrollment.ended_on.is_(None))
    ):
        present.enrollments[row.student_id] = EnrollmentNow(*row[:5])
        if row.sourced_id is not None:
            present.enrollment_holders[row.sourced_id] = (row.id, row.school_id)
    for homeroom in db.session.execute(
        sa.select(
            HomeroomAssignment.id,
            HomeroomAssignment.sourced_id,
            HomeroomAssignment.class_id,
            HomeroomAssignment.school_id,
            HomeroomAssignment.placement_id,
            HomeroomAssignment.teacher_name,
            HomeroomAssignment.teacher_username,
        )
        .where(HomeroomAssignment.school_id.in_(school_ids), HomeroomAssignment.ended_on.is_(None))
        .order_by(HomeroomAssignment.id)
    ):
        present.homerooms.setdefault(homeroom.class_id, []).append(HomeroomNow(*homeroom))
    for id_, school_id, username in db.session.execute(
        sa.select(StaffPlacement.id, StaffPlacement.school_id, StaffPlacement.username).where(
            StaffPlacement.school_id.in_(school_ids), StaffPlacement.ended_on.is_(None)
        )
    ):
        present.placements[school_id, username.lower()] = id_


def _classes() -> Any:
    return sa.select(
        SchoolClass.id,
        SchoolClass.sourced_id,
        SchoolClass.school_id,
        SchoolClass.school_year,
        SchoolClass.grade_level,
        SchoolClass.class_name,
    )


def _students() -> Any:
    return sa.select(
        Student.id,
        Student.sourced_id,
        Student.school_id,
        Student.student_number,
        Student.full_name,
        Student.birth_date,
        Student.identity_number_index,
        Student.status,
    )


def _some(values: list[Any]) -> Iterator[list[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
