"""保護令: keep a guardian away from a child at once, and lift it again (docs/decisions/0016).

The link ends in the same moment as every right that came with it. The guardian gets no letter and never reads the reason;
a new application is taken like any other and lies before the school's manager alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, gettext
from sqlalchemy.exc import IntegrityError

from app.access.actor import Actor
from app.access.policy import may_protect
from app.access.session import system
from app.accounts.models import AccountProfile
from app.audit.record import record
from app.extensions import db
from app.guardian_links.marks import marks_about
from app.guardian_links.matching import same_name
from app.guardian_links.models import GuardianLink, LinkStatus, ProtectionMark
from app.guardian_links.services import LinkNotAllowed, ReasonMissing
from app.model_types import now
from app.schools.models import Enrollment

PAGE = 50


class AlreadyProtected(Exception):
    """There is a mark on this link, or somebody was faster."""


class AlreadyLifted(Exception):
    """The mark has been lifted meanwhile."""


def place_mark(actor: Actor, link: GuardianLink, reason: str) -> ProtectionMark:
    """End the guardian's link to this child at once and keep it ended. Other guardians are not touched.

    Applications of the same guardian that still wait are held for the manager. Nothing is written to the guardian.
    Raises LinkNotAllowed, ReasonMissing, AlreadyProtected.
    """
    if not may_protect(actor, link):
        raise LinkNotAllowed
    if not reason:
        raise ReasonMissing
    with system("keep a guardian away by a protection order"):
        number = db.session.scalar(
            sa.select(AccountProfile.identity_number_index).where(AccountProfile.account_id == link.account_id)
        )
        mark = ProtectionMark(
            school_id=link.school_id,
            guardian_link_id=link.id,
            account_id=link.account_id,
            identity_number_index=number or "",
            guardian_name=link.guardian_name,
            student_id=link.student_id,
            student_name=link.typed_name,
            reason=reason,
            placed_by_id=actor.id,
            placed_by_name=actor.full_name,
        )
        _end_and_hold(link)
        db.session.add(mark)
        try:
            db.session.flush()
        except IntegrityError as error:
            db.session.rollback()
            raise AlreadyProtected from error
        record(actor, "place.protection_mark", mark.id, school_id=mark.school_id, detail=f"guardian_link {link.id}")
        db.session.commit()
        db.session.refresh(mark)
    return mark


def _end_and_hold(link: GuardianLink) -> None:
    """End what is approved between this guardian and this child; take what waits out of the homeroom teacher's list."""
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        # What the guardian's own list says: true, and the same words whatever the school's reason.
        remark = gettext("The link has ended. If you have questions, please ask the school.")
    same_child = GuardianLink.id == link.id
    if link.student_id is not None:
        same_child = sa.or_(same_child, GuardianLink.student_id == link.student_id)
    _update(
        sa.update(GuardianLink)
        .where(GuardianLink.account_id == link.account_id, same_child, GuardianLink.status == LinkStatus.APPROVED)
        .values(status=LinkStatus.ENDED, ended_at=now(), reason=remark)
    )
    waiting = db.session.execute(
        sa.select(GuardianLink.id, GuardianLink.student_id, GuardianLink.typed_name).where(
            GuardianLink.account_id == link.account_id,
            GuardianLink.school_id == link.school_id,
            GuardianLink.status == LinkStatus.PENDING,
        )
    )
    held = [
        row.id
        for row in waiting
        if row.id == link.id
        or (row.student_id is not None and row.student_id == link.student_id)
        or (None in (row.student_id, link.student_id) and same_name(row.typed_name, link.typed_name))
    ]
    if held:
        _update(sa.update(GuardianLink).where(GuardianLink.id.in_(held)).values(held_for_manager=True, class_id=None))


def lift_mark(actor: Actor, mark: ProtectionMark, reason: str) -> None:
    """The order no longer holds: from now on an application is reviewed like any other. No link comes back by itself.

    Raises LinkNotAllowed, ReasonMissing, AlreadyLifted.
    """
    if not may_protect(actor, mark):
        raise LinkNotAllowed
    if not reason:
        raise ReasonMissing
    mark_id, school_id = mark.id, mark.school_id
    with system("lift a protection mark"):
        lifted = _update(
            sa.update(ProtectionMark)
            .where(ProtectionMark.id == mark_id, ProtectionMark.lifted_at.is_(None))
            .values(lifted_at=now(), lifted_by_name=actor.full_name, lifted_reason=reason)
        )
        if not lifted:
            db.session.rollback()
            raise AlreadyLifted
        _release(school_id)
        record(actor, "lift.protection_mark", mark_id, school_id=school_id)
        db.session.commit()


def _release(school_id: int) -> None:
    """Give the held applications that no mark concerns any more back to the class in which the child sits."""
    held = db.session.execute(
        sa.select(
            GuardianLink.id,
            GuardianLink.account_id,
            GuardianLink.guardian_name,
            GuardianLink.student_id,
            GuardianLink.typed_name,
            Enrollment.class_id,
        )
        .outerjoin(Enrollment, (Enrollment.student_id == GuardianLink.student_id) & Enrollment.ended_on.is_(None))
        .where(GuardianLink.school_id == school_id, GuardianLink.held_for_manager)
    ).all()
    for row in held:
        if not marks_about(row.account_id, row.guardian_name, school_id, row.student_id, row.typed_name):
            _update(
                sa.update(GuardianLink)
                .where(GuardianLink.id == row.id)
                .values(held_for_manager=False, class_id=row.class_id)
            )


def _update(statement: Any) -> int:
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast("sa.CursorResult[Any]", result).rowcount


# ---------- reading ----------


def marks_in_sight(before: int | None = None) -> tuple[Sequence[ProtectionMark], int | None]:
    """The marks that the acting account may see, those in force and lifted ones, newest first; and where to go on."""
    query = sa.select(ProtectionMark).order_by(ProtectionMark.id.desc()).limit(PAGE + 1)
    if before is not None:
        query = query.where(ProtectionMark.id < before)
    rows = db.session.scalars(query).all()
    return rows[:PAGE], rows[PAGE - 1].id if len(rows) > PAGE else None


def mark_on(link: GuardianLink) -> ProtectionMark | None:
    """The mark in force that was set at this very link, for those who may see it."""
    return db.session.scalar(
        sa.select(ProtectionMark).where(ProtectionMark.guardian_link_id == link.id, ProtectionMark.lifted_at.is_(None))
    )


def marks_on_application(link: GuardianLink) -> Sequence[ProtectionMark]:
    """What the manager who reviews ``link`` has to know; empty for everybody who may not see marks."""
    if not link.held_for_manager:
        return ()
    with system("look for protection marks on an application"):
        concerns = marks_about(link.account_id, link.guardian_name, link.school_id, link.student_id, link.typed_name)
    if not concerns:
        return ()
    return db.session.scalars(
        sa.select(ProtectionMark)
        .where(ProtectionMark.id.in_([each.mark_id for each in concerns]))
        .order_by(ProtectionMark.id)
    ).all()


def other_guardians(link: GuardianLink) -> Sequence[GuardianLink]:
    """Who else is linked to this child and stays so."""
    if link.student_id is None:
        return ()
    return db.session.scalars(
        sa.select(GuardianLink)
        .where(
            GuardianLink.student_id == link.student_id,
            GuardianLink.account_id != link.account_id,
            GuardianLink.status == LinkStatus.APPROVED,
        )
        .order_by(GuardianLink.id)
    ).all()
