"""The classes that 班導師互動區 offers, and the one that was chosen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.access.actor import Actor
from app.access.branches import own_classes
from app.access.choices import in_homeroom_area
from app.extensions import db
from app.schools.models import Enrollment, HomeroomAssignment, SchoolClass, class_label


@dataclass(frozen=True, slots=True)
class HomeroomClass:
    """A class in 年級 and 班級."""

    id: int
    grade_level: int
    name: str
    is_own: bool
    """The actor is its homeroom teacher, not only a manager of the school."""

    @property
    def label(self) -> str:
        return class_label(self.grade_level, self.name)


def homeroom_classes(actor: Actor) -> list[HomeroomClass]:
    """導師: the own classes; 導師 + 管理者: every class of the school that has students or a teacher now (B3.1).

    One statement, by grade.
    """
    seated = sa.select(Enrollment.id).where(Enrollment.class_id == SchoolClass.id, Enrollment.ended_on.is_(None))
    taught = sa.select(HomeroomAssignment.id).where(
        HomeroomAssignment.class_id == SchoolClass.id, HomeroomAssignment.ended_on.is_(None)
    )
    rows = db.session.execute(
        sa.select(
            SchoolClass.id,
            SchoolClass.grade_level,
            SchoolClass.class_name,
            SchoolClass.id.in_(own_classes()).label("is_own"),
        )
        .where(in_homeroom_area(actor), seated.exists() | taught.exists())
        .order_by(SchoolClass.grade_level, SchoolClass.id)
    )
    return [HomeroomClass(row.id, row.grade_level, row.class_name, bool(row.is_own)) for row in rows]


def chosen_class(
    classes: Sequence[HomeroomClass], class_id: int | None, grade_level: int | None = None
) -> HomeroomClass | None:
    """The class that was asked for; else the first of the grade that was; else an own one; else the first of all.

    None when a class was asked for that is not offered, or none is.
    """
    asked = next((each for each in classes if each.id == class_id), None)
    if grade_level is not None and (asked is None or asked.grade_level != grade_level):
        return next((each for each in classes if each.grade_level == grade_level), None)
    if class_id is not None:
        return asked
    return next((each for each in classes if each.is_own), classes[0] if classes else None)
