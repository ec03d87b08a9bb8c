"""What happens to a student link: requested and withdrawn by the guardian, decided upon and ended by the school.

Every change of state is one compare-and-set statement: of two people who decide at the same moment one does, and the
other is told.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any, cast

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError

from app.access.actor import Actor
from app.access.policy import may_request_link, may_review_link, may_withdraw_link
from app.access.session import system
from app.accounts.models import AccountProfile
from app.audit.record import record
from app.extensions import db
from app.guardian_links.marks import marks_about
from app.guardian_links.matching import StudentKey, find_class, find_student, read_student_key
from app.guardian_links.models import GuardianLink, LinkStatus, Relationship
from app.model_types import now
from app.notifications.outbox import UnsafeMessage, send_letter
from app.schools.models import Enrollment, School, SchoolKind, Student, StudentStatus

log = structlog.get_logger(__name__)

MOST_PENDING = 10
"""Applications of one guardian that may wait at a time: no family needs more, a guesser of numbers would."""


class LinkNotAllowed(Exception):
    """The acting account may not do this with this link."""


class SchoolTakesNoApplications(Exception):
    """「目前尚無開放申請」."""


class AlreadyApplied(Exception):
    """The guardian has a pending or approved link for this child."""


class TooManyPending(Exception):
    """As many applications wait as one guardian may have waiting."""


class LinkAlreadyDecided(Exception):
    """Somebody else was faster, or the link is no longer in the state that was shown."""


class NobodyMatches(Exception):
    """No student of the roster was found: the application can only be refused."""


class UnderProtection(Exception):
    """A protection mark keeps this guardian away from this child: it has to be lifted first."""


class StudentHasLeft(Exception):
    """The student no longer sits in a class that the reviewer looks after."""


class ReasonMissing(Exception):
    """Refusing and ending need a reason: the guardian reads it."""


@dataclass(frozen=True)
class Application:
    """What a guardian types (B1.2)."""

    school_id: int
    grade_level: int
    class_name: str
    """In its normal spelling: 一班."""
    seat_number: int
    student_name: str
    student_key: str = field(repr=False)
    """學號或身分證字號."""
    birth_date: date
    relationship: Relationship


# ---------- the guardian ----------


def request_link(actor: Actor, application: Application) -> GuardianLink:
    """File an application for a student link (B1.2). The answer is the same whether such a student exists or not.

    Raises LinkNotAllowed, SchoolTakesNoApplications, AlreadyApplied, TooManyPending, IdentityChecksumWrong.
    """
    if not may_request_link(actor):
        raise LinkNotAllowed
    school = db.session.get(School, application.school_id)
    if school is None or school.kind == SchoolKind.BUREAU or not school.accepts_link_requests:
        raise SchoolTakesNoApplications
    key = read_student_key(application.student_key)
    for _attempt in range(2):
        link = _new_link(actor, application, key)
        try:
            db.session.flush()
        except IntegrityError:
            # A second window was faster by a moment: look again at what there is now.
            db.session.rollback()
            continue
        record(actor, "request.guardian_link", link.id, school_id=link.school_id)
        db.session.commit()
        return link
    raise AlreadyApplied


def _new_link(actor: Actor, application: Application, key: StudentKey) -> GuardianLink:
    claims = key.claims(application.school_id)
    live = _live_links_of(actor)
    if any(row.claim_key in claims for row in live):
        raise AlreadyApplied
    if sum(row.status == LinkStatus.PENDING for row in live) >= MOST_PENDING:
        raise TooManyPending
    with system("find the roster's student of a link application"):
        found = find_student(application.school_id, key, application.student_name, application.birth_date)
        class_typed = find_class(application.school_id, application.grade_level, application.class_name)
        student_id = found.student_id if found else None
        is_held = bool(marks_about(actor.id, actor.full_name, application.school_id, student_id, application.student_name))
    if any(row.student_id == student_id and row.status == LinkStatus.APPROVED for row in live if student_id):
        raise AlreadyApplied
    if any(row.student_id == student_id for row in live):
        # The same child under another key while the first application waits. To say so would tell that number and
        # identity number belong to one child of this school; the reviewer sees both applications and refuses this one.
        student_id = None
    link = GuardianLink(
        account_id=actor.id,
        guardian_name=actor.full_name,
        relationship_kind=application.relationship,
        school_id=application.school_id,
        # under a protection mark no class reviews it: it lies before the manager, and the guardian sees no difference
        class_id=None if is_held else (found.class_id if found else None) or class_typed,
        held_for_manager=is_held,
        student_id=student_id,
        claim_key=claims[0],
        typed_grade_level=application.grade_level,
        typed_class_name=application.class_name,
        typed_seat_number=application.seat_number,
        typed_name=application.student_name,
        typed_student_key=key.kept(application.student_key if found and found.by_number else None),
        typed_birth_date=application.birth_date,
    )
    db.session.add(link)
    return link


def _live_links_of(actor: Actor) -> list[Any]:
    return list(
        db.session.execute(
            sa.select(GuardianLink.claim_key, GuardianLink.student_id, GuardianLink.status).where(
                GuardianLink.account_id == actor.id,
                GuardianLink.status.in_((LinkStatus.PENDING, LinkStatus.APPROVED)),
            )
        )
    )


def withdraw_link(actor: Actor, link: GuardianLink) -> None:
    """取消申請 of a pending link, 結束連結 of an approved one, by the guardian.

    Raises LinkNotAllowed, LinkAlreadyDecided.
    """
    if not may_withdraw_link(actor, link):
        raise LinkNotAllowed
    if link.status not in (LinkStatus.PENDING, LinkStatus.APPROVED):
        raise LinkAlreadyDecided
    _move(link, link.status, LinkStatus.ENDED, ended_at=now())
    record(actor, "withdraw.guardian_link", link.id, school_id=link.school_id)
    db.session.commit()


# ---------- the school ----------


def approve_link(actor: Actor, link: GuardianLink) -> None:
    """通過審核 (B2.2): from now on the guardian sees the child.

    Raises LinkNotAllowed, LinkAlreadyDecided, NobodyMatches, StudentHasLeft, UnderProtection.
    """
    if not may_review_link(actor, link):
        raise LinkNotAllowed
    if link.student_id is None:
        raise NobodyMatches
    if not _is_enrolled(link):
        raise StudentHasLeft
    _refuse_under_protection(link)
    _decide(actor, link, LinkStatus.APPROVED)
    _write_to_guardian(link, "link_approved", only_through_link=True)
    record(actor, "approve.guardian_link", link.id, school_id=link.school_id)
    db.session.commit()


def reject_link(actor: Actor, link: GuardianLink, reason: str) -> None:
    """不通過 (B2.2), with a reason. Raises LinkNotAllowed, LinkAlreadyDecided, ReasonMissing."""
    if not may_review_link(actor, link):
        raise LinkNotAllowed
    if not reason:
        raise ReasonMissing
    _decide(actor, link, LinkStatus.REJECTED, reason)
    _write_to_guardian(link, "link_rejected", reason=reason)
    record(actor, "reject.guardian_link", link.id, school_id=link.school_id)
    db.session.commit()


def end_link(actor: Actor, link: GuardianLink, reason: str) -> None:
    """結束連結 by the school, with a reason. Raises LinkNotAllowed, LinkAlreadyDecided, ReasonMissing."""
    if not may_review_link(actor, link):
        raise LinkNotAllowed
    if not reason:
        raise ReasonMissing
    _move(link, LinkStatus.APPROVED, LinkStatus.ENDED, ended_at=now(), reason=reason)
    _write_to_guardian(link, "link_ended", reason=reason)
    record(actor, "end.guardian_link", link.id, school_id=link.school_id)
    db.session.commit()


def _refuse_under_protection(link: GuardianLink) -> None:
    """Asked anew, whatever the application says: a mark may have been set a moment ago.

    Where only the name is the same it is for the manager to tell two people apart. Raises UnderProtection.
    """
    with system("look for protection marks before approving"):
        concerns = marks_about(link.account_id, link.guardian_name, link.school_id, link.student_id, link.typed_name)
    if any(concern.is_certain for concern in concerns) or (concerns and not link.held_for_manager):
        raise UnderProtection


def _is_enrolled(link: GuardianLink) -> bool:
    """Asked within the reviewer's scope: a 導師 finds only those who sit in an own class now."""
    return (
        db.session.scalar(
            sa.select(Enrollment.id)
            .join(Student, Student.id == Enrollment.student_id)
            .where(
                Enrollment.student_id == link.student_id,
                Enrollment.school_id == link.school_id,
                Enrollment.ended_on.is_(None),
                Student.status == StudentStatus.ENROLLED,
            )
        )
        is not None
    )


def _decide(actor: Actor, link: GuardianLink, status: LinkStatus, reason: str = "") -> None:
    _move(
        link,
        LinkStatus.PENDING,
        status,
        GuardianLink.held_for_manager == link.held_for_manager,  # not taken from this reviewer meanwhile
        reason=reason,
        decided_at=now(),
        decided_by_id=actor.id,
        decided_by_name=actor.full_name,
    )


def _move(link: GuardianLink, before: LinkStatus, after: LinkStatus, *conditions: Any, **values: Any) -> None:
    """From one state to another, if it is still in the first. Raises LinkAlreadyDecided, LinkNotAllowed."""
    link_id = link.id
    statement = (
        sa.update(GuardianLink)
        .where(GuardianLink.id == link_id, GuardianLink.status == before, *conditions)
        .values(status=after, **values)
    )
    moved = db.session.execute(statement, execution_options={"synchronize_session": False})
    if cast("sa.CursorResult[Any]", moved).rowcount == 1:
        db.session.refresh(link)
        return
    db.session.rollback()
    status = db.session.scalar(sa.select(GuardianLink.status).where(GuardianLink.id == link_id))
    if status is None or status == before:
        raise LinkNotAllowed
    raise LinkAlreadyDecided


def _write_to_guardian(link: GuardianLink, purpose: str, *, only_through_link: bool = False, **values: Any) -> None:
    with system("write to the guardian of a student link"):
        profile = db.session.execute(
            sa.select(AccountProfile.email, AccountProfile.locale).where(AccountProfile.account_id == link.account_id)
        ).first()
    if profile is None or not profile.email:
        return
    try:
        send_letter(
            profile.email,
            purpose,
            profile.locale,
            account_id=link.account_id,
            guardian_link_id=link.id if only_through_link else None,
            guardian_name=link.guardian_name,
            student_name=link.typed_name,
            school_name=link.school.name,
            **values,
        )
    except UnsafeMessage:
        # A mailbox from before its form was checked: the decision counts all the same, the page shows it.
        log.warning("letter_without_address", guardian_link=link.id)
