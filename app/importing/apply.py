"""Carry a plan out: set by set, in the transaction of the caller, who commits or rolls everything back.

Called inside ``system``. Sets are ordered so that no unique key is ever held twice: what ends or gives a sourcedId up
comes before what begins, and names that change places pass through a stand-in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import sqlalchemy as sa

from app.extensions import db
from app.guardian_links import following
from app.importing.plan import Plan
from app.importing.wanted import Place
from app.model_types import today
from app.schools.models import (
    AcademicTerm,
    Enrollment,
    HomeroomAssignment,
    School,
    SchoolClass,
    SchoolKind,
    Student,
    StudentStatus,
)

_AT_ONCE = 800


def carry_out(plan: Plan) -> int:
    """Do what the plan says; does not commit. Answers how many student links were ended because a child left."""
    _schools(plan)
    _terms(plan)
    _classes(plan)
    ended_links = _leaving(plan)
    _students(plan)
    _places(plan)
    _homerooms(plan)
    db.session.flush()
    return ended_links


def _schools(plan: Plan) -> None:
    if plan.new_schools:
        rows = [
            {
                "sourced_id": row.key,
                "code": row.code,
                "name": row.name,
                "english_name": row.english_name,
                "kind": row.kind or SchoolKind.ELEMENTARY,
                "accepts_link_requests": row.accepts_link_requests is not False,
            }
            for row in plan.new_schools
        ]
        db.session.execute(sa.insert(School), rows)
        plan.school_ids.update(_ids_of(School, [row.key for row in plan.new_schools]))
    _update(School, plan.changed_schools)


def _terms(plan: Plan) -> None:
    if plan.new_terms:
        db.session.execute(sa.insert(AcademicTerm), plan.new_terms)
    _update(AcademicTerm, plan.changed_terms)


def _classes(plan: Plan) -> None:
    _stand_in(SchoolClass, SchoolClass.class_name, plan.changed_classes)
    _update(SchoolClass, plan.changed_classes)
    if plan.new_classes:
        rows = [
            {
                "sourced_id": row.key,
                "school_id": plan.school_ids[row.school],
                "school_year": row.school_year,
                "grade_level": row.grade_level,
                "class_name": row.class_name,
            }
            for row in plan.new_classes
        ]
        db.session.execute(sa.insert(SchoolClass), rows)
        plan.class_ids.update(_ids_of(SchoolClass, [row.key for row in plan.new_classes]))


# ---------- students ----------


def _leaving(plan: Plan) -> int:
    """Status, enrollment and student links of those who leave. Answers how many links were ended."""
    sets: dict[tuple[StudentStatus, bool], list[int]] = {}
    for row in plan.leaving:
        sets.setdefault((row.status, row.releases_sourced_id), []).append(row.student_id)
    ended = 0
    for (status, releases), student_ids in sets.items():
        values: dict[str, Any] = {"status": status, **({"sourced_id": None} if releases else {})}
        for some in _some(sorted(student_ids)):
            _execute(sa.update(Student).where(Student.id.in_(some)).values(**values))
            _execute(
                sa.update(Enrollment)
                .where(Enrollment.student_id.in_(some), Enrollment.ended_on.is_(None))
                .values(ended_on=today())
            )
            ended += following.end_links_of_leavers(some, status)
    return ended


def _students(plan: Plan) -> None:
    _stand_in(Student, Student.student_number, plan.changed_students)
    _update(Student, plan.changed_students)
    if not plan.new_students:
        return
    rows = [
        {
            "sourced_id": row.key,
            "school_id": plan.school_ids[row.school],
            "student_number": row.student_number,
            "full_name": row.full_name,
            "birth_date": row.birth_date,
            "identity_number_sealed": row.identity.sealed if row.identity else "",
            "identity_number_index": row.identity.index if row.identity else "",
            "status": StudentStatus.ENROLLED,
        }
        for row in plan.new_students
    ]
    db.session.execute(sa.insert(Student), rows)
    plan.student_ids.update(_ids_of(Student, [row.key for row in plan.new_students]))


# ---------- seats ----------


def _places(plan: Plan) -> None:
    _release(Enrollment, plan.released_enrollment_ids)
    _end(Enrollment, [*plan.ended_places, *(seat.id for seat, _ in plan.moves)])
    _update(Enrollment, plan.changed_places)
    schools = _schools_of_classes(plan, [place.school_class for place in plan.new_places])
    schools.update(_schools_of_classes(plan, [place.school_class for _, place in plan.moves]))
    rows = [_place_row(plan, place, schools, _first_day(place.starts_on)) for place in plan.new_places]
    rows += [_place_row(plan, place, schools, today()) for _, place in plan.moves]
    if rows:
        db.session.execute(sa.insert(Enrollment), rows)
    for some in _some(sorted(row["student_id"] for row in rows)):
        following.follow(some)


def _place_row(plan: Plan, place: Place, schools: dict[str, int], started_on: date) -> dict[str, Any]:
    return {
        "sourced_id": place.key,
        "student_id": plan.student_ids[place.student],
        "class_id": plan.class_ids[place.school_class],
        "school_id": schools[place.school_class],
        "seat_number": place.seat_number,
        "started_on": started_on,
    }


def _first_day(day: date | None) -> date:
    """A seat begins on the roster's day, but not in the future: who is on the roll sits there now."""
    return day if day is not None and day <= today() else today()


def _schools_of_classes(plan: Plan, keys: Sequence[str]) -> dict[str, int]:
    ids = {plan.class_ids[key]: key for key in keys}
    found: dict[str, int] = {}
    for some in _some(sorted(ids)):
        query = sa.select(SchoolClass.id, SchoolClass.school_id).where(SchoolClass.id.in_(some))
        found.update({ids[id_]: school_id for id_, school_id in db.session.execute(query)})
    return found


# ---------- homeroom teachers ----------


def _homerooms(plan: Plan) -> None:
    _release(HomeroomAssignment, plan.released_homeroom_ids)
    _end(HomeroomAssignment, plan.ended_homerooms)
    _update(HomeroomAssignment, plan.changed_homerooms)
    schools = _schools_of_classes(plan, [row.school_class for row, _ in plan.new_homerooms])
    rows = [
        {
            "sourced_id": row.key,
            "class_id": plan.class_ids[row.school_class],
            "school_id": schools[row.school_class],
            "placement_id": placement_id,
            "teacher_name": row.teacher_name,
            "teacher_username": row.teacher_username,
            "started_on": _first_day(row.starts_on),
        }
        for row, placement_id in plan.new_homerooms
    ]
    if rows:
        db.session.execute(sa.insert(HomeroomAssignment), rows)


# ---------- sets ----------


def _execute(statement: sa.Update) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]


def _update(model: Any, changed: dict[int, dict[str, Any]]) -> None:
    """Rows that change the same columns go together."""
    sets: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for id_, values in changed.items():
        if values:
            sets.setdefault(tuple(sorted(values)), []).append({"id": id_, **values})
    for rows in sets.values():
        db.session.execute(sa.update(model), rows)


def _stand_in(model: Any, column: Any, changed: dict[int, dict[str, Any]]) -> None:
    """Give rows whose unique name changes a stand-in first: two of them may be changing places."""
    for some in _some([id_ for id_, values in changed.items() if column.key in values]):
        _execute(sa.update(model).where(model.id.in_(some)).values({column: "~" + sa.cast(model.id, sa.String)}))


def _release(model: Any, ids: set[int]) -> None:
    for some in _some(sorted(ids)):
        _execute(sa.update(model).where(model.id.in_(some)).values(sourced_id=None))


def _end(model: Any, ids: list[int]) -> None:
    for some in _some(sorted(ids)):
        _execute(sa.update(model).where(model.id.in_(some)).values(ended_on=today()))


def _ids_of(model: Any, keys: list[str]) -> dict[str, int]:
    found: dict[str, int] = {}
    for some in _some(sorted(keys)):
        query = sa.select(model.sourced_id, model.id).where(model.sourced_id.in_(some))
        found.update(tuple(row) for row in db.session.execute(query))
    return found


def _some(values: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(values), _AT_ONCE):
        yield values[start : start + _AT_ONCE]
