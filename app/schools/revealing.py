"""The full identity number of a student: shown to a registrar for a reason, which stands in the audit log."""

from __future__ import annotations

from app.access import policy
from app.access.actor import Actor
from app.access.roles import as_staff
from app.accounts.first_passwords import own_account
from app.accounts.reentry import require_current_password
from app.audit.record import record
from app.crypto.sealing import open_sealed
from app.extensions import db
from app.schools.models import Student

REASON_LENGTH = 200


class NotToBeRevealed(Exception):
    """It is not the actor's to see, or there is no number."""


class ReasonMissing(Exception):
    """Nobody sees a full number without saying why."""


def reveal_identity_number(actor: Actor, student: Student, reason: str, password: str) -> str:
    """The number, after the entry in the audit log is safe. Commits.

    Raises NotToBeRevealed, WrongCurrentPassword, EntranceLocked, ReasonMissing.
    """
    if not policy.may_reveal_identity_number(actor, student) or not student.identity_number_sealed:
        raise NotToBeRevealed
    if not reason.strip():
        raise ReasonMissing
    require_current_password(actor, own_account(actor), password)
    record(
        actor,
        "reveal.identity_number",
        student.id,
        school_id=student.school_id,
        detail=reason.strip()[:REASON_LENGTH],
        student_id=student.id,
        roles=as_staff(actor.roles),
    )
    db.session.commit()
    return open_sealed(student.identity_number_sealed)
