"""Keeping the roster by hand: what a registrar's change brings along. The generated screens call these before they save."""

from __future__ import annotations

import sqlalchemy as sa

from app.extensions import db
from app.schools.class_names import normal_class_name
from app.schools.models import Enrollment, HomeroomAssignment, SchoolClass


class SitsElsewhere(Exception):
    """A student sits in one class at a time; this one has an enrollment that has not ended."""


def require_no_other_seat(enrollment: Enrollment) -> None:
    """Raises SitsElsewhere when an open enrollment would be the student's second."""
    if enrollment.ended_on is not None:
        return
    others = sa.select(Enrollment.id).where(Enrollment.student_id == enrollment.student.id, Enrollment.ended_on.is_(None))
    if enrollment.id is not None:
        others = others.where(Enrollment.id != enrollment.id)
    if db.session.scalar(others.limit(1)) is not None:
        raise SitsElsewhere


def name_teacher(assignment: HomeroomAssignment) -> None:
    """A placed teacher goes by the name and the account of the placement."""
    if assignment.placement is not None:
        assignment.teacher_name = assignment.placement.staff_name
        assignment.teacher_username = assignment.placement.username


def spell_class_name(school_class: SchoolClass) -> None:
    """1, 01, 一 and 一班 are one class."""
    school_class.class_name = normal_class_name(school_class.class_name, school_class.grade_level)
