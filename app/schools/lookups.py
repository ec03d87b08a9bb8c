"""How schools, terms, classes, students and placements are found by what a person types, and named in forms."""

from __future__ import annotations

import re

import sqlalchemy as sa
from sqlalchemy import ColumnElement
from sqlalchemy.orm import joinedload

from app.accounts.models import StaffPlacement
from app.schools.class_names import normal_class_name
from app.schools.models import CHINESE_NUMERALS, AcademicTerm, Enrollment, School, SchoolClass, Student
from app.web.formatting import term_label, year_label
from app.web.lookups import Lookup

_CLASS_NUMBER = re.compile(r"([1-9]|1[0-2])(\d\d)")
_CLASS_LABEL = re.compile(r"([0-9一二三四五六七八九十]{1,2})年級?(.*)")


def _schools_like(typed: str) -> ColumnElement[bool]:
    return sa.or_(
        School.name.icontains(typed, autoescape=True),
        School.english_name.icontains(typed, autoescape=True),
        School.code.istartswith(typed, autoescape=True),
    )


def _classes_like(typed: str) -> ColumnElement[bool]:
    """501, 五年一班, 5年1班, 五年, 忠班, or the name of a school; two words narrow each other: 文昌 501."""
    return sa.and_(*(_classes_like_word(word) for word in typed.split()))


def _classes_like_word(word: str) -> ColumnElement[bool]:
    number, label = _CLASS_NUMBER.fullmatch(word), _CLASS_LABEL.fullmatch(word)
    if number or label:
        grade = number[1] if number else label[1]  # type: ignore[index]
        grade_level = int(grade) if grade.isascii() else _from_chinese(grade)
        name = number[2] if number else label[2]  # type: ignore[index]
        conditions = [SchoolClass.grade_level == grade_level]
        if name:
            conditions.append(SchoolClass.class_name == normal_class_name(name, grade_level))
        return sa.and_(*conditions)
    schools = sa.select(School.id).where(_schools_like(word))
    return sa.or_(SchoolClass.class_name.icontains(word, autoescape=True), SchoolClass.school_id.in_(schools))


def _from_chinese(text: str) -> int:
    """五 → 5, 十二 → 12."""
    return sum(CHINESE_NUMERALS.index(sign) for sign in text)


def _students_like(typed: str) -> ColumnElement[bool]:
    return sa.or_(
        Student.full_name.icontains(typed, autoescape=True), Student.student_number.istartswith(typed, autoescape=True)
    )


def _placements_like(typed: str) -> ColumnElement[bool]:
    return sa.or_(
        StaffPlacement.staff_name.icontains(typed, autoescape=True),
        StaffPlacement.username.istartswith(typed, autoescape=True),
    )


def _class_label(row: SchoolClass) -> str:
    return f"{row.school.name} {year_label(row.school_year)} {row.label}"


def _seated_in_class_like(typed: str) -> ColumnElement[bool]:
    classes = sa.select(SchoolClass.id).where(_classes_like(typed))
    return sa.and_(Enrollment.ended_on.is_(None), Enrollment.class_id.in_(classes))


SCHOOLS = Lookup(School, _schools_like, lambda row: row.name, (School.code,))
TERMS = Lookup(
    AcademicTerm,
    lambda typed: sa.true(),
    lambda row: term_label(row.school_year, row.semester),
    (AcademicTerm.school_year.desc(), AcademicTerm.semester.desc()),
    is_small=True,
)
CLASSES = Lookup(
    SchoolClass,
    _classes_like,
    _class_label,
    (SchoolClass.school_year.desc(), SchoolClass.school_id, SchoolClass.grade_level, SchoolClass.id),
)
SEATS = Lookup(Enrollment, _seated_in_class_like, str, (Enrollment.id,), key_name="student_id")
"""For searching students by the class in which they sit now."""
STUDENTS = Lookup(
    Student,
    _students_like,
    lambda row: f"{row.full_name} {row.student_number}（{row.school.name}）",
    (Student.school_id, Student.student_number),
)
PLACEMENTS = Lookup(
    StaffPlacement,
    _placements_like,
    lambda row: f"{row.staff_name} {row.username}（{row.school.name}）",
    (StaffPlacement.school_id, StaffPlacement.id),
    options=(joinedload(StaffPlacement.school),),
    offered=lambda: StaffPlacement.ended_on.is_(None),
)
