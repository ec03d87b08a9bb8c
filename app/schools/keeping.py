"""Keeping the roster by hand: what a registrar's change brings along. The generated screens call these before they save."""

from __future__ import annotations

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.session import system
from app.audit.record import record
from app.extensions import db
from app.guardian_links import following
from app.model_types import today
from app.schools.class_names import normal_class_name
from app.schools.models import Enrollment, HomeroomAssignment, SchoolClass, Student, StudentStatus


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


def take_links_along(student_id: int) -> None:
    """After a seat changed, ended or went: the former homeroom teacher sees the student links no more, the new one does.

    Part of the caller's transaction.
    """
    with system("student links follow the child"):
        db.session.flush()
        following.follow([student_id])


def let_leave(actor: Actor, student: Student) -> None:
    """After 在學 became 轉出 or 畢業: the seat and the student links end, as a roster would end them.

    Part of the caller's transaction.
    """
    if student.status == StudentStatus.ENROLLED:
        return
    with system("student links follow the child"):
        db.session.flush()
        ended = db.session.execute(
            sa.update(Enrollment)
            .where(Enrollment.student_id == student.id, Enrollment.ended_on.is_(None))
            .values(ended_on=today())
            .execution_options(synchronize_session=False)
        ).rowcount  # type: ignore[attr-defined]
        links = following.end_links_of_leavers([student.id], student.status)
    if ended or links:
        record(actor, "leave.student", student.id, school_id=student.school_id, detail=f"{student.status}, {links} links")


def name_teacher(assignment: HomeroomAssignment) -> None:
    """A placed teacher goes by the name and the account of the placement."""
    if assignment.placement is not None:
        assignment.teacher_name = assignment.placement.staff_name
        assignment.teacher_username = assignment.placement.username


def spell_class_name(school_class: SchoolClass) -> None:
    """1, 01, 一 and 一班 are one class."""
    school_class.class_name = normal_class_name(school_class.class_name, school_class.grade_level)
