"""What the pages of student links read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import lazyload

from app.access.actor import Actor
from app.access.choices import in_link_review, links_in_review
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.schools.models import Enrollment, School, SchoolClass, SchoolKind, Student, class_label

PAGE = 50


@dataclass(frozen=True, slots=True)
class SchoolChoice:
    id: int
    code: str
    name: str
    english_name: str
    accepts_link_requests: bool


def schools_to_link() -> list[SchoolChoice]:
    """Every school of the city, closed ones too: they are shown as such (B1.2)."""
    rows = db.session.execute(
        sa.select(School.id, School.code, School.name, School.english_name, School.accepts_link_requests)
        .where(School.kind != SchoolKind.BUREAU)
        .order_by(School.accepts_link_requests.desc(), School.code)
    )
    return [SchoolChoice(*row) for row in rows]


def links_of(actor: Actor, before: int | None = None) -> tuple[Sequence[GuardianLink], int | None]:
    """連結申請紀錄: the guardian's own applications, newest first, and the id to go on from when there are older ones."""
    query = (
        sa.select(GuardianLink).where(GuardianLink.account_id == actor.id).order_by(GuardianLink.id.desc()).limit(PAGE + 1)
    )
    if before is not None:
        query = query.where(GuardianLink.id < before)
    rows = db.session.scalars(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


# ---------- the review ----------


@dataclass(frozen=True, slots=True)
class ClassChoice:
    id: int
    grade_level: int
    class_name: str

    @property
    def label(self) -> str:
        return class_label(self.grade_level, self.class_name)


def classes_to_review(actor: Actor) -> list[ClassChoice]:
    """年級／班級 of the review: 導師 the own classes, 管理者 every class of the school's newest year."""
    newest = (
        sa.select(sa.func.max(SchoolClass.school_year)).where(SchoolClass.school_id == actor.school_id).scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(SchoolClass.id, SchoolClass.grade_level, SchoolClass.class_name)
        .where(in_link_review(actor), SchoolClass.school_year == newest)
        .order_by(SchoolClass.grade_level, SchoolClass.id)
    )
    return [ClassChoice(*row) for row in rows]


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """What the reviewer chose above the list."""

    class_ids: tuple[int, ...] | None = None
    """None: every class on offer, and applications that belong to no class."""
    status: LinkStatus | None = None


Cursor = tuple[int, int]
"""(rank, id) of the last row of a page: rank 0 is pending, 1 anything else."""


def links_to_review(
    actor: Actor, chosen: ReviewFilter, after: Cursor | None = None
) -> tuple[Sequence[GuardianLink], Cursor | None]:
    """Applications, those that wait first, then the newest; and the cursor of the next page, if there is one."""
    rank = sa.case((GuardianLink.status == LinkStatus.PENDING, 0), else_=1)
    query = (
        sa.select(GuardianLink, rank.label("rank"))
        .where(links_in_review(actor), GuardianLink.account_id != actor.id)
        .options(lazyload(GuardianLink.school))
        .order_by(rank, GuardianLink.id.desc())
        .limit(PAGE + 1)
    )
    if chosen.class_ids is not None:
        query = query.where(GuardianLink.class_id.in_(chosen.class_ids))
    if chosen.status is not None:
        query = query.where(GuardianLink.status == chosen.status)
    if after is not None:
        query = query.where(sa.or_(rank > after[0], sa.and_(rank == after[0], GuardianLink.id < after[1])))
    rows = db.session.execute(query).all()
    last = rows[PAGE - 1] if len(rows) > PAGE else None
    return [row[0] for row in rows[:PAGE]], (last.rank, last[0].id) if last is not None else None


def count_pending(actor: Actor) -> int:
    return (
        db.session.scalar(
            sa.select(sa.func.count(GuardianLink.id)).where(
                links_in_review(actor), GuardianLink.account_id != actor.id, GuardianLink.status == LinkStatus.PENDING
            )
        )
        or 0
    )


def roster_student(link: GuardianLink) -> Any:
    """The roster's student of an application as the reviewer may see it now, with class and seat; None when not."""
    if link.student_id is None:
        return None
    return db.session.execute(
        sa.select(
            Student.full_name,
            Student.student_number,
            Student.birth_date,
            Student.identity_number_sealed,
            SchoolClass.grade_level,
            SchoolClass.class_name,
            Enrollment.seat_number,
        )
        .outerjoin(Enrollment, (Enrollment.student_id == Student.id) & Enrollment.ended_on.is_(None))
        .outerjoin(SchoolClass, SchoolClass.id == Enrollment.class_id)
        .where(Student.id == link.student_id)
    ).first()


def links_beside(actor: Actor, link: GuardianLink) -> Sequence[GuardianLink]:
    """Other living links that a reviewer wants to know of: of the same student, or of the same guardian at the school."""
    same = GuardianLink.account_id == link.account_id
    if link.student_id is not None:
        same = sa.or_(same, GuardianLink.student_id == link.student_id)
    return db.session.scalars(
        sa.select(GuardianLink)
        .where(
            links_in_review(actor),
            GuardianLink.school_id == link.school_id,
            GuardianLink.id != link.id,
            GuardianLink.status.in_((LinkStatus.PENDING, LinkStatus.APPROVED)),
            same,
        )
        .order_by(GuardianLink.id)
        .limit(20)
    ).all()
