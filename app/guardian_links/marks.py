"""Which protection marks concern an application: the same person about the same child, as far as both can be known.

Called inside ``access.system``: whoever applies, and the homeroom teacher who reviews, may not see a mark.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from app.accounts.models import AccountProfile
from app.extensions import db
from app.guardian_links.matching import same_name
from app.guardian_links.models import ProtectionMark


@dataclass(frozen=True, slots=True)
class Concern:
    """A mark in force, and how sure it is that the applicant is the person whom it keeps away."""

    mark_id: int
    is_certain: bool
    """The same account or the same identity number; else only the name is the same."""


def marks_about(
    account_id: int, guardian_name: str, school_id: int, student_id: int | None, typed_name: str
) -> Sequence[Concern]:
    """The marks of the school that concern this applicant and this child; the certain ones first.

    A child that nobody found on the roll is known by the name that was typed. One statement, whatever there is to find.
    """
    number = sa.select(AccountProfile.identity_number_index).where(AccountProfile.account_id == account_id).scalar_subquery()
    is_certain = sa.or_(
        ProtectionMark.account_id == account_id,
        sa.and_(ProtectionMark.identity_number_index != "", ProtectionMark.identity_number_index == number),
    )
    rows = db.session.execute(
        sa.select(
            ProtectionMark.id,
            ProtectionMark.guardian_name,
            ProtectionMark.student_id,
            ProtectionMark.student_name,
            sa.case((is_certain, True), else_=False).label("is_certain"),
        ).where(ProtectionMark.school_id == school_id, ProtectionMark.lifted_at.is_(None))
    ).all()
    concerns = []
    for row in rows:
        is_same_person = row.is_certain or same_name(row.guardian_name, guardian_name)
        if student_id is not None and row.student_id is not None:
            is_same_child = row.student_id == student_id
        else:
            is_same_child = same_name(row.student_name, typed_name)
        if is_same_person and is_same_child:
            concerns.append(Concern(row.id, bool(row.is_certain)))
    return sorted(concerns, key=lambda concern: not concern.is_certain)
