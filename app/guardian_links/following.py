"""What becomes of student links when a child moves or leaves: the roster's import and the registrar's screens call it.

All of it inside ``access.system`` and in the caller's transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

import sqlalchemy as sa
from flask import current_app
from flask_babel import force_locale, gettext

from app.accounts.models import AccountProfile
from app.extensions import db
from app.guardian_links.models import GuardianLink, LinkStatus
from app.model_types import now
from app.notifications.outbox import UnsafeMessage, send_letter
from app.schools.models import Enrollment, School, StudentStatus

_LIVE = (LinkStatus.PENDING, LinkStatus.APPROVED)
_NOT_HELD = GuardianLink.held_for_manager.is_(False)
"""An application under a protection mark stays with the manager, and its guardian hears of no move and no leaving."""


def follow(student_ids: Sequence[int]) -> None:
    """A student link is reviewed and seen by the class in which the child sits now; in none, by the manager alone."""
    sits_in = (
        sa.select(Enrollment.class_id)
        .where(Enrollment.student_id == GuardianLink.student_id, Enrollment.ended_on.is_(None))
        .scalar_subquery()
    )
    _execute(
        sa.update(GuardianLink)
        .where(GuardianLink.student_id.in_(student_ids), GuardianLink.status.in_(_LIVE), _NOT_HELD)
        .values(class_id=sits_in)
    )


def end_links_of_leavers(student_ids: Sequence[int], status: StudentStatus) -> int:
    """End the links of children who graduated or went to another school, and write to their guardians.

    An application that still waits is refused as one for a child that is not on the roll: who was never approved does
    not learn that a child of this name sat here, nor that it has gone. Answers how many links and applications it were.
    """
    with force_locale(current_app.config["BABEL_DEFAULT_LOCALE"]):
        left = {
            StudentStatus.TRANSFERRED: gettext("The student has left the school."),
            StudentStatus.GRADUATED: gettext("The student has graduated."),
        }[status]
        nobody = gettext("No student on the roll fits what was typed.")
    ended = _close(student_ids, LinkStatus.APPROVED, "link_ended", status=LinkStatus.ENDED, reason=left, ended_at=now())
    return ended + _close(
        student_ids, LinkStatus.PENDING, "link_rejected", status=LinkStatus.REJECTED, reason=nobody, decided_at=now()
    )


def _close(student_ids: Sequence[int], before: LinkStatus, purpose: str, **values: object) -> int:
    concerned = sa.and_(GuardianLink.student_id.in_(student_ids), GuardianLink.status == before, _NOT_HELD)
    links = db.session.execute(
        sa.select(
            GuardianLink.account_id,
            GuardianLink.guardian_name,
            GuardianLink.typed_name,
            School.name,
            AccountProfile.email,
            AccountProfile.locale,
        )
        .join(School, School.id == GuardianLink.school_id)
        .join(AccountProfile, AccountProfile.account_id == GuardianLink.account_id)
        .where(concerned)
        .order_by(GuardianLink.id)
    ).all()
    for account_id, guardian_name, student_name, school_name, email, locale in links:
        with suppress(UnsafeMessage):  # a mailbox that is none: the page of the guardian says it all the same
            send_letter(
                email,
                purpose,
                locale,
                account_id=account_id,
                guardian_name=guardian_name,
                student_name=student_name,
                school_name=school_name,
                reason=values["reason"],
            )
    return _execute(sa.update(GuardianLink).where(concerned).values(**values))


def _execute(statement: sa.Update) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return int(result.rowcount)  # type: ignore[attr-defined]
