"""Acts on a student's records that are not a keeper's: reading them."""

from __future__ import annotations

from app.access.actor import Actor
from app.audit.record import record
from app.extensions import db


def note_reading(actor: Actor, student_id: int, school_id: int) -> None:
    """Every reading of a student's record stands in the audit log."""
    record(actor, "read.student_records", student_id, school_id=school_id)
    db.session.commit()
